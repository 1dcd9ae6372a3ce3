// The form comes back with every search, filled with what was searched. A field that somebody has changed meanwhile, or
// had not sent when only the rows were turned or refreshed (data-keep-edits), stays the one it is, with its focus; so does
// one whose list is open.

const edited = new Set();
const FORM = "criteria-form";

function note({ target }) {
  // The search fields of pickers belong to forms of their own; a period searches at once.
  if (target.type === "radio" || (target.form && target.form.id !== FORM)) return;
  const field = target.closest(`#${FORM} [data-field]`);
  if (field) edited.add(field.id);
}

document.addEventListener("input", note);
document.addEventListener("change", note);

document.addEventListener("htmx:beforeRequest", (event) => {
  const { elt, target } = event.detail;
  if (target.id !== "results") return;
  if (elt.matches("[data-keep-edits]") || elt.querySelector("[data-keep-edits]:focus")) return;
  edited.clear();
  if (elt.matches("[data-forget]")) return;
  // What the period has no room for is not sent, and is there again with a shorter one.
  for (const input of document.querySelectorAll(`#${FORM} [data-longest-days]:disabled`)) {
    if (input.value) edited.add(input.closest("[data-field]").id);
  }
});

document.addEventListener("htmx:oobBeforeSwap", ({ detail }) => {
  if (detail.target.id !== FORM) return;
  const open = [...detail.target.querySelectorAll("[data-field]:has([data-menu][open], [data-open])")].map(({ id }) => id);
  for (const id of [...edited, ...open]) detail.fragment.querySelector(`#${id}`)?.setAttribute("hx-preserve", "true");
});
