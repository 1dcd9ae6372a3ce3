// A box that opens to boxes to tick (or to a list of which one is chosen) says what is chosen, and is walked with the arrows and by typing.

const PAUSE = 600;
const BOX = "input:is([type=checkbox], [type=radio])";
const boxes = (multi) => [...multi.querySelectorAll(BOX)].filter((box) => box.checkVisibility());
const words = (box) => box.parentElement.querySelector(".check-text").textContent.trim();

let typed = "";
let last = 0;

function say(multi) {
  const value = multi.querySelector(".multi-value");
  const labels = [...multi.querySelectorAll(`${BOX}:checked`)].map(words);
  value.classList.toggle("multi-none", !labels.length);
  if (!labels.length) value.textContent = value.dataset.none;
  else if (labels.length > 2) value.textContent = value.dataset.some.replace("%s", labels.length);
  else value.textContent = labels.join(", ");
}

document.addEventListener("change", ({ target }) => {
  const multi = target.closest("[data-multi]");
  if (multi && target.matches(BOX)) say(multi);
});

function byLetters(all, at, key, now) {
  typed = now - last > PAUSE ? key : typed + key;
  last = now;
  const ahead = [...all.slice(at + (typed.length === 1 ? 1 : 0)), ...all.slice(0, at + 1)];
  return ahead.find((box) => words(box).toLowerCase().startsWith(typed.toLowerCase()));
}

document.addEventListener("keydown", (event) => {
  const multi = event.target.closest?.("[data-multi]");
  if (!multi || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  const { key, target } = event;
  const writing = target.matches(`input:not(${BOX})`);
  const vertical = key === "ArrowDown" || key === "ArrowUp";
  if (!multi.open) {
    if (!vertical) return;
    multi.open = true;
    event.preventDefault();
    return;
  }
  const all = boxes(multi);
  const at = all.indexOf(target);
  let next;
  if (key === "ArrowDown") next = all[Math.min(at + 1, all.length - 1)];
  else if (key === "ArrowUp") next = at > 0 ? all[at - 1] : multi.querySelector(".multi-search input") ?? all[0];
  else if (writing) return;
  else if (key === "Home") next = all[0];
  else if (key === "End") next = all.at(-1);
  else if (key.length === 1 && key !== " " && at >= 0) next = byLetters(all, at, key, event.timeStamp);
  else return;
  event.preventDefault();
  next?.focus();
});
