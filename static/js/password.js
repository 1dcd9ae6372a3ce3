// [data-password]: the rules turn as the password is typed, and Generate makes one that meets them.

const SIGNS = "!#$%&*+-=?@_";
const LETTERS = ["ABCDEFGHJKLMNPQRSTUVWXYZ", "abcdefghijkmnopqrstuvwxyz", "23456789", SIGNS];
const LENGTH = 20;

// A rule as the server wrote it into the page: the server decides.
function holds(rule, text) {
  const { least, without } = rule.dataset;
  if (text === "" || (without && text.toLowerCase().includes(without.toLowerCase()))) return false;
  const patterns = [...rule.querySelectorAll("data")].map(({ value }) => new RegExp(`^(?:${value})$`, "u"));
  return patterns.filter((pattern) => pattern.test(text)).length >= Number(least);
}

function show(box) {
  const text = box.querySelector("[data-password-input]").value;
  const rules = [...box.querySelectorAll("[data-rule][data-least]")];
  for (const rule of rules) rule.classList.toggle("is-met", holds(rule, text));
  const said = box.querySelector("[data-password-said]");
  said.textContent = rules.every((rule) => rule.classList.contains("is-met")) ? said.dataset.text : "";
}

// Every number below the end equally often: what does not divide evenly is drawn again.
function draw(end) {
  const number = new Uint32Array(1);
  const even = Math.floor(2 ** 32 / end) * end;
  do crypto.getRandomValues(number);
  while (number[0] >= even);
  return number[0] % end;
}

function generated() {
  const all = LETTERS.join("");
  const drawn = LETTERS.map((letters) => letters[draw(letters.length)]);
  while (drawn.length < LENGTH) drawn.push(all[draw(all.length)]);
  for (let at = drawn.length - 1; at > 0; at -= 1) {
    const other = draw(at + 1);
    [drawn[at], drawn[other]] = [drawn[other], drawn[at]];
  }
  return drawn.join("");
}

document.addEventListener("input", ({ target }) => {
  const box = target.closest("[data-password]");
  if (box) show(box);
});

document.addEventListener("click", ({ target }) => {
  const box = target.closest("[data-password-generate]")?.closest("[data-password]");
  if (!box) return;
  const input = box.querySelector("[data-password-input]");
  input.value = generated();
  if (input.type === "password") box.querySelector("[data-reveal]").click();
  input.focus();
  input.select();
  show(box);
});
