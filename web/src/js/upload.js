// upload sends a form with files and shows how far it is. The answer is shown
// as if the browser had sent the form itself.
export function upload(form, enhance) {
  let running = false;
  form.addEventListener("submit", (event) => {
    const submitter = event.submitter;
    const chosen = [...form.querySelectorAll('input[type="file"]')].some((i) => i.files.length > 0);
    if (running) {
      event.preventDefault();
      return;
    }
    if (!chosen) return;
    event.preventDefault();
    running = true;
    submitter?.setAttribute("aria-busy", "true");

    const bar = document.createElement("progress");
    bar.className = "tb-progressbar";
    bar.max = 1;
    bar.value = 0;
    bar.setAttribute("aria-label", form.querySelector("[data-upload] label")?.textContent.trim() ?? "");
    form.querySelector("[data-upload]").append(bar);

    const xhr = new XMLHttpRequest();
    xhr.open("POST", submitter?.getAttribute("formaction") || form.getAttribute("action") || location.href); // form.action may be a field of that name
    xhr.upload.addEventListener("progress", (e) => { if (e.lengthComputable) bar.value = e.loaded / e.total; });
    xhr.addEventListener("load", () => {
      if (xhr.status < 400) {
        location.assign(xhr.responseURL);
        if (new URL(xhr.responseURL).hash || xhr.responseURL === location.href) location.reload();
        return;
      }
      const page = new DOMParser().parseFromString(xhr.responseText, "text/html");
      document.title = page.title;
      document.body.replaceWith(document.adoptNode(page.body));
      enhance();
      if (!document.querySelector("[data-focus]")) window.scrollTo(0, 0);
    });
    // A broken connection: let the browser try, and show its own message.
    xhr.addEventListener("error", () => { running = false; bar.remove(); form.submit(); });
    xhr.send(new FormData(form, submitter));
  });
}
