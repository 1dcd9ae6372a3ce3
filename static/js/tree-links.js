// A tree whose lines are links: choosing a line with the keyboard follows its link, and only the line is in the tab order.

const links = () => document.querySelectorAll("[data-tree] .tree-link");
const settle = () => links().forEach((link) => (link.tabIndex = -1));

document.addEventListener("tree:choose", ({ target, detail }) => {
  if (detail.by !== "pointer") target.querySelector(`[data-value="${CSS.escape(detail.value)}"] .tree-link`)?.click();
});

document.addEventListener("htmx:afterSwap", ({ target }) => {
  settle();
  // On a phone what is chosen stands above the tree.
  if (target.matches("[data-tree-chosen]")) target.scrollIntoView({ block: "nearest" });
});
settle();
