// <details data-menu> behaves as a menu: Esc and a press elsewhere close it, Esc gives the focus back.

const open = () => document.querySelector("details[data-menu][open]");

document.addEventListener("pointerdown", (event) => {
  const menu = open();
  if (menu && !menu.contains(event.target)) menu.open = false;
});

document.addEventListener("keydown", (event) => {
  const menu = open();
  if (event.key !== "Escape" || !menu) return;
  event.preventDefault();
  menu.open = false;
  menu.querySelector("summary").focus();
});

// The focus has gone elsewhere. (What lies around the menu gets it when something in it is pressed that takes no focus.)
document.addEventListener("focusout", ({ target, relatedTarget }) => {
  const menu = target.closest("details[data-menu][open]");
  if (menu && relatedTarget && !menu.contains(relatedTarget) && !relatedTarget.contains(menu)) menu.open = false;
});
