// One bubble with the words of a control (data-tip), of a folded label (data-tip-folded), or of a cell or a phase that is
// cut off. It comes with the pointer and with the keyboard, and goes with Esc.

const GAP = 6;
const DELAY = 350;
const CELLS = ".table :is(th, td), .phase-name";

const bubble = document.createElement("div");
bubble.className = "tooltip";
bubble.setAttribute("aria-hidden", "true");
// Over dialogs as well.
bubble.popover = "manual";
document.body.append(bubble);

let timer;

function words(element) {
  if (element.dataset.tip) return element.dataset.tip;
  if (element.dataset.tipFolded) {
    return element.querySelector(".nav-label")?.offsetWidth > 1 ? "" : element.dataset.tipFolded;
  }
  return element.matches(CELLS) && element.scrollWidth > element.clientWidth ? element.textContent.trim() : "";
}

function place(element) {
  const box = element.getBoundingClientRect();
  const beside = Boolean(element.dataset.tipFolded);
  const { width, height } = bubble.getBoundingClientRect();
  let left = beside ? box.right + GAP : box.left + box.width / 2 - width / 2;
  let top = beside ? box.top + box.height / 2 - height / 2 : box.bottom + GAP;
  if (top + height > innerHeight - GAP) top = box.top - height - GAP;
  left = Math.max(GAP, Math.min(left, innerWidth - width - GAP));
  bubble.style.left = `${Math.round(left)}px`;
  bubble.style.top = `${Math.round(Math.max(GAP, top))}px`;
}

function show(element, delay) {
  hide();
  const text = words(element);
  if (!text) return;
  timer = setTimeout(() => {
    if (!element.isConnected) return;
    bubble.textContent = text;
    bubble.showPopover();
    place(element);
  }, delay);
}

function hide() {
  clearTimeout(timer);
  bubble.hidePopover();
}

const subject = (node) => node.closest?.(`[data-tip], [data-tip-folded], ${CELLS}`);

document.addEventListener("pointerover", (event) => {
  const element = event.pointerType !== "touch" && subject(event.target);
  if (element) show(element, DELAY);
  else hide();
});

document.addEventListener("focusin", (event) => {
  const element = event.target.matches(":focus-visible") && subject(event.target);
  if (element) show(element, 0);
});

document.addEventListener("focusout", hide);
document.addEventListener("pointerdown", hide);
document.addEventListener("scroll", hide, { capture: true, passive: true });
document.addEventListener("keydown", (event) => event.key === "Escape" && hide());
