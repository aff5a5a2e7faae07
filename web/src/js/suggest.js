// suggest offers answers while somebody types (the ARIA combobox pattern).
// The address in data-suggest answers ?q= with [{text, note, href}].
export function suggest(input) {
  const form = input.form;
  const box = document.createElement("div");
  box.className = "tb-suggest__wrap";
  form.replaceWith(box);
  box.append(form);
  const list = document.createElement("ul");
  list.id = input.id + "-list";
  list.className = "tb-suggest tb-bare";
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", input.dataset.suggestLabel || input.labels[0]?.textContent || "");
  list.hidden = true;
  box.append(list);
  for (const [k, v] of Object.entries({ role: "combobox", "aria-expanded": "false", "aria-controls": list.id, "aria-autocomplete": "list" })) {
    input.setAttribute(k, v);
  }

  let at = -1;
  let wait;
  let latest = 0;

  // The box hangs over what follows its section.
  const section = box.closest(".tb-hero");

  function close() {
    list.hidden = true;
    section?.classList.remove("is-open");
    at = -1;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  }

  function mark(next) {
    const items = list.children;
    items[at]?.setAttribute("aria-selected", "false");
    at = (next + items.length) % items.length;
    items[at].setAttribute("aria-selected", "true");
    input.setAttribute("aria-activedescendant", items[at].id);
  }

  function show(answers) {
    list.replaceChildren(...answers.slice(0, 8).map((a, i) => {
      const li = document.createElement("li");
      li.id = list.id + "-" + i;
      li.setAttribute("role", "option");
      li.setAttribute("aria-selected", "false");
      li.dataset.href = a.href;
      const text = document.createElement("span");
      text.textContent = a.text;
      const note = document.createElement("span");
      note.className = "tb-muted";
      note.textContent = a.note || "";
      li.append(text, note);
      // Before blur closes the list.
      li.addEventListener("mousedown", (e) => { e.preventDefault(); location.assign(a.href); });
      return li;
    }));
    at = -1;
    list.hidden = answers.length === 0;
    section?.classList.toggle("is-open", !list.hidden);
    input.setAttribute("aria-expanded", String(!list.hidden));
  }

  async function ask() {
    const q = input.value.trim();
    const mine = ++latest;
    if (!q) return close();
    try {
      const url = new URL(input.dataset.suggest, location.href);
      url.searchParams.set("q", q);
      const r = await fetch(url, { headers: { Accept: "application/json" } });
      const answers = r.ok ? await r.json() : [];
      if (mine === latest) show(answers);
    } catch {
      close(); // offline: the form itself still works
    }
  }

  input.addEventListener("input", () => { clearTimeout(wait); wait = setTimeout(ask, 120); });
  input.addEventListener("blur", close);
  input.addEventListener("keydown", (e) => {
    if (list.hidden || e.isComposing) return;
    if (e.key === "ArrowDown") mark(at + 1);
    else if (e.key === "ArrowUp") mark(at < 0 ? list.children.length - 1 : at - 1);
    else if (e.key === "Escape") close();
    else if (e.key === "Enter" && at >= 0) location.assign(list.children[at].dataset.href);
    else return;
    e.preventDefault();
  });
}
