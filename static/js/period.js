// A period searches at once; Customization opens From and To beside it. Fields of a period not chosen are not sent.

const period = () => document.getElementById("period");
const custom = () => document.getElementById("period-times");
const inSheet = () => document.querySelector("#criteria.is-open");

function open() {
  custom().toggleAttribute("data-open", true);
}

function close({ giveBack = false } = {}) {
  if (!custom()?.hasAttribute("data-open")) return false;
  custom().removeAttribute("data-open");
  if (giveBack) document.querySelector("#period input:checked")?.focus();
  return true;
}

// Customization was looked at and not searched: the period that was searched is chosen again.
function takeBack() {
  const searched = document.querySelector("#period input[type=radio][checked]");
  if (!searched || searched.checked || inSheet()) return;
  searched.checked = true;
  for (const field of custom().querySelectorAll("input")) field.value = field.defaultValue;
  leaveOutTimes();
  const range = document.querySelector(".criteria-range");
  if (range) range.hidden = false;
}

const edited = () => [...custom().querySelectorAll("input")].some((field) => field.value !== field.defaultValue);

function leaveOutTimes() {
  const chosen = document.querySelector("#period input:checked")?.value;
  for (const field of custom()?.querySelectorAll("input") ?? []) field.disabled = chosen !== "custom";
}

document.addEventListener("change", ({ target }) => {
  if (target.name !== "period" || !period()?.contains(target)) return;
  leaveOutTimes();
  // The stretch of time beside it is that of the period searched.
  const range = document.querySelector(".criteria-range");
  if (range) range.hidden = !target.defaultChecked;
  if (target.value === "custom") return open();
  close();
  if (!inSheet()) target.form.requestSubmit();
});

// Customization chosen already, and pressed once more: there is no change, but somebody wants to see the times.
document.addEventListener("click", ({ target }) => {
  if (!period()) return;
  if (target.matches?.("#period input[value=custom]")) open();
  else if (target.closest("[data-period-close]") && close()) {
    takeBack();
    document.querySelector("#period input:checked")?.focus();
  }
});

document.addEventListener("pointerdown", ({ target }) => {
  // Times that were typed are kept for the Search that follows.
  if (period() && !period().contains(target) && close() && !edited()) takeBack();
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || !period()?.contains(event.target) || !close()) return;
  event.preventDefault();
  takeBack();
  document.querySelector("#period input:checked")?.focus();
});

// Sent from here: the times fold away, and the focus goes to what they belong to.
document.addEventListener("submit", ({ target }) => target.contains(period()) && close({ giveBack: true }));

document.addEventListener("htmx:load", leaveOutTimes);
leaveOutTimes();
