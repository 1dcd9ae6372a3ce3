// <form data-unsaved>: says what is changed and not saved, row by row and together, and asks before it is lost.

const form = document.querySelector("form[data-unsaved]");
const bar = form.querySelector("[data-unsaved-bar]");
const count = form.querySelector("[data-unsaved-count]");
// What came back with a mistake, or beside one, is not saved either.
const CAME = "[data-unsaved-came]";
const came = form.querySelector(".field-invalid, .note-danger") !== null;

const differs = (control) => {
  if (control.type === "checkbox" || control.type === "radio") return control.checked !== control.defaultChecked;
  if (control.tagName === "SELECT") return [...control.options].some((one) => one.selected !== one.defaultSelected);
  return control.type !== "hidden" && control.value !== control.defaultValue;
};

function changed() {
  const rows = [...form.querySelectorAll("[data-unsaved-row]")];
  const unsaved = rows.filter((row) => row.matches(CAME) || [...row.querySelectorAll("input, select, textarea")].some(differs));
  for (const row of rows) {
    const mark = row.querySelector("[data-unsaved-mark]");
    if (mark) mark.hidden = !unsaved.includes(row);
  }
  return unsaved.length;
}

function show() {
  const number = changed();
  bar.hidden = number === 0 && !came;
  count.hidden = number === 0;
  count.textContent = number === 1 ? count.dataset.one : count.dataset.more.replace("%s", number);
}

const ask = (event) => changed() && event.preventDefault();

form.addEventListener("input", show);
form.addEventListener("change", show);
addEventListener("beforeunload", ask);
form.addEventListener("submit", () => removeEventListener("beforeunload", ask));
form.querySelector("[data-unsaved-discard]").addEventListener("click", () => removeEventListener("beforeunload", ask));
show();
