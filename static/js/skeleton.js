// A search that starts where there are no rows to keep shows the shape of those to come.

const LINES = 20;
const WAIT = 80;
const results = document.getElementById("results");
const shape = document.getElementById("skeleton");
let timer;

function show() {
  const skeleton = shape.content.firstElementChild.cloneNode(true);
  const body = skeleton.querySelector("tbody");
  for (let line = 1; line < LINES; line += 1) body.append(body.firstElementChild.cloneNode(true));
  results.append(skeleton);
}

// Whatever came of it: what stood there is there again until an answer takes its place.
function hide() {
  clearTimeout(timer);
  results.querySelector(":scope > .skeleton")?.remove();
}

document.addEventListener("htmx:beforeRequest", ({ detail }) => {
  if (detail.target !== results || results.querySelector(".table-region")) return;
  timer = setTimeout(show, WAIT);
});

for (const type of ["htmx:beforeSwap", "htmx:afterRequest"]) {
  document.addEventListener(type, ({ detail }) => detail.target === results && hide());
}
