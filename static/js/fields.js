// [data-fields]: boxes to tick with a search, Select all, the way back to the default, and how many are ticked.

const boxes = (group) => [...group.querySelectorAll(".fields-list input")];

function show(group) {
  const all = boxes(group);
  const ticked = all.filter((box) => box.checked).length;
  const every = group.querySelector("[data-fields-all]");
  every.checked = ticked === all.length;
  every.indeterminate = ticked > 0 && ticked < all.length;
  const count = group.querySelector("[data-fields-count]");
  count.textContent = count.dataset.text.replace("%c", ticked).replace("%a", all.length);
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
    return;
  }
  // Only what the search leaves in sight.
  if (target.matches("[data-fields-all]")) {
    for (const box of boxes(group)) if (!box.closest("label").hidden) box.checked = target.checked;
  }
  show(group);
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
