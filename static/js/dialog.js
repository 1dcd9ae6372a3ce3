// What arrives in #dialog is shown as a modal dialog; closed, it is empty, and its opener has the focus again. Back and
// Forward close it, unless it asks first, and nothing under it: the page stays where it is.

const dialog = document.getElementById("dialog");
let opener = null;
// Where it was opened in the history, and whether that is on its way back there.
let place = 0;
let returns = false;
const entry = () => window.navigation?.currentEntry.index ?? 0;

document.addEventListener("htmx:beforeRequest", ({ detail }) => {
  if (detail.target === dialog && !dialog.open) opener = detail.elt;
});

// Settled: what is in it listens by now.
document.addEventListener("htmx:afterSettle", ({ detail }) => {
  if (detail.target !== dialog || !dialog.childElementCount) return;
  if (!dialog.open) {
    place = entry();
    dialog.showModal();
  }
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

// Before whatever else knows what another address means.
addEventListener(
  "popstate",
  (event) => {
    if (!dialog.open && !returns) return;
    event.stopImmediatePropagation();
    returns = !returns;
    if (!returns) return;
    // A browser that does not count them most likely went back.
    history.go(place - entry() || 1);
    if (dialog.dispatchEvent(new Event("cancel", { cancelable: true }))) dialog.close();
  },
  true,
);
