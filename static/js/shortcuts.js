// A key puts the focus into the field that names it (data-shortcut): "/" is the first search field of a page.

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (event.target.closest("input:not([type=radio], [type=checkbox]), select, textarea, [contenteditable]")) return;
  const field = document.querySelector(`[data-shortcut="${CSS.escape(event.key)}"]`);
  if (!field?.checkVisibility()) return;
  event.preventDefault();
  field.focus();
  field.select();
});
