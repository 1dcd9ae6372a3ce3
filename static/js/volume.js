// The bars of a chart are one stop of the Tab key: arrows, Home and End move along them, Enter opens one.

const links = (list) => [...list.querySelectorAll("a")];

function reach(list, link) {
  for (const other of links(list)) other.tabIndex = other === link ? 0 : -1;
}

function begin() {
  for (const list of document.querySelectorAll("[data-roving]:not(:has([tabindex]))")) reach(list, links(list).at(-1));
}

document.addEventListener("keydown", (event) => {
  const list = event.target.closest?.("[data-roving]");
  if (!list) return;
  const all = links(list);
  const at = all.indexOf(event.target);
  const next = { ArrowLeft: all[at - 1], ArrowRight: all[at + 1], Home: all[0], End: all.at(-1) }[event.key];
  if (!next) return;
  event.preventDefault();
  reach(list, next);
  next.focus();
});

document.addEventListener("htmx:load", begin);
begin();
