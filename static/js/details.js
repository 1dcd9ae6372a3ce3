// The details of a contact, on their page or in the drawer: sections are reached from their tabs, what was changed in a
// dialog is shown, and all lines follow the first ones.

const details = () => document.getElementById("details");
const tabs = () => [...document.querySelectorAll("[data-sections] a")];
const section = (tab) => document.getElementById(tab.hash.slice(1));
const enter = (section) => section?.querySelector("h2").focus({ preventScroll: true });

function mark(current) {
  for (const tab of tabs()) {
    if (tab === current) tab.setAttribute("aria-current", "location");
    else tab.removeAttribute("aria-current");
  }
}

// A section may be too short to come to the top: the one somebody chose stays marked until they scroll on.
let chosen = false;
function follow() {
  if (chosen) return void (chosen = false);
  const all = tabs();
  if (!all[0]?.checkVisibility()) return;
  const below = all[0].closest("nav").getBoundingClientRect().bottom;
  mark(all.findLast((tab) => section(tab).getBoundingClientRect().top <= below + 40) ?? all[0]);
}

document.addEventListener("scroll", ({ target }) => details() && target.contains(details()) && follow(), { capture: true, passive: true });

document.addEventListener("click", (event) => {
  const tab = event.target.closest("[data-sections] a");
  if (!tab) return;
  mark(tab);
  chosen = true;
  // In the drawer the address is the contact's, and stays it.
  if (!tab.closest("dialog")) return;
  event.preventDefault();
  section(tab).scrollIntoView();
  enter(section(tab));
});

// What a dialog changed is read again; the button that opened it has the focus.
document.addEventListener("contacts:changed", () => {
  if (!details()) return;
  const shown = { source: details(), target: details(), select: "#details", swap: "outerHTML show:none", push: "false" };
  htmx.ajax("GET", details().dataset.url, shown).catch(() => {});
});

// What led to all lines is gone: the focus stays in its section.
let left = null;
document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  if (detail.target === details()) left = document.activeElement.closest("#details section")?.id;
});

document.addEventListener("htmx:afterSettle", () => {
  if (!details()) return;
  follow();
  if (left && document.activeElement === document.body) enter(document.getElementById(left));
  left = null;
});

// The dialog is closed before or after the details came anew.
document.getElementById("dialog").addEventListener("close", () => {
  if (document.activeElement === document.body) document.getElementById("process-contact")?.focus();
});

// The page of a contact that was opened as a drawer: its list is where it came from, and the drawer is a page now.
if (!document.getElementById("drawer")) {
  const back = document.querySelector("[data-details-back]");
  if (history.state?.list) back.href = history.state.list;
  addEventListener("popstate", ({ state }) => state?.contact && location.reload());
}

follow();
