// keys moves through the rows of a list: j and k as in a reader of mail, Enter
// opens the row, because the link in it has the focus. Where rows have boxes, x
// ticks the row and c claims what is ticked, or this row; both only while a row has
// the focus (WCAG 2.1.4).
export function keys(table) {
  const links = [...table.querySelectorAll("tbody th[scope=row] a")];
  if (links.length === 0) return;
  for (const help of document.querySelectorAll("[data-keys-help]")) help.hidden = false;
  document.addEventListener("keydown", (e) => {
    if (e.ctrlKey || e.metaKey || e.altKey || e.target.matches("input, select, textarea, [contenteditable]")) return;
    const at = links.indexOf(document.activeElement);
    if (at >= 0 && work(table, links[at], e.key)) {
      e.preventDefault();
      return;
    }
    const step = { j: 1, k: -1 }[e.key];
    if (!step) return;
    const next = at < 0 && step < 0 ? links.length - 1 : at + step;
    links[Math.min(Math.max(next, 0), links.length - 1)].focus();
    e.preventDefault();
  });
}

// work ticks and claims; it reports whether the key was one of its own.
function work(table, link, key) {
  const box = link.closest("tr").querySelector("input[type=checkbox][name=case]");
  const claim = table.closest("form")?.querySelector("[data-claim]");
  if (!box) return false;
  if (key === "x") {
    box.checked = !box.checked;
    return true;
  }
  if (key !== "c" || !claim) return false;
  if (!table.querySelector("input[name=case]:checked")) box.checked = true;
  claim.click();
  return true;
}
