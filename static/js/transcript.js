// The transcript follows the player, and a line of it is where to go on listening.

const place = document.querySelector("[data-player-place]");
const at = (line) => Number(line.dataset.at);
// Of the contact that is played: beside it another one may be shown.
const isPlayed = (line) => line.closest("[data-lines]").dataset.lines === place.querySelector("[data-player]")?.dataset.player;
let wanted = null;

function follow(time) {
  const lines = [...document.querySelectorAll("[data-at]")];
  const current = lines.findLast((line) => at(line) <= time + 0.05 && isPlayed(line));
  for (const line of lines) {
    if (line === current) line.setAttribute("aria-current", "true");
    else line.removeAttribute("aria-current");
  }
}

for (const type of ["timeupdate", "seeked", "play"]) {
  place.addEventListener(type, ({ target }) => target.matches("audio") && follow(target.currentTime), true);
}

document.addEventListener("click", (event) => {
  const line = event.target.closest("[data-at]");
  // Somebody selects words to copy them.
  if (!line || !getSelection().isCollapsed) return;
  event.preventDefault();
  if (isPlayed(line)) go(place.querySelector("audio"), line);
  else {
    wanted = line;
    line.closest("#conversation").querySelector(".conversation-head [data-plays]").click();
  }
});

function go(audio, line) {
  audio.currentTime = at(line);
  audio.play().catch(() => {});
}

document.addEventListener("htmx:afterSwap", ({ detail }) => {
  if (detail.target !== place) return;
  const audio = place.querySelector("audio");
  if (wanted?.isConnected && audio) go(audio, wanted);
  wanted = null;
});
