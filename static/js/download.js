// A package that is ready is fetched at once, without another click; data-fetch is the link to it.

document.addEventListener("htmx:afterSwap", () => {
  const link = document.querySelector("#dialog [data-fetch]:not([data-fetched])");
  if (!link) return;
  link.toggleAttribute("data-fetched", true);
  link.click();
});

// A task that somebody deleted meanwhile is asked for no more.
document.addEventListener("htmx:responseError", ({ detail }) => detail.elt.closest("[data-preparing]")?.remove());
