// guard stops a second click from sending a form twice. The server is safe
// against it anyway; this spares people the confusing second answer.
export function guard(form) {
  let sent = false;
  form.addEventListener("submit", (event) => {
    if (sent) {
      event.preventDefault();
      return;
    }
    sent = true;
    event.submitter?.setAttribute("aria-busy", "true");
  });
  // Back from the next page (bfcache): the form may be sent again.
  window.addEventListener("pageshow", () => {
    sent = false;
    for (const b of form.querySelectorAll("[aria-busy]")) b.removeAttribute("aria-busy");
  });
}
