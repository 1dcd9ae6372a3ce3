// A flat list of treeitems with levels, in the order a tree is printed, behaves as a tree (WAI-ARIA, Tree View):
// arrows, Home, End and typing move, left and right fold, Enter and Space choose. The host (data-tree) holds the value
// chosen (data-chosen) and is told by `tree:choose`; `again` says that it was chosen already. In a tree of links
// (data-linked) these fold and choose: the server answers with the tree as it then is, and the focus stays on its line.
// In a tree of leaves (data-leaves) a line with others below it only folds, unless it is one to choose (data-leaf).
// `tree:begin` says that a tree is new, or that lines of it were left out (data-left-out).

const PAUSE = 600;
const OPEN_LEVELS = 1;
const SHAPES = "http://www.w3.org/2000/svg";

const itemsOf = (tree) => [...tree.querySelectorAll("[role=treeitem]")];
const level = (item) => Number(item.getAttribute("aria-level"));
const isFolded = (item) => item.getAttribute("aria-expanded") === "false";
const words = (item) => item.textContent.trim();

let typed = "";
let last = 0;
// The line that was left for the server to answer.
let waiting = null;

function icon(name, className) {
  const svg = document.createElementNS(SHAPES, "svg");
  const use = document.createElementNS(SHAPES, "use");
  svg.setAttribute("class", `icon ${className}`);
  svg.setAttribute("aria-hidden", "true");
  use.setAttribute("href", `#i-${name}`);
  svg.append(use);
  return svg;
}

// Lines under a folded one are hidden, at any depth.
function lay(items) {
  let limit = Infinity;
  for (const item of items) {
    const depth = level(item);
    const folded = depth > limit;
    item.hidden = folded || item.hasAttribute("data-left-out");
    if (!folded) limit = isFolded(item) ? depth : Infinity;
  }
}

function above(items, item) {
  const line = [];
  let depth = level(item);
  for (let at = items.indexOf(item) - 1; at >= 0 && depth > 1; at -= 1) {
    if (level(items[at]) < depth) {
      line.unshift(items[at]);
      depth = level(items[at]);
    }
  }
  return line;
}

// One line is in the tab order.
function reach(tree, item, { focus = false } = {}) {
  for (const other of tree.querySelectorAll("[role=treeitem][tabindex]")) other.removeAttribute("tabindex");
  if (!item) return;
  item.tabIndex = 0;
  if (focus) item.focus();
}

function mark(host) {
  const tree = host.querySelector("[role=tree]");
  if (!tree) return null;
  for (const other of tree.querySelectorAll("[aria-selected=true]")) {
    other.setAttribute("aria-selected", "false");
    other.querySelector(".tree-check")?.remove();
  }
  const value = host.dataset.chosen;
  const item = value ? tree.querySelector(`[data-value="${CSS.escape(value)}"]`) : null;
  item?.setAttribute("aria-selected", "true");
  item?.append(icon("check", "tree-check"));
  return item;
}

function begin(tree) {
  const items = itemsOf(tree);
  const linked = tree.hasAttribute("data-linked");
  const filtered = tree.hasAttribute("data-filtered");
  // Of a tree of links the server says what is open and what is chosen.
  if (linked && !filtered) return;
  const unfolded = filtered ? Infinity : OPEN_LEVELS;
  items.forEach((item, at) => {
    if (!linked) item.setAttribute("aria-selected", "false");
    if (!items[at + 1] || level(items[at + 1]) <= level(item)) return;
    item.setAttribute("aria-expanded", String(level(item) <= unfolded));
    if (!item.querySelector(".tree-fold")) item.append(icon("chevron-right", "tree-fold"));
  });
  const chosen = linked ? tree.querySelector("[aria-selected=true]") : mark(tree.closest("[data-tree]"));
  if (chosen) for (const item of above(items, chosen)) item.setAttribute("aria-expanded", "true");
  lay(items);
  const shown = items.filter((item) => !item.hidden);
  // Of what a search left, the first that can be chosen.
  const leaves = tree.matches("[data-leaves] [data-filtered]") ? "[role=treeitem]:not([aria-expanded]:not([data-leaf]), [aria-disabled])" : "*";
  const reached = shown.includes(chosen) ? chosen : shown.find((item) => item.matches(leaves)) ?? shown[0];
  reach(tree, reached);
  reached?.scrollIntoView({ block: "nearest" });
}

