// Says when a request of htmx fails, and starts over when the session has ended. A toast stays six seconds.

const STAY = 6000;

function keep(toast) {
  let timer;
  const leave = () => (timer = setTimeout(() => toast.remove(), STAY));
  const wait = () => clearTimeout(timer);
  for (const type of ["pointerenter", "focusin"]) toast.addEventListener(type, wait);
  for (const type of ["pointerleave", "focusout"]) toast.addEventListener(type, leave);
  toast.querySelector(".toast-close")?.addEventListener("click", () => toast.remove());
  leave();
}

// Under a dialog a toast can be neither heard nor closed: there its foot says it, until something came.
let failure = null;

function tell(kind) {
  const toast = document.getElementById("toast-failure").content.firstElementChild.cloneNode(true);
  const text = toast.querySelector(".toast-text");
  text.textContent = text.dataset[kind];
  failure?.remove();
  const hint = document.querySelector("#dialog[open] .dialog-hint");
  if (hint) {
    failure = document.createElement("span");
    failure.className = "dialog-failure";
    failure.setAttribute("role", "alert");
    failure.append(toast.querySelector(".icon"), text.textContent);
    return hint.prepend(failure);
  }
  document.getElementById("toasts").replaceChildren(toast);
  keep(toast);
}

document.querySelectorAll("[data-toast]").forEach(keep);
// What an answer brought along.
document.addEventListener("htmx:load", ({ target }) => {
  if (target.matches("[data-toast]")) keep(target);
  if (target.closest("#dialog")) failure?.remove();
});

document.addEventListener("htmx:sendError", () => tell("offline"));
document.addEventListener("htmx:timeout", () => tell("offline"));
document.addEventListener("htmx:responseError", () => tell("failed"));

// A request that was sent on to another page got the sign-in page: that is no part of this one.
document.addEventListener("htmx:beforeSwap", (event) => {
  const { xhr, pathInfo } = event.detail;
  if (!xhr.responseURL) return;
  const answered = new URL(xhr.responseURL).pathname;
  const asked = new URL(pathInfo.requestPath, location.href).pathname;
  if (answered === asked) return;
  event.preventDefault();
  location.reload();
});
