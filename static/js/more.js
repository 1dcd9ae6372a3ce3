// More stays open, or closed, while searches bring the form anew; Esc closes it when nothing lies over it.

const more = () => document.getElementById("more");
let wasOpen = false;

document.addEventListener("htmx:oobBeforeSwap", ({ detail }) => {
  if (detail.target.id === "criteria-form") wasOpen = Boolean(more()?.open);
});

document.addEventListener("htmx:oobAfterSwap", ({ target }) => {
  if (target.id === "criteria-form" && wasOpen) more().open = true;
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || event.defaultPrevented || !more()?.open) return;
  if (document.querySelector("#criteria.is-open")) return;
  if (!event.target.closest("#criteria-form") && event.target !== document.body) return;
  event.preventDefault();
  more().open = false;
  document.getElementById("more-toggle").focus();
});
