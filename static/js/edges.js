// Says on which sides of a table columns are hidden, so that its sticky columns can draw their edge there.

const watched = new WeakSet();

function mark(region) {
  const left = Math.abs(region.scrollLeft);
  region.toggleAttribute("data-hidden-left", left > 1);
  region.toggleAttribute("data-hidden-right", left + region.clientWidth < region.scrollWidth - 1);
}

const sizes = new ResizeObserver((entries) => entries.forEach(({ target }) => mark(target)));

function watch() {
  for (const region of document.querySelectorAll("[data-edges]")) {
    if (watched.has(region)) continue;
    watched.add(region);
    sizes.observe(region);
    region.addEventListener("scroll", () => mark(region), { passive: true });
  }
}

document.addEventListener("htmx:load", watch);
watch();
