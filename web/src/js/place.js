// place asks for the next level as soon as one is chosen.
export function place(box) {
  const button = box.querySelector(".tb-place__next button");
  if (!button) return;
  button.hidden = true;
  let wait;
  for (const select of box.querySelectorAll("select[data-level]")) {
    select.addEventListener("change", () => {
      // With the keyboard a closed list changes at each key: wait until it rests.
      clearTimeout(wait);
      wait = setTimeout(() => select.form.requestSubmit(button), 350);
    });
  }
  // Enter in the search field searches; it does not leave the page.
  const q = box.querySelector(".tb-place__find input");
  q?.addEventListener("keydown", (e) => {
    if (e.key !== "Enter" || e.isComposing) return;
    e.preventDefault();
    q.form.requestSubmit(box.querySelector(".tb-place__find button"));
  });
}

// point offers where the person is now.
export function point(box) {
  const button = box.querySelector("[data-locate]");
  if (!button || !navigator.geolocation) return;
  const status = box.querySelector('[role="status"]');
  const [lat, lon] = box.querySelectorAll("input");
  button.parentElement.hidden = false;
  button.addEventListener("click", () => {
    status.textContent = button.dataset.wait;
    navigator.geolocation.getCurrentPosition((p) => {
      lat.value = p.coords.latitude.toFixed(6);
      lon.value = p.coords.longitude.toFixed(6);
      status.textContent = button.dataset.found;
      lat.dispatchEvent(new Event("input", { bubbles: true }));
    }, () => { status.textContent = button.dataset.failed; }, { enableHighAccuracy: true, timeout: 15000 });
  });
}
