// Theme and folded navigation change at once; the server keeps the choice for the next page.

const root = document.documentElement;

const apply = {
  theme(value) {
    if (value === "system") delete root.dataset.theme;
    else root.dataset.theme = value;
    for (const button of document.querySelectorAll("button[name=theme][aria-pressed]")) {
      button.setAttribute("aria-pressed", String(button.value === value));
    }
  },
  rail(value) {
    root.toggleAttribute("data-rail", value === "1");
    // The tables beside it change their width without a resize of the window.
    window.dispatchEvent(new Event("resize"));
  },
};

document.addEventListener("submit", (event) => {
  const form = event.target;
  const button = event.submitter;
  if (!form.matches("[data-preference]") || !button?.name) return;
  event.preventDefault();
  apply[button.name](button.value);
  // The button pressed may have given its place to its opposite.
  if (!button.checkVisibility()) {
    [...form.querySelectorAll("button")].find((other) => other.checkVisibility())?.focus();
  }
  fetch(form.action, { method: "POST", body: new FormData(form, button), redirect: "manual" }).catch(() => {});
});
