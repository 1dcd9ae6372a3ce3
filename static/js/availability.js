// Criteria that a long period has no room for (data-longest-days) are locked as soon as one is chosen, and say why.
// Their value stays; a locked field is not sent.

const DAY = 24 * 60 * 60 * 1000;

// The options name their days; between two times the clock on the wall counts.
function days() {
  const chosen = document.querySelector("#period input:checked")?.value;
  if (chosen !== "custom") return parseInt(chosen, 10);
  const [start, end] = document.querySelectorAll("#period-times input");
  return (end.valueAsNumber - start.valueAsNumber) / DAY;
}

function update() {
  const reason = document.getElementById("unavailable");
  if (!reason) return;
  const span = days();
  let locked = false;
  for (const input of document.querySelectorAll("#criteria [data-longest-days]")) {
    const tooLong = span > Number(input.dataset.longestDays);
    locked ||= tooLong;
    // A field with a message can be reached and emptied.
    if (input.ariaInvalid === "true") continue;
    input.disabled = tooLong;
    if (tooLong) input.setAttribute("aria-describedby", reason.id);
    else input.removeAttribute("aria-describedby");
  }
  reason.hidden = !locked;
}

document.addEventListener("change", ({ target }) => target.closest?.("#period") && update());
document.addEventListener("input", ({ target }) => target.closest?.("#period-times") && update());
document.addEventListener("htmx:load", update);
update();

// The way out presses the option for the reader, and leads to the first field it opens.
document.addEventListener("click", (event) => {
  const link = event.target.closest("[data-choose-period]");
  const option = link && document.querySelector(`#period input[value="${link.dataset.choosePeriod}"]`);
  if (!option) return;
  event.preventDefault();
  option.click();
  document.querySelector("#criteria [data-longest-days]:enabled")?.focus();
});
