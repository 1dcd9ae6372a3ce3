// A file that is being fetched is ready no more: its row asks, and what the navigation says of it goes along.

// When the server has noted it, and when a busy one has.
const NOTED = [1500, 8000];

document.addEventListener("click", ({ target }) => {
  const id = target.closest("[data-task-fetch]")?.closest("tr").id;
  if (!id) return;
  for (const wait of NOTED) {
    setTimeout(() => {
      const row = document.getElementById(id);
      if (row) htmx.trigger(row, "fetched");
    }, wait);
  }
});
