// [data-fields]: boxes to tick with a search, Select all, the way back to the default, and how many are ticked.

const boxes = (group) => [...group.querySelectorAll(".fields-list input")];
// What the search leaves in sight: that is what Select all is about.
const isSeen = (box) => !box.closest("label").hidden;

function show(group) {
  const all = boxes(group);
  const seen = all.filter(isSeen);
  const ticked = seen.filter((box) => box.checked).length;
  const every = group.querySelector("[data-fields-all]");
  every.checked = ticked > 0 && ticked === seen.length;
  every.indeterminate = ticked > 0 && ticked < seen.length;
  const count = group.querySelector("[data-fields-count]");
  count.textContent = count.dataset.text.replace("%c", all.filter((box) => box.checked).length).replace("%a", all.length);
}

document.addEventListener("input", ({ target }) => {
  const group = target.closest("[data-fields]");
  if (!group) return;
  if (target.matches("[data-fields-search]")) {
    const typed = target.value.trim().toLocaleLowerCase();
    for (const box of boxes(group)) {
      const label = box.closest("label");
      label.hidden = !label.textContent.toLocaleLowerCase().includes(typed);
    }
  }
  if (target.matches("[data-fields-all]")) for (const box of boxes(group).filter(isSeen)) box.checked = target.checked;
  show(group);
});

// Enter in the search is not the export yet.
document.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && event.target.matches("[data-fields-search]")) event.preventDefault();
});

document.addEventListener("click", ({ target }) => {
  const group = target.closest("[data-fields-reset]")?.closest("[data-fields]");
  if (!group) return;
  for (const box of boxes(group)) box.checked = box.hasAttribute("data-default");
  show(group);
});

const showAll = () => document.querySelectorAll("[data-fields]").forEach(show);
document.addEventListener("htmx:afterSwap", showAll);
showAll();
