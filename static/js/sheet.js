// On a phone the criteria open as a sheet over the page: a dialog as long as it is open.

const criteria = document.getElementById("criteria");
const behind = () => [
  ...document.querySelectorAll(".skip-link, .topbar, .nav, .page-head, #results"),
];

function set(open) {
  criteria.classList.toggle("is-open", open);
  document.documentElement.toggleAttribute("data-covered", open);
  for (const element of behind()) element.inert = open;
  if (open) {
    criteria.setAttribute("role", "dialog");
    criteria.setAttribute("aria-modal", "true");
  } else {
    criteria.removeAttribute("role");
    criteria.removeAttribute("aria-modal");
  }
  criteria.querySelector("[data-sheet-open]")?.setAttribute("aria-expanded", String(open));
}

const isOpen = () => criteria?.classList.contains("is-open");

function close() {
  set(false);
  criteria.querySelector("[data-sheet-open]")?.focus();
}

document.addEventListener("click", ({ target }) => {
  if (target.closest("[data-sheet-open]")) {
    set(true);
    document.getElementById("criteria-title").focus();
  } else if (target.closest("[data-sheet-close]")) close();
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || !isOpen() || event.defaultPrevented) return;
  event.preventDefault();
  close();
});

// A search that found something to show needs no sheet over it; one with a mistake does.
document.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.target.id !== "results" || !isOpen()) return;
  if (event.detail.xhr.status === 422) set(true);
  else if (!event.detail.requestConfig.elt.closest(".criteria-head")) close();
});

// Turned or widened while open: the criteria are in place again.
matchMedia("(min-width: 720px)").addEventListener("change", ({ matches }) => matches && isOpen() && set(false));
