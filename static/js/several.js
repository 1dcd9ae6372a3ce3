// Boxes in the rows of a list: how many are ticked, all of the page at once, and with Shift all between two.

const form = () => document.querySelector("[data-several]");
const boxes = () => [...document.querySelectorAll("input[name=record][form=several]")];
const all = () => document.querySelector("[data-pick-all]");
let last = null;

function show() {
  if (!form()) return;
  const ticked = boxes().filter((box) => box.checked).length;
  const count = form().querySelector("[data-several-count]");
  count.textContent = ticked === 1 ? count.dataset.one : count.dataset.more.replace("%s", ticked);
  form().toggleAttribute("data-some", ticked > 0);
  for (const box of boxes()) box.closest("tr").toggleAttribute("data-picked", box.checked);
  if (!all()) return;
  all().checked = ticked > 0 && ticked === boxes().length;
  all().indeterminate = ticked > 0 && ticked < boxes().length;
}

document.addEventListener("click", (event) => {
  const { target, shiftKey } = event;
  if (target.closest("[data-several-clear]")) {
    for (const box of boxes()) box.checked = false;
    show();
    return all()?.focus();
  }
  if (target.matches("[data-pick-all]")) for (const box of boxes()) box.checked = target.checked;
  else if (target.matches("input[name=record]")) {
    const [from, to] = [boxes().indexOf(last), boxes().indexOf(target)];
    if (shiftKey && from >= 0) {
      for (const box of boxes().slice(Math.min(from, to), Math.max(from, to) + 1)) box.checked = target.checked;
    }
    last = target;
  } else return;
  show();
});

document.addEventListener("htmx:afterSettle", show);
show();
