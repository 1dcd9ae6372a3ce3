// <input data-narrow=".row">: shows the rows that have what is typed, and the sections that have such a row.

const input = document.querySelector("[data-narrow]");
const fold = (text) => text.toLocaleLowerCase().normalize("NFKD");

input.addEventListener("input", () => {
  const words = fold(input.value).split(/\s+/).filter(Boolean);
  const rows = [...document.querySelectorAll(input.dataset.narrow)];
  for (const row of rows) row.hidden = !words.every((word) => fold(row.textContent).includes(word));
  for (const section of document.querySelectorAll("[data-narrow-section]")) {
    section.hidden = ![...section.querySelectorAll(input.dataset.narrow)].some((row) => !row.hidden);
  }
  const none = document.querySelector("[data-narrow-none]");
  if (none) none.hidden = rows.some((row) => !row.hidden);
});
