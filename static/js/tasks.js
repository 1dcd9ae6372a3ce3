// A file that is being fetched is ready no more: its row asks once, and what the navigation says of it goes along.

// What the server needs to have noted it.
const NOTED = 1500;

document.addEventListener("click", ({ target }) => {
  const row = target.closest("[data-task-fetch]")?.closest("tr");
  if (row) setTimeout(() => row.isConnected && htmx.trigger(row, "fetched"), NOTED);
});
