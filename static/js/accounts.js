// Accounts are looked up as one types. Those that are ticked stay above what is found, until the list closes.

const FOUND = "account-options";
const host = () => document.querySelector("[data-accounts]");
const chosen = () => host().querySelector(".multi-chosen");

// `toggle` does not bubble.
document.addEventListener("toggle", ({ target }) => {
  if (!target.matches?.("[data-accounts]")) return;
  if (target.open) {
    const input = target.querySelector(".multi-search input");
    input.value = "";
    input.focus();
    htmx.trigger(input, "accounts:open");
  } else {
    for (const box of chosen().querySelectorAll("input:not(:checked)")) box.parentElement.remove();
  }
}, true);

document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  if (detail.target.id !== FOUND) return;
  for (const box of detail.target.querySelectorAll("input:checked")) chosen().append(box.parentElement);
});

document.addEventListener("htmx:afterSwap", ({ detail }) => {
  if (detail.target.id !== FOUND) return;
  // Ticked while the answer was on its way.
  const kept = new Set([...chosen().querySelectorAll("input")].map((box) => box.value));
  for (const box of detail.target.querySelectorAll("input")) if (kept.has(box.value)) box.parentElement.remove();
  const said = detail.target.querySelector("[data-said]");
  if (said) document.getElementById("announcer").textContent = said.textContent;
});

// Enter in the search field leads to what was found; it neither searches contacts nor leaves the page.
document.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.isComposing || !event.target.closest("[data-accounts] .multi-search")) return;
  event.preventDefault();
  document.querySelector(`#${FOUND} input`)?.focus();
});
