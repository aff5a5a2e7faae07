// desk gives the review screen keys, so that a case is read, marked and decided
// without a mouse. A key that decides only moves the focus: Enter takes the step.
// Single keys can be switched off (WCAG 2.1.4).
const stored = "tb-desk-keys";

function off() {
  try { return localStorage.getItem(stored) === "off"; } catch { return false; }
}

function remember(value) {
  try { localStorage.setItem(stored, value); } catch { /* the choice holds for this page */ }
}

const typing = (e) => e.target.matches("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]");

export function desk(form) {
  const help = document.querySelector("[data-desk-keys]");
  const dialog = help.querySelector("dialog");
  const toggle = help.querySelector("[data-keys-off]");
  let silent = off();
  const show = () => {
    toggle.textContent = silent ? toggle.dataset.keysOn : toggle.dataset.keysOff;
    for (const k of form.querySelectorAll("[data-key-hint]")) k.hidden = silent;
  };
  help.hidden = false;
  show();
  toggle.addEventListener("click", () => {
    silent = !silent;
    remember(silent ? "off" : "on");
    show();
  });
  help.querySelector("[data-keys-close]").addEventListener("click", () => dialog.close());

  const marks = [...form.querySelectorAll("[data-mark] > summary")];
  let at = -1;
  const focus = (element) => {
    element?.focus();
    element?.scrollIntoView({ block: "nearest" });
    return Boolean(element);
  };
  const mark = (step) => {
    if (marks.length === 0) return false;
    at = Math.min(Math.max(at + step, 0), marks.length - 1);
    return focus(marks[at]);
  };
  // doMark opens the mark that has the focus, ticks it and goes to its reason.
  const doMark = () => {
    const box = document.activeElement?.closest("[data-mark]");
    if (!box) return false;
    box.open = true;
    box.querySelector("input[type=checkbox]").checked = true;
    return focus(box.querySelector("input:not([type=checkbox])"));
  };
  const follow = (name) => {
    const link = document.querySelector(`[data-desk-${name}]`);
    link?.click();
    return Boolean(link);
  };
  const on = {
    o: () => focus(form.querySelector("#opinion")),
    t: () => focus(form.querySelector("[data-phrases] select")),
    m: () => mark(1),
    M: () => mark(-1),
    x: doMark,
    f: () => focus(form.querySelector(".tb-thumbs a")),
    h: () => follow("earlier"),
    n: () => follow("next"),
    u: () => follow("list"),
  };

  document.addEventListener("keydown", (e) => {
    if (e.ctrlKey || e.metaKey || e.altKey || e.isComposing || dialog.open) return;
    if (typing(e)) {
      if (e.key === "Escape") e.target.blur();
      return;
    }
    if (e.key === "?") {
      dialog.showModal();
      e.preventDefault();
      return;
    }
    if (silent) return;
    const done = /^[1-9]$/.test(e.key) ? focus(form.querySelector(`[data-key="${e.key}"]`)) : on[e.key]?.();
    if (done) e.preventDefault();
  });
}

// phrases puts the chosen template where the cursor stands, without a journey to
// the server.
export function phrases(picker) {
  const box = document.getElementById(picker.dataset.phrases);
  const select = picker.querySelector("select");
  const put = () => {
    const text = select.selectedOptions[0]?.dataset.text ?? "";
    const start = box.value === "" || box.selectionStart !== box.value.length ? text : `\n${text}`;
    box.setRangeText(start, box.selectionStart, box.selectionEnd, "end");
    box.dispatchEvent(new Event("input", { bubbles: true }));
    box.focus();
  };
  picker.querySelector("button").addEventListener("click", (e) => {
    e.preventDefault();
    put();
  });
  select.addEventListener("keydown", (e) => {
    if (e.key !== "Enter") return;
    e.preventDefault();
    put();
  });
}
