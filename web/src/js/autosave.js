// autosave sends the form to data-autosave a moment after a change, and says so
// in [data-autosave-status], whose data-saved and data-failed hold the words.
export function autosave(form) {
  const status = form.querySelector("[data-autosave-status]");
  let wait;
  let leaving = false;

  async function save() {
    try {
      const r = await fetch(form.dataset.autosave, { method: "POST", body: new URLSearchParams(new FormData(form)) });
      if (status && !leaving) status.textContent = r.ok ? status.dataset.saved : status.dataset.failed;
    } catch {
      if (status && !leaving) status.textContent = status.dataset.failed;
    }
  }

  form.addEventListener("input", () => { clearTimeout(wait); wait = setTimeout(save, 1500); });
  form.addEventListener("submit", () => { leaving = true; clearTimeout(wait); });
}
