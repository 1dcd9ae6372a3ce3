// What arrives in #dialog is shown as a modal dialog; closed, it is empty, and its opener has the focus again.

const dialog = document.getElementById("dialog");
let opener = null;

document.addEventListener("htmx:beforeRequest", ({ detail }) => {
  if (detail.target === dialog && !dialog.open) opener = detail.elt;
});

// Settled: what is in it listens by now.
document.addEventListener("htmx:afterSettle", ({ detail }) => {
  if (detail.target !== dialog || !dialog.childElementCount) return;
  if (!dialog.open) dialog.showModal();
  const first = dialog.querySelector("[aria-invalid=true], [autofocus]") ?? dialog.querySelector("[data-dialog-title]");
  first?.focus();
});

dialog.addEventListener("click", ({ target }) => {
  if (!target.closest("[data-dialog-close]")) return;
  dialog.close();
});

// Links that close it have an address to go to without scripts.
dialog.addEventListener("click", (event) => event.target.closest("a[data-dialog-close]") && event.preventDefault());

dialog.addEventListener("close", () => {
  dialog.replaceChildren();
  if (opener?.isConnected) opener.focus();
  opener = null;
});
