// Process: the radios of the call reasons become a tree with a search, remarks say how long they are, Ctrl+Enter saves,
// and what was entered is not lost without asking. Once something was saved, the list behind is read again.

const dialog = document.getElementById("dialog");
const results = document.getElementById("results");
const sheet = () => document.querySelector("[data-process]");
const part = (name) => sheet().querySelector(`[data-process-${name}]`);
const host = () => sheet().querySelector("[data-tree]");
const tree = () => host().querySelector("[data-reasons]");
const items = () => [...tree().children];
const isGroup = (item) => !item.querySelector("input");
const isOffered = (item) => !isGroup(item) && !item.hasAttribute("data-disabled");
const rows = () => [...results.querySelectorAll("tr[data-record-id]")];
const folded = (text) => text.trim().toLocaleLowerCase();

// The row from which the dialog was opened, the contact it went on to, and whether the list has to be read again when
// it closes.
let row = -1;
let following = null;
let stale = false;

function begin() {
  if (!sheet() || sheet().hasAttribute("data-begun")) return;
  sheet().setAttribute("data-begun", "");
  if (host()) {
    tree().setAttribute("role", "tree");
    for (const item of items()) {
      item.setAttribute("role", "treeitem");
      if (item.hasAttribute("data-disabled")) item.setAttribute("aria-disabled", "true");
      const radio = item.querySelector("input");
      if (radio) radio.hidden = true;
      // A click on the words is one on the line.
      item.querySelector("label")?.addEventListener("click", (event) => event.preventDefault());
    }
    host().dispatchEvent(new CustomEvent("tree:begin", { bubbles: true }));
  }
  count();
}

// --- The search ------------------------------------------------------------------------------------

function mark(item, typed) {
  const name = item.querySelector(".process-name");
  const holder = name.querySelector("bdi") ?? name;
  const text = holder.textContent;
  const at = typed && text.length === text.toLocaleLowerCase().length ? text.toLocaleLowerCase().indexOf(typed) : -1;
  if (at < 0) return holder.replaceChildren(text);
  const found = document.createElement("mark");
  found.textContent = text.slice(at, at + typed.length);
  holder.replaceChildren(text.slice(0, at), found, text.slice(at + typed.length));
}

// A reason is kept when it has the word, or stands above or below one that has.
function search(typed) {
  const kept = new Set();
  const line = [];
  let below = Infinity;
  for (const item of items()) {
    const level = Number(item.getAttribute("aria-level"));
    line.length = level - 1;
    line.push(item);
    if (level <= below) below = Infinity;
    const matches = folded(item.querySelector(".process-name").textContent).includes(typed);
    if (matches && below === Infinity) below = level;
    if (matches) for (const one of line) kept.add(one);
    if (below < level) kept.add(item);
    mark(item, typed);
  }
  for (const item of items()) item.toggleAttribute("data-left-out", !kept.has(item));
  tree().toggleAttribute("data-filtered", typed !== "");
  host().dispatchEvent(new CustomEvent("tree:begin", { bubbles: true }));
  const number = items().filter((item) => isOffered(item) && kept.has(item)).length;
  const said = part("matches");
  said.textContent = !typed ? "" : (said.dataset[["none", "one"][number] ?? "more"] ?? "").replace("%s", number);
  part("none").hidden = kept.size > 0;
  part("clear").hidden = typed === "";
}

const first = () => items().find((item) => !item.hidden && isOffered(item));

function clear() {
  const input = document.getElementById("reason-search");
  input.value = "";
  search("");
  input.focus();
}

// --- What is entered -------------------------------------------------------------------------------

function choose(value) {
  const item = tree().querySelector(`[data-value="${CSS.escape(value)}"]`);
  item.querySelector("input").checked = true;
  const place = part("selected").querySelector(":scope > span");
  const [above, name] = [document.createElement("bdi"), document.createElement("strong")];
  above.textContent = item.dataset.above;
  name.textContent = item.querySelector(".process-name").textContent;
  place.replaceChildren(...(item.dataset.above ? [above, " "] : []), name);
}

const remarks = () => document.getElementById("id_remarks");

function count() {
  const long = [...remarks().value.trim().normalize("NFC")].length;
  part("count").textContent = `${long} / ${remarks().dataset.longest}`;
  part("count").classList.toggle("process-over", long > Number(remarks().dataset.longest));
}

function isDirty() {
  if (!sheet()) return false;
  const radios = [...sheet().querySelectorAll("input[type=radio]")];
  return radios.some((radio) => radio.checked !== radio.defaultChecked) || remarks().value !== remarks().defaultValue;
}

