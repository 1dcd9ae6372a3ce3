// Organization Unit stands beside Organization Data only: with Personal Data it is taken out, with what was chosen in it,
// and it comes back with the other data scope.

const select = () => document.querySelector("#criteria-form [name=data_scope]");
let taken = null;

function sync() {
  if (!select()) return;
  const scope = select().closest("[data-field]");
  const unit = document.getElementById("field-ou");
  const waiting = document.getElementById("unit-field");
  if (select().value === "personal") {
    if (!unit) return;
    taken = unit;
    unit.remove();
  } else if (!unit) {
    const back = taken ?? waiting?.content.firstElementChild.cloneNode(true);
    if (!back) return;
    scope.after(back);
    htmx.process(back);
  }
}

document.addEventListener("change", ({ target }) => target === select() && sync());

// A form that has come back says itself what is chosen.
document.addEventListener("htmx:oobAfterSwap", ({ target }) => {
  if (target.id !== "criteria-form") return;
  taken = null;
  sync();
});
