// The organization unit's picker. It opens under its field, asks for the tree, and what is chosen there counts with
// Apply: at a desk that searches at once, in the sheet on a phone it waits for Search. Esc and Cancel take it back.

const picker = () => document.querySelector("[data-picker]");
const part = (name) => picker().querySelector(`.picker-${name}`);
const tick = () => picker().querySelector("[name=include_sub_ous]");
const sent = () => picker().querySelector("[name=ou]");
const host = () => picker().querySelector("[data-tree]");
const isOpen = () => Boolean(picker() && part("panel").hasAttribute("data-open"));
const inSheet = () => document.querySelector("#criteria.is-open") !== null;

let before = { value: "", tick: false };
let label = "";
// How many sub-organizations each unit has, from the whole tree.
let below = new Map();

function open() {
  const panel = part("panel");
  panel.toggleAttribute("data-open", true);
  panel.setAttribute("role", "dialog");
  panel.setAttribute("aria-label", panel.dataset.label);
  part("toggle").setAttribute("aria-expanded", "true");
  before = { value: sent().value, tick: tick().checked };
  label = part("value").textContent;
  host().dataset.chosen = before.value;
  const input = part("filter").querySelector("input");
  input.value = "";
  input.focus();
  if (inSheet()) picker().scrollIntoView();
  htmx.trigger(input, "picker:open");
}

function close({ giveBack = true } = {}) {
  const panel = part("panel");
  panel.removeAttribute("data-open");
  panel.removeAttribute("role");
  panel.removeAttribute("aria-label");
  part("toggle").setAttribute("aria-expanded", "false");
  if (giveBack) part("toggle").focus();
}

function cancel(options) {
  tick().checked = before.tick;
  close(options);
}

function set(value, words) {
  sent().value = value;
  part("value").textContent = words;
  part("clear").hidden = !value;
  picker().dispatchEvent(new Event("input", { bubbles: true }));
}

function apply() {
  const { chosen } = host().dataset;
  const changed = chosen !== before.value || (chosen && tick().checked !== before.tick);
  if (changed) set(chosen, chosen ? label : part("value").dataset.none);
  close();
  if (changed && !inSheet()) sent().form.requestSubmit();
}

function empty() {
  host().dataset.chosen = "";
  host().dispatchEvent(new CustomEvent("tree:mark", { bubbles: true }));
  tick().checked = false;
  sayCut();
}

// As soon as it is known that not all of them will be searched.
function sayCut() {
  const cut = part("cut");
  const total = below.get(host().dataset.chosen) ?? 0;
  cut.hidden = !tick().checked || total <= Number(cut.dataset.limit);
  if (!cut.hidden) cut.textContent = cut.dataset.words.replace("%s", total.toLocaleString("en"));
}

function count(items) {
  below = new Map();
  const line = [];
  for (const item of items) {
    const depth = Number(item.getAttribute("aria-level"));
    line.length = Math.min(line.length, depth - 1);
    for (const value of line) below.set(value, (below.get(value) ?? 0) + 1);
    line.push(item.dataset.value);
  }
}

document.addEventListener("click", ({ target }) => {
  if (!target.closest("[data-picker]")) return;
  if (target.closest(".picker-toggle")) isOpen() ? cancel() : open();
  else if (target.closest(".picker-cancel")) cancel();
  else if (target.closest(".picker-apply")) apply();
  else if (target.closest(".picker-empty")) empty();
  else if (target.closest(".picker-clear")) {
    if (isOpen()) close();
    tick().checked = false;
    set("", part("value").dataset.none);
    part("toggle").focus();
  }
});

document.addEventListener("tree:choose", ({ target, detail }) => {
  if (target !== (picker() && host())) return;
  label = detail.path.join(" › ");
  sayCut();
  if (detail.again && detail.by === "enter") apply();
});

document.addEventListener("change", ({ target }) => target.name === "include_sub_ous" && picker() && sayCut());

document.addEventListener("htmx:afterSwap", ({ target }) => {
  if (!picker() || target !== host()) return;
  const tree = target.querySelector("[role=tree]");
  if (!tree.hasAttribute("data-filtered")) count(tree.querySelectorAll("[role=treeitem]"));
  part("matches").textContent = tree.dataset.said ?? "";
});

document.addEventListener("keydown", (event) => {
  if (!isOpen() || event.isComposing) return;
  if (event.key === "Escape") {
    event.preventDefault();
    return cancel();
  }
  if (!event.target.closest(".picker-filter")) return;
  // From the keyword into the tree: Enter chooses the first match on the way.
  if (event.key === "ArrowDown") host().querySelector("[tabindex]")?.focus();
  else if (event.key === "Enter") host().querySelector("[data-match]")?.click();
  else return;
  event.preventDefault();
});

document.addEventListener("pointerdown", ({ target }) => {
  if (isOpen() && !inSheet() && !picker().contains(target)) cancel({ giveBack: false });
});

document.addEventListener("focusout", ({ target, relatedTarget }) => {
  if (!relatedTarget || !isOpen() || inSheet() || !picker().contains(target)) return;
  // What lies around the picker gets the focus when something in it is pressed that takes none.
  if (!picker().contains(relatedTarget) && !relatedTarget.contains(picker())) cancel({ giveBack: false });
});

// Sub-organizations of nothing are not part of an address.
document.addEventListener("formdata", ({ formData }) => {
  if (formData.has("include_sub_ous") && !formData.get("ou")) formData.delete("include_sub_ous");
});
