// The voice player: above the list, or below a contact's details. It stands outside both, so that it goes on while they
// come and go.

const place = document.querySelector("[data-player-place]");
const player = () => place.querySelector("[data-player]");
const audio = () => place.querySelector("audio");
const screen = () => place.querySelector(".player-screen video");
const seconds = () => Number(player().dataset.seconds);

const clock = (at) => {
  const [h, m, s] = [Math.floor(at / 3600), Math.floor(at / 60) % 60, Math.floor(at) % 60];
  const two = (number) => String(number).padStart(2, "0");
  return h ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
};

function seek(at) {
  audio().currentTime = Math.min(Math.max(at, 0), seconds());
  draw();
}

// A browser that wants a press first shows the player standing still.
const start = () => audio().play().catch(() => {});
const toggle = () => (audio().paused ? start() : audio().pause());

function draw() {
  const at = audio().currentTime;
  const wave = place.querySelector(".wave");
  const x = (at / seconds()) * wave.viewBox.baseVal.width;
  wave.querySelector("clipPath rect").setAttribute("width", x);
  wave.querySelector(".wave-head").setAttribute("transform", `translate(${x} 0)`);
  const range = place.querySelector("[data-player-seek]");
  range.value = at;
  range.setAttribute("aria-valuetext", clock(at));
  place.querySelector("[data-player-time]").textContent = clock(at);
}

// The picture of the agent's screen keeps step: it is moved when it is away by more than one would notice.
function follow() {
  const [picture, voice] = [screen(), audio()];
  if (!picture) return;
  const at = voice.currentTime + Number(picture.dataset.offset);
  const shown = at >= 0 && !(at >= picture.duration);
  picture.playbackRate = voice.playbackRate;
  if (Math.abs(picture.currentTime - at) > 0.3) picture.currentTime = Math.min(Math.max(at, 0), picture.duration || at);
  if (voice.paused || !shown) picture.pause();
  else if (picture.paused) picture.play().catch(() => {});
}

// Every Play of the record that is played says so, also those that a search has just brought.
function mark() {
  const id = player()?.dataset.player;
  const playing = id && !audio().paused;
  for (const link of document.querySelectorAll("[data-plays]")) {
    const current = link.dataset.plays === id;
    show(link, current && playing);
    link.classList.toggle("is-playing", current);
    const row = link.closest("#results tr");
    if (current) row?.setAttribute("aria-current", "true");
    // The contact in the drawer has its row marked as well.
    else if (!row?.hasAttribute("data-shown")) row?.removeAttribute("aria-current");
  }
  if (id) show(place.querySelector("[data-player-toggle]"), playing);
}

function show(button, playing) {
  const { play, pause } = button.dataset;
  const [before, after] = playing ? [play, pause] : [pause, play];
  button.querySelector("use").setAttribute("href", playing ? "#i-pause" : "#i-play");
  const words = button.querySelector("span");
  if (words) words.textContent = after;
  else button.setAttribute("aria-label", button.getAttribute("aria-label").replace(before, after));
  if (button.dataset.tip) button.dataset.tip = after;
}

function speed(value) {
  audio().playbackRate = Number(value);
  place.querySelector("[data-player-speed]").value = value;
  for (const radio of place.querySelectorAll("[name=player-speed]")) radio.checked = radio.value === value;
  follow();
}

function close() {
  const id = player()?.dataset.player;
  audio()?.pause();
  place.replaceChildren();
  mark();
  const within = document.querySelector("dialog[open]") ?? document;
  within.querySelector(`[data-plays="${id}"]`)?.focus();
}

// Play, pressed once more where it plays, is Pause.
document.addEventListener("htmx:beforeRequest", (event) => {
  const { elt, target } = event.detail;
  if (target !== place) return;
  if (player() && elt.dataset.plays === player().dataset.player) {
    event.preventDefault();
    toggle();
  }
});

document.addEventListener("htmx:beforeSwap", ({ detail }) => detail.target === place && audio()?.pause());

document.addEventListener("htmx:afterSwap", ({ detail }) => {
  if (detail.target !== place) return;
  if (player()) {
    place.querySelector("[data-player-toggle]").focus({ preventScroll: true });
    document.getElementById("announcer").textContent = player().dataset.said;
    start();
  }
  mark();
});

document.addEventListener("htmx:load", mark);

// Events of media do not bubble: they are caught on their way down.
for (const type of ["play", "pause", "ended", "ratechange", "seeked", "timeupdate"]) {
  place.addEventListener(
    type,
    ({ target }) => {
      if (target !== audio()) return;
      draw();
      follow();
      if (type !== "timeupdate") mark();
    },
    true,
  );
}
place.addEventListener(
  "error",
  ({ target }) => {
    if (target === audio()) place.querySelector("[data-player-failed]").hidden = false;
  },
  true,
);

place.addEventListener("click", ({ target }) => {
  if (target.closest("[data-player-close]")) close();
  else if (target.closest("[data-player-toggle]")) toggle();
  else if (target.closest("[data-player-full]")) screen().requestFullscreen();
  const step = target.closest("[data-player-step]");
  if (step) seek(audio().currentTime + Number(step.dataset.playerStep));
});

place.addEventListener("input", ({ target }) => {
  if (target.matches("[data-player-seek]")) seek(Number(target.value));
  else if (target.matches("[data-player-volume]")) audio().volume = Number(target.value);
  else if (target.matches("[name=player-speed], [data-player-speed]")) speed(target.value);
});

// Press or drag on the waveform.
function point(event) {
  const wave = event.target.closest?.("[data-player-wave]");
  if (!wave || !(event.buttons & 1)) return;
  if (event.type === "pointerdown") {
    wave.setPointerCapture(event.pointerId);
    // Where it was pressed, the keys go on; otherwise a press outside of every control would take the focus away.
    event.preventDefault();
    wave.querySelector("[data-player-seek]").focus({ preventScroll: true });
  }
  const { left, width } = wave.getBoundingClientRect();
  seek(((event.clientX - left) / width) * seconds());
}
place.addEventListener("pointerdown", point);
place.addEventListener("pointermove", point);

place.addEventListener("keydown", (event) => {
  if (!player() || event.ctrlKey || event.metaKey || event.altKey) return;
  const { key, target } = event;
  const isChoice = target.matches("[type=radio], select, [data-player-volume]");
  const speeds = [...place.querySelectorAll("[name=player-speed]")].map((radio) => radio.value);
  const faster = (by) => {
    const now = speeds.indexOf(String(audio().playbackRate));
    speed(speeds[Math.min(Math.max(now + by, 0), speeds.length - 1)]);
  };
  const step = { ArrowLeft: -1, ArrowRight: 1 }[key];
  if (step && !isChoice) seek(audio().currentTime + step * (event.shiftKey ? 1 : 10));
  else if (key === " " && !target.matches("button, a, select, [type=radio]")) toggle();
  else if (key === "<") faster(-1);
  else if (key === ">") faster(1);
  else return;
  event.preventDefault();
});

// Escape closes what is on top first; what that is has to be seen before anybody closes it.
const ABOVE = "dialog[open], details[open], .criteria.is-open, .period-custom[data-open], [aria-haspopup][aria-expanded=true]";
let covered = false;
window.addEventListener("keydown", ({ key }) => key === "Escape" && (covered = document.querySelector(ABOVE) !== null), true);
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || event.defaultPrevented || covered || document.fullscreenElement) return;
  if (place.childElementCount) close();
});