function follow(item, link) {
  waiting = item.id;
  link.click();
}

function fold(tree, item, folded) {
  const link = item.querySelector("a.tree-fold");
  if (link) return follow(item, link);
  item.setAttribute("aria-expanded", String(!folded));
  lay(itemsOf(tree));
}

function choose(tree, item, { by }) {
  const link = item.querySelector("a.tree-link");
  if (link) return follow(item, link);
  const host = tree.closest("[data-tree]");
  if (item.getAttribute("aria-disabled") === "true") return;
  if (host.hasAttribute("data-leaves") && item.matches("[aria-expanded]:not([data-leaf])")) {
    fold(tree, item, !isFolded(item));
    return reach(tree, item, { focus: true });
  }
  const again = item.getAttribute("aria-selected") === "true";
  host.dataset.chosen = item.dataset.value;
  mark(host);
  reach(tree, item, { focus: true });
  const path = [...above(itemsOf(tree), item), item].map(words);
  host.dispatchEvent(new CustomEvent("tree:choose", { bubbles: true, detail: { value: item.dataset.value, path, again, by } }));
}

function byLetters(shown, at, key, now) {
  typed = now - last > PAUSE ? key : typed + key;
  last = now;
  const ahead = [...shown.slice(at + (typed.length === 1 ? 1 : 0)), ...shown.slice(0, at + 1)];
  return ahead.find((item) => words(item).toLowerCase().startsWith(typed.toLowerCase()));
}

document.addEventListener("keydown", (event) => {
  const item = event.target.closest?.("[data-tree] [role=treeitem]");
  if (!item || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  const tree = item.closest("[role=tree]");
  const items = itemsOf(tree);
  const shown = items.filter((other) => !other.hidden);
  const at = shown.indexOf(item);
  const folds = item.hasAttribute("aria-expanded");
  const { key } = event;
  let next;
  if (key === "ArrowDown") next = shown[at + 1];
  else if (key === "ArrowUp") next = shown[at - 1];
  else if (key === "Home") next = shown[0];
  else if (key === "End") next = shown.at(-1);
  else if (key === "ArrowRight" && isFolded(item)) fold(tree, item, false);
  else if (key === "ArrowRight") next = folds ? shown[at + 1] : null;
  else if (key === "ArrowLeft" && folds && !isFolded(item)) fold(tree, item, true);
  else if (key === "ArrowLeft") next = above(items, item).at(-1);
  else if (key === "Enter" || key === " ") choose(tree, item, { by: key === " " ? "space" : "enter" });
  else if (key.length === 1) next = byLetters(shown, at, key, event.timeStamp);
  else return;
  event.preventDefault();
  if (next) reach(tree, next, { focus: true });
});

document.addEventListener("click", (event) => {
  const item = event.target.closest?.("[data-tree] [role=treeitem]");
  if (!item) return;
  if (event.target.closest("a")) return void (waiting = item.id);
  const tree = item.closest("[role=tree]");
  if (!event.target.closest(".tree-fold")) return choose(tree, item, { by: "pointer" });
  fold(tree, item, !isFolded(item));
  reach(tree, item, { focus: true });
});

document.addEventListener("tree:mark", ({ target }) => mark(target));
document.addEventListener("tree:begin", ({ target }) => begin(target.querySelector("[role=tree]")));

document.addEventListener("htmx:afterSwap", ({ target }) => {
  const tree = target.querySelector?.("[data-tree] [role=tree], :scope > [role=tree]");
  if (tree && target.matches("[data-tree]")) begin(tree);
});

// A tree that came with its page.
document.querySelectorAll("[data-tree] [role=tree]").forEach(begin);
// The first page, and every answer with a tree of links.
document.addEventListener("htmx:load", ({ target }) => {
  const tree = target.querySelector("[data-linked]");
  if (!tree) return;
  for (const link of tree.querySelectorAll("a")) link.tabIndex = -1;
  const kept = waiting && document.getElementById(waiting);
  const chosen = tree.querySelector("[aria-selected=true]");
  reach(tree, kept ?? chosen ?? itemsOf(tree)[0], { focus: Boolean(kept) });
  (kept ?? chosen)?.scrollIntoView({ block: "nearest" });
  waiting = null;
});
