// autosave sends what was changed on a question page after a pause and when the
// page is left. Each field is saved on the revision this page has seen of it, so
// two tabs never overwrite each other; where they differ, the server says so.
import { body } from "./refresh.js";

const pause = 1500;

export function autosave(form) {
  const status = document.getElementById(form.dataset.status);
  const fields = () => form.elements.shown.value.split(",").filter(Boolean);
  const owner = (name) => fields().find((id) => name === id || name.startsWith(id + "-") || name.startsWith(id + "."));
  const revs = new Map();
  let was = state();
  let wait;
  let busy = null;
  let stopped = false;

  // state is what each field says now, by field.
  function state() {
    const out = new Map(fields().map((id) => [id, ""]));
    for (const [name, value] of new FormData(form)) {
      const id = owner(name);
      if (id && typeof value === "string") out.set(id, `${out.get(id)}${name}=${value}\n`);
    }
    return out;
  }

  function changed() {
    const now = state();
    return [...now.keys()].filter((id) => now.get(id) !== was.get(id));
  }

  // request is a save of these fields: the controls of the others are left out,
  // so that they cannot be taken for emptied ones.
  function request(ids) {
    const data = new URLSearchParams();
    for (const [name, value] of body(form)) {
      const id = owner(name);
      if (typeof value === "string" && id && ids.includes(id)) data.append(name, value);
    }
    data.set("rev", form.elements.rev.value);
    data.set("revs", form.elements.revs.value);
    data.set("shown", ids.join(","));
    return data;
  }

  async function save(leaving) {
    clearTimeout(wait);
    if (busy) await busy;
    const ids = changed();
    if (stopped || ids.length === 0) return;
    const sent = state();
    busy = fetch(form.dataset.autosave, { method: "POST", body: request(ids), keepalive: leaving, headers: { Accept: "application/json" } })
      .then(async (r) => {
        const answer = await r.json();
        if (answer.rev) {
          for (const id of ids) { was.set(id, sent.get(id)); revs.set(id, answer.rev); }
          form.elements.revs.value = [...revs].map(([id, n]) => `${id}:${n}`).join(",");
        }
        say(answer);
      })
      .catch(() => say({ text: form.dataset.offline }))
      .finally(() => { busy = null; });
    await busy;
  }

  function say({ text, conflict, href, compare }) {
    if (!conflict) {
      if (status && text) status.textContent = text;
      return;
    }
    stopped = true; // until the person has looked: the server would only say no again
    const box = document.getElementById(form.dataset.banner);
    if (!box) return;
    box.hidden = false;
    box.querySelector("[data-text]").textContent = text;
    const button = box.querySelector("button");
    if (button) button.textContent = compare;
    const link = box.querySelector("a");
    if (link) link.href = href;
    box.focus();
  }

  const later = () => { clearTimeout(wait); wait = setTimeout(() => save(false), pause); };
  form.addEventListener("input", later);
  form.addEventListener("change", later);
  form.addEventListener("refreshed", () => { was = state(); revs.clear(); });
  form.addEventListener("submit", () => { clearTimeout(wait); stopped = true; });
  window.addEventListener("pageshow", (e) => { if (e.persisted) stopped = false; });
  window.addEventListener("pagehide", () => { save(true); });
  document.addEventListener("visibilitychange", () => { if (document.visibilityState === "hidden") save(true); });
}
