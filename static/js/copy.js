// Copies what a button names (data-copy) and says so where its tooltip stands.

document.addEventListener("click", async ({ target }) => {
  const button = target.closest("[data-copy]");
  if (!button) return;
  await navigator.clipboard.writeText(button.dataset.copy);
  const use = button.querySelector("use");
  const [tip, shape] = [button.dataset.tip, use.getAttribute("href")];
  use.setAttribute("href", "#i-check");
  button.dataset.tip = button.dataset.copied;
  document.getElementById("announcer").textContent = button.dataset.copied;
  setTimeout(() => {
    use.setAttribute("href", shape);
    button.dataset.tip = tip;
  }, 2000);
});
