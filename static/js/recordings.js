// Recording File Details: Play shows the file of its row above the rows, and pauses it.

const details = () => document.querySelector("[data-recordings]");
const stage = () => details()?.querySelector(".stage");

function mark() {
  const video = stage().querySelector("video");
  for (const button of details().querySelectorAll("[data-file]")) {
    const current = video.getAttribute("src") === button.dataset.file;
    const playing = current && !video.paused;
    button.querySelector("use").setAttribute("href", playing ? "#i-pause" : "#i-play");
    button.querySelector("span").textContent = playing ? button.dataset.pause : button.dataset.play;
    const row = button.closest("tr");
    if (current) row.setAttribute("aria-current", "true");
    else row.removeAttribute("aria-current");
  }
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-file]");
  if (!button) return;
  event.preventDefault();
  const video = stage().querySelector("video");
  if (video.getAttribute("src") === button.dataset.file) {
    if (video.paused) video.play().catch(() => {});
    else video.pause();
    return;
  }
  stage().hidden = false;
  stage().querySelector(".stage-failed").hidden = true;
  stage().querySelector("[data-stage-label]").textContent = button.dataset.label;
  video.src = button.dataset.file;
  video.play().catch(() => {});
  mark();
});

for (const type of ["play", "pause", "ended"]) {
  document.addEventListener(
    type,
    ({ target }) => {
      if (!stage()?.contains(target)) return;
      if (type === "play") document.querySelector("#player audio")?.pause();
      mark();
    },
    true,
  );
}

document.addEventListener(
  "error",
  ({ target }) => {
    if (target instanceof HTMLVideoElement && stage()?.contains(target)) stage().querySelector(".stage-failed").hidden = false;
  },
  true,
);
