// A list that narrows as one types (data-lookup): Enter and the arrow lead into it instead of sending the form.

document.addEventListener("keydown", (event) => {
  const search = event.target.closest?.("[data-lookup] input[type=search]");
  if (!search || event.isComposing || !["Enter", "ArrowDown"].includes(event.key)) return;
  event.preventDefault();
  event.stopPropagation();
  const list = search.closest("[data-lookup]").querySelector(".lookup-list");
  (list.querySelector("[data-found]") ?? list.querySelector("input"))?.focus();
}, true);
