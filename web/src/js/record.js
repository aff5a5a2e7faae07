// record saves what an official enters on the spot. Only what changed is sent, with
// what it was before, so that two phones fill in one record. What the network does
// not take stays on the device, also when the page is closed, and is sent later.
const pause = 1200;
const again = 15000;

export function record(form) {
  const key = form.dataset.store;
  const status = form.querySelector("[data-status]");
  const names = [...form.querySelectorAll('input[type="hidden"][name^="was:"]')].map((i) => i.name.slice(4));
  let wait;
  let busy = false;
  let stopped = false;

  const was = (name) => form.elements["was:" + name];
  const now = (name) => (new FormData(form).get(name) ?? "").toString().trim();

  function put(name, value) {
    const field = form.elements[name];
    if (!field) return;
    if (field instanceof RadioNodeList) for (const radio of field) radio.checked = radio.value === value;
    else field.value = value;
  }

  function changed() {
    const out = {};
    for (const name of names) if (now(name) !== was(name).value.trim()) out[name] = { was: was(name).value, value: now(name) };
    return out;
  }

  function keep(fields) {
    try {
      if (Object.keys(fields).length) localStorage.setItem(key, JSON.stringify(fields));
      else localStorage.removeItem(key);
    } catch {
      // No room, or not allowed: the page still has it.
    }
  }

  // What an earlier page could not send comes back into the fields.
  function restore() {
    let kept = {};
    try { kept = JSON.parse(localStorage.getItem(key)) || {}; } catch { return; }
    for (const [name, field] of Object.entries(kept)) {
      if (!names.includes(name) || now(name) === field.value) continue;
      was(name).value = field.was;
      put(name, field.value);
    }
  }

  async function save() {
    clearTimeout(wait);
    const fields = changed();
    keep(fields);
    if (busy || stopped || Object.keys(fields).length === 0) return;
    busy = true;
    const data = new URLSearchParams();
    for (const [name, field] of Object.entries(fields)) {
      data.append("was:" + name, field.was);
      data.append(name, field.value);
    }
    try {
      const r = await fetch(form.dataset.record, { method: "POST", body: data, headers: { Accept: "application/json" } });
      if (!r.ok || r.redirected) throw new Error("refused");
      const answer = await r.json();
      for (const [name, field] of Object.entries(fields)) {
        if (!answer.faults[name]) was(name).value = field.value;
      }
      status.textContent = Object.values(answer.faults)[0] ?? answer.text;
      keep(changed());
      stopped = Object.keys(answer.faults).length > 0; // until the person has looked
    } catch {
      status.textContent = form.dataset.offline;
      wait = setTimeout(save, again);
    } finally {
      busy = false;
    }
    if (!stopped && status.textContent !== form.dataset.offline && Object.keys(changed()).length) later();
  }

  function later() {
    clearTimeout(wait);
    keep(changed());
    wait = setTimeout(save, pause);
  }

  restore();
  keep(changed());
  if (Object.keys(changed()).length) save();
  for (const event of ["input", "change"]) form.addEventListener(event, () => { stopped = false; later(); });
  window.addEventListener("online", save);
  // Without a network the button would lose the page: keep it and say so.
  form.addEventListener("submit", (event) => {
    keep(changed());
    if (navigator.onLine !== false) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    status.textContent = form.dataset.offline;
    status.scrollIntoView({ block: "center" });
  }, true);
}
