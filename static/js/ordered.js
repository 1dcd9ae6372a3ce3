// <table data-ordered>: up and down change the places of two lines, and with them the numbers they are ordered by.

const STEP = 5;

const numberOf = (row) => row.querySelector("[data-ordered-number]");
const rows = (table) => [...table.querySelectorAll("[data-ordered-row]")];

// As the server orders them: by number, of equal ones the guide's order.
function inOrder(table) {
  const order = (row) => Number(numberOf(row).value) || 0;
  return rows(table).sort((a, b) => order(a) - order(b) || a.dataset.guide - b.dataset.guide);
}

function lay(lines) {
  // What stands behind the lines stays there.
  const end = rows(lines[0].closest("table")).at(-1).nextElementSibling;
  for (const line of lines) line.parentElement.insertBefore(line, end);
}

document.addEventListener("click", ({ target }) => {
  const button = target.closest("[data-ordered-step]");
  if (!button) return;
  const row = button.closest("[data-ordered-row]");
  const lines = inOrder(row.closest("[data-ordered]"));
  const here = lines.indexOf(row);
  const there = here + Number(button.dataset.orderedStep);
  if (there < 0 || there >= lines.length) return;
  const [mine, other] = [numberOf(row), numberOf(lines[there])];
  [lines[here], lines[there]] = [lines[there], lines[here]];
  if (mine.value === other.value) part(lines, Math.min(here, there));
  else [mine.value, other.value] = [other.value, mine.value];
  lay(lines);
  mine.dispatchEvent(new Event("input", { bubbles: true }));
  button.focus();
});

// Two lines with the same number, the first of them at `at`, are told apart; where there is no room, all are.
function part(lines, at) {
  const first = numberOf(lines[at]);
  const before = at > 0 ? Number(numberOf(lines[at - 1]).value) : 0;
  if (before < first.value - 1) first.value -= 1;
  else {
    const step = Math.max(1, Math.min(STEP, Math.floor(first.dataset.most / lines.length)));
    lines.forEach((line, place) => (numberOf(line).value = (place + 1) * step));
  }
}
