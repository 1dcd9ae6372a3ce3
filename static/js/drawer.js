// A contact of the list opens in a drawer over it. The address follows; Back and Forward close and open it again, and the
// list stays as it was. Its Call S/N is a link for every other way to open it.

const drawer = document.getElementById("drawer");
const content = document.getElementById("drawer-content");
const results = document.getElementById("results");
const missing = document.getElementById("drawer-missing");

// What lies under the drawer can be neither heard nor used: these come along while it is open.
const lent = ["player", "announcer", "toasts"].map((id) => ({
  element: document.getElementById(id),
  home: document.createComment(id),
}));
for (const { element, home } of lent) element.before(home);

// Where moving a node starts it anew, what played goes on where it was.
function move(element, parent, before = null) {
  if (parent.moveBefore) return parent.moveBefore(element, before);
  const playing = [...element.querySelectorAll("audio, video")].filter((media) => !media.paused);
  parent.insertBefore(element, before);
  for (const media of playing) media.play().catch(() => {});
}

const here = () => location.pathname + location.search;
// The address of the list that is under the drawer.
let list = here();
// The contact of the list that was shown last, and its row's place, should it leave the list meanwhile.
let last = { id: null, index: 0 };
// The contact that is on its way: `entry` is what it does to the history.
let wanted = null;
let scrolled = 0;
let listTitle = "";

const rows = () => [...results.querySelectorAll("tr[data-record-id]")];
const link = (row) => row?.querySelector(".col-call_sn a");
const region = () => results.querySelector(".table-region");
const contact = () => history.state?.contact;

function open(id, url, entry) {
  wanted = { id, url, entry };
  content.setAttribute("aria-busy", "true");
  rows().find((row) => row.dataset.recordId === id)?.setAttribute("aria-busy", "true");
  htmx.ajax("GET", url, { source: content, target: content, swap: "innerHTML", push: "false" }).catch(() => {});
}

function arrived() {
  const { id, url, entry } = wanted;
  const state = { contact: id, list, depth: drawer.open ? (history.state?.depth ?? 1) : 1 };
  if (entry === "push") {
    // htmx reloads the list's own entry when its page is another one by then.
    if (!drawer.open) history.replaceState({ ...history.state, htmx: true }, "");
    else state.depth += 1;
    history.pushState(state, "", new URL(url, location).pathname);
  } else if (entry === "replace") history.replaceState(state, "", new URL(url, location).pathname);
  const index = rows().findIndex((row) => row.dataset.recordId === id);
  if (index >= 0) last = { id, index };
  const focused = document.activeElement;
  if (!drawer.open) show();
  mark();
  const title = document.getElementById("drawer-title");
  document.title = document.title.replace(/^.*(?= · )/, title.textContent.trim().replace(/\s+/g, " "));
  const section = new URL(url, location).hash;
  if (section) content.querySelector(section)?.scrollIntoView();
  if (content.contains(focused) && focused !== document.body && !focused.disabled && entry === "replace") {
    // The button that led here stays: what came is said.
    document.getElementById("announcer").textContent = title.textContent;
  } else title.focus({ preventScroll: true });
}

function show() {
  scrolled = region()?.scrollTop ?? 0;
  listTitle = document.title;
  drawer.showModal();
  for (const { element } of lent) move(element, drawer.querySelector("[data-drawer-player]"));
}

// The row of the contact shown is marked as long as it is.
function mark() {
  const shown = drawer.open ? last.id : null;
  for (const row of rows()) {
    const current = row.dataset.recordId === shown;
    row.toggleAttribute("data-shown", current);
    if (current) {
      row.setAttribute("aria-current", "true");
      row.scrollIntoView({ block: "nearest", inline: "nearest" });
    } else if (!row.querySelector(".is-playing")) row.removeAttribute("aria-current");
  }
  for (const button of content.querySelectorAll("[data-drawer-step]")) button.disabled = !beside(Number(button.dataset.drawerStep));
}

function beside(step) {
  const all = rows();
  // From the one that is on its way: every press counts.
  const from = wanted?.id ?? last.id;
  const index = all.findIndex((row) => row.dataset.recordId === from);
  // Gone from the list, as what is finished leaves the unfinished: the one that moved up is the next.
  if (index < 0) return all[step > 0 ? last.index : last.index - 1];
  return all[index + step];
}

function walk(step) {
  const row = beside(step);
  if (row) open(row.dataset.recordId, link(row).href, "replace");
}

drawer.addEventListener("close", () => {
  htmx.trigger(content, "htmx:abort");
  wanted = null;
  for (const { element, home } of lent) move(element, home.parentNode, home.nextSibling);
  content.replaceChildren();
  document.title = listTitle;
  mark();
  const row = rows().find(({ dataset }) => dataset.recordId === last.id) ?? rows()[Math.min(last.index, rows().length - 1)];
  if (region()) region().scrollTop = scrolled;
  row?.scrollIntoView({ block: "nearest", inline: "nearest" });
  (link(row) ?? region() ?? results).focus({ preventScroll: true });
  if (contact()) history.go(-history.state.depth);
});

document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  if (detail.target !== content || detail.xhr.status !== 404) return;
  detail.serverResponse = missing.innerHTML;
  detail.shouldSwap = true;
  detail.isError = false;
});

document.addEventListener("htmx:afterRequest", ({ detail }) => {
  if (detail.target !== content) return;
  content.removeAttribute("aria-busy");
  for (const row of rows()) row.removeAttribute("aria-busy");
});

// Settled: what is in it listens by now.
document.addEventListener("htmx:afterSettle", ({ detail }) => {
  if (detail.target === content && wanted) arrived();
  else if (detail.target === results && drawer.open) mark();
});

for (const type of ["htmx:pushedIntoHistory", "htmx:replacedInHistory"]) {
  document.addEventListener(type, () => (list = here()));
}

// A link to a contact of a row, pressed plainly. With Ctrl, Shift or the middle button it opens a page as any link.
document.addEventListener("click", (event) => {
  if (event.defaultPrevented || event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
  const pressed = event.target.closest("#results a[href], #drawer a[href]");
  const row = pressed?.closest("tr[data-record-id]");
  if (!row || pressed.pathname !== link(row)?.pathname || pressed.hasAttribute("hx-get")) return;
  event.preventDefault();
  open(row.dataset.recordId, pressed.href, "push");
});

let from = null;
drawer.addEventListener("pointerdown", ({ target }) => (from = target));
drawer.addEventListener("click", (event) => {
  const step = event.target.closest("[data-drawer-step]");
  if (step) walk(Number(step.dataset.drawerStep));
  else if (event.target.closest("[data-drawer-close]")) drawer.close();
  // Beside it, and not at the end of words somebody selects.
  else if (event.target === drawer && from === drawer) drawer.close();
  else if (event.target.closest("[data-drawer-page]") && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
    // The address is the page's already, and its history knows the list.
    event.preventDefault();
    location.reload();
  }
});

drawer.addEventListener("keydown", (event) => {
  const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
  if (!step || !event.altKey || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  walk(step);
});

// Before htmx, which would load the page anew: the list of this address is still there.
addEventListener(
  "popstate",
  (event) => {
    if (event.state?.contact) {
      event.stopImmediatePropagation();
      if (event.state.list === list) open(event.state.contact, location.href, "none");
      else location.reload();
    } else if (here() === list) {
      event.stopImmediatePropagation();
      if (drawer.open) drawer.close();
    }
  },
  true,
);
