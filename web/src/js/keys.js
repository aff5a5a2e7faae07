// keys moves through the rows of a list: j and k as in a reader of mail, Enter
// opens the row, because the link in it has the focus.
export function keys(table) {
  const links = [...table.querySelectorAll("tbody th[scope=row] a")];
  if (links.length === 0) return;
  for (const help of document.querySelectorAll("[data-keys-help]")) help.hidden = false;
  document.addEventListener("keydown", (e) => {
    if (e.ctrlKey || e.metaKey || e.altKey || e.target.matches("input, select, textarea, [contenteditable]")) return;
    const step = { j: 1, k: -1 }[e.key];
    if (!step) return;
    const at = links.indexOf(document.activeElement);
    const next = at < 0 && step < 0 ? links.length - 1 : at + step;
    links[Math.min(Math.max(next, 0), links.length - 1)].focus();
    e.preventDefault();
  });
}
