"use strict";
// The headings of a table become buttons that sort it: numbers largest first, texts from A on, and then the other way.
for (const table of document.querySelectorAll("table.sorted")) {
  const body = table.tBodies[0];
  const heads = [...table.tHead.rows[0].cells];
  heads.forEach((head, column) => {
    const numeric = head.classList.contains("number");
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      const before = head.getAttribute("aria-sort");
      const down = before ? before === "ascending" : numeric;
      const rows = [...body.rows].map((row) => [key(row), row]);
      rows.sort(([a], [b]) => (a === null) - (b === null) || (down ? compare(b, a) : compare(a, b)));
      body.append(...rows.map(([, row]) => row));
      heads.forEach((other) => other.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
    });
    function key(row) {
      const cell = row.cells[column];
      if (!numeric) return cell.textContent;
      const value = cell.dataset.value; // seconds, shares, or a moment in ISO 8601; empty without data
      if (value === "") return null;
      return value.includes("T") ? Date.parse(value) : value === "inf" ? Infinity : Number(value);
    }
    function compare(a, b) {
      return numeric ? a - b || 0 : a.localeCompare(b, "en", { numeric: true });
    }
  });
}

// What has to be scrolled can be reached by the keyboard.
function reachable() {
  for (const box of document.querySelectorAll(".scroll")) {
    if (box.scrollWidth > box.clientWidth || box.scrollHeight > box.clientHeight) box.tabIndex = 0;
    else box.removeAttribute("tabindex");
  }
}
addEventListener("resize", reachable);
addEventListener("toggle", reachable, true);
reachable();
