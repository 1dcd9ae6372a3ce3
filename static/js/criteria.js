// The form comes back with every search, filled with what was searched. What somebody has typed meanwhile, or had not
// sent when only the rows were turned or refreshed (data-keep-edits), is carried over into it.

const edits = new Map();
const isForm = (node) => node?.id === "criteria-form";

document.addEventListener("input", ({ target }) => {
  if (isForm(target.form) && target.type !== "radio") edits.set(target.name, target.value);
});

document.addEventListener("htmx:beforeRequest", (event) => {
  const { elt, target } = event.detail;
  if (target.id !== "results") return;
  if (!elt.matches("[data-keep-edits]") && !elt.querySelector("[data-keep-edits]:focus")) edits.clear();
});

document.addEventListener("htmx:oobAfterSwap", () => {
  const form = document.getElementById("criteria-form");
  for (const [name, value] of edits) {
    const field = form?.elements.namedItem(name);
    if (field && "value" in field) field.value = value;
  }
});
