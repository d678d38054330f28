"use strict";
// A column's cells are compared by data-v where they have one (a number), else by
// their text; the order of equal rows stays.
document.addEventListener("click", (event) => {
  const button = event.target.closest("th button");
  if (!button) return;
  const head = button.closest("th"), table = head.closest("table"), body = table.tBodies[0];
  const column = head.cellIndex, down = head.getAttribute("aria-sort") === "ascending";
  const value = (row) => {
    const cell = row.cells[column], v = cell.dataset.v;
    return v === undefined ? cell.textContent.trim() : v === "" ? NaN : Number(v);
  };
  const before = (a, b) => {
    const x = value(a), y = value(b);
    if (Number.isNaN(x) || Number.isNaN(y)) return Number.isNaN(x) - Number.isNaN(y); // unknown last, either way
    const order = typeof x === "number" ? x - y : x.localeCompare(y, undefined, { numeric: true });
    return down ? -order : order;
  };
  for (const th of head.parentNode.cells) th.removeAttribute("aria-sort");
  head.setAttribute("aria-sort", down ? "descending" : "ascending");
  body.append(...[...body.rows].sort(before));
});
// Paper shows what is folded away on the screen.
let folded = [];
addEventListener("beforeprint", () => {
  folded = [...document.querySelectorAll("details:not([open])")];
  for (const d of folded) d.open = true;
});
addEventListener("afterprint", () => { for (const d of folded) d.open = false; });
