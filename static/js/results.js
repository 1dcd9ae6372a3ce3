// While rows are on their way the old ones stay and say so; afterwards the focus is where somebody left it.

const results = document.getElementById("results");
let before = null;

const isSearch = (event) => event.detail.target === results;
const removers = () => [...document.querySelectorAll("#chips a")];

document.addEventListener("htmx:beforeRequest", (event) => {
  if (!isSearch(event)) return;
  const { elt } = event.detail;
  const focused = document.activeElement;
  before = { chip: removers().indexOf(elt), id: focused?.id, left: results.querySelector(".table-region")?.scrollLeft };
  results.setAttribute("aria-busy", "true");
  document.getElementById("criteria-search")?.setAttribute("aria-busy", "true");
});

// A count that goes away with its rows has nowhere to go any more.
document.addEventListener("htmx:beforeCleanupElement", ({ target }) => {
  if (target.id === "result-count") htmx.trigger(target, "htmx:abort");
});

document.addEventListener("htmx:afterRequest", (event) => {
  if (!isSearch(event)) return;
  results.removeAttribute("aria-busy");
  document.getElementById("criteria-search")?.removeAttribute("aria-busy");
});

document.addEventListener("htmx:afterSettle", (event) => {
  if (!isSearch(event) || !before) return;
  const table = results.querySelector(".table-region");
  if (table && before.left) table.scrollLeft = before.left;
  if (event.detail.xhr.status === 422) {
    document.querySelector("#criteria :is([aria-invalid=true], [data-invalid]), #period[tabindex]")?.focus();
  } else if (document.activeElement === document.body) {
    next()?.focus({ preventScroll: true });
  }
  before = null;
});

// The control used is gone: the chip after the one removed, or the rows.
function next() {
  if (before.chip < 0) return document.getElementById(before.id) ?? results.querySelector(".table-region") ?? results;
  const left = removers();
  return left[Math.min(before.chip, left.length - 1)] ?? document.querySelector("[data-shortcut]");
}

// A link of the error summary leads to its field, also when that is folded away.
document.addEventListener("click", (event) => {
  const link = event.target.closest("[data-error-link]");
  const field = link && document.querySelector(link.getAttribute("href"));
  if (!field) return;
  event.preventDefault();
  field.closest(".period-custom")?.toggleAttribute("data-open", true);
  document.getElementById("more").open ||= field.closest("#more") !== null;
  field.focus();
});