// What came back from the server with a mistake is not saved either.
const isUnsaved = () => isDirty() || Boolean(sheet()?.closest("form").querySelector(".field-invalid, .process-conflict"));

// --- Leaving ---------------------------------------------------------------------------------------

const ask = () => document.querySelector("[data-process-ask]");

function put(question) {
  ask().hidden = !question;
  if (question) ask().querySelector("[data-process-stay]").focus();
  else document.getElementById("reason-search")?.focus();
}

dialog.addEventListener(
  "click",
  (event) => {
    if (!event.target.closest("[data-dialog-close]") || !isUnsaved()) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    put(true);
  },
  { capture: true },
);

dialog.addEventListener("cancel", (event) => {
  if (!isUnsaved() || event.target !== dialog) return;
  event.preventDefault();
  put(true);
});

const stay = (event) => isUnsaved() && event.preventDefault();
addEventListener("beforeunload", stay);
// Sent as a page of its own, which leaves this one on purpose.
document.addEventListener("submit", ({ target }) => {
  if (sheet() && target.contains(sheet()) && !target.closest("#dialog")) removeEventListener("beforeunload", stay);
});

dialog.addEventListener("close", () => {
  if (!stale) return;
  stale = false;
  // The page of rows that stands in the address, or stood there before a contact did; without a list nothing is read.
  const refresh = results && document.getElementById("refresh");
  if (!refresh) return;
  const list = history.state?.list ?? location.pathname + location.search;
  htmx.ajax("GET", list, { source: refresh, target: results, swap: "innerHTML", push: "false" });
});

// --- Events ----------------------------------------------------------------------------------------

document.addEventListener("tree:choose", ({ target, detail }) => sheet() && target === host() && choose(detail.value));

document.addEventListener("input", ({ target }) => {
  if (target.id === "reason-search") search(folded(target.value));
  else if (target.id === "id_remarks" && sheet()) count();
});

document.addEventListener("click", ({ target }) => {
  if (!sheet()) return;
  if (target.closest("[data-process-clear]")) clear();
  else if (target.closest("[data-process-stay]")) put(false);
  else if (target.closest("[data-process-discard]")) dialog.close();
  const pick = target.closest("[data-process-pick]");
  if (!pick) return;
  if (document.getElementById("reason-search").value) clear();
  host().dataset.chosen = pick.dataset.processPick;
  choose(pick.dataset.processPick);
  host().dispatchEvent(new CustomEvent("tree:begin", { bubbles: true }));
});

document.addEventListener("keydown", (event) => {
  if (!sheet() || event.isComposing) return;
  const { key, target } = event;
  if (key === "Escape" && dialog.open && (!ask().hidden || isUnsaved())) {
    event.preventDefault();
    return put(ask().hidden);
  }
  if (key === "Enter" && (event.ctrlKey || event.metaKey)) {
    event.preventDefault();
    return sheet().closest("form").querySelector("[data-process-save]")?.click();
  }
  if (target.id !== "reason-search") return;
  if (key === "ArrowDown") host().querySelector("[tabindex='0']")?.focus();
  else if (key !== "Enter") return;
  // Of all of them the first is nobody's choice.
  else if (folded(target.value)) first()?.click();
  event.preventDefault();
});

document.addEventListener("htmx:beforeRequest", ({ detail }) => {
  if (detail.target !== dialog || dialog.open || !results) return;
  following = null;
  row = rows().indexOf(detail.elt.closest("tr[data-record-id]"));
  const ticked = detail.elt.id === "several" && results.querySelector("input[name=record]:checked");
  if (ticked) row = rows().indexOf(ticked.closest("tr"));
});

document.addEventListener("htmx:afterSwap", ({ target }) => target === dialog && begin());

// Only what is shown can be scrolled.
document.addEventListener("htmx:afterSettle", ({ detail }) => {
  if (detail.target === dialog && sheet()) host()?.querySelector("[tabindex='0']")?.scrollIntoView({ block: "nearest" });
});

document.addEventListener("contacts:changed", ({ detail }) => {
  stale = true;
  if (!detail.next) dialog.close();
  else following = detail.next;
});

// The row of the contact that was open, or the one that took the place of those that are done.
document.addEventListener("htmx:afterSettle", ({ detail }) => {
  if (!results || detail.target !== results || row < 0 || dialog.open) return;
  const place = rows().find(({ dataset }) => dataset.recordId === following) ?? rows()[row] ?? rows().at(-1);
  row = -1;
  (place?.querySelector(".operate-process") ?? results.querySelector(".table-region") ?? results).focus();
});

begin();
