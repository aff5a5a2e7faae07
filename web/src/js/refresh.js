// refresh sends a form by a button with data-refresh and renews only the part
// of the page that the button names: another row, the next level of a place.
// What was typed elsewhere on the page stays as it is.
export function refresh(form, enhance) {
  let latest = 0;
  form.addEventListener("submit", async (event) => {
    const button = event.submitter;
    const id = button?.dataset.refresh;
    if (!id || !document.getElementById(id)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    const mine = ++latest;
    const focus = document.activeElement?.id;
    const old = document.getElementById(id);
    old.setAttribute("aria-busy", "true");
    let answer;
    try {
      const r = await fetch(button.getAttribute("formaction") || form.getAttribute("action"), { method: "POST", body: body(form, button), headers: { "X-Requested-With": "fetch" } });
      answer = { url: r.url, page: new DOMParser().parseFromString(await r.text(), "text/html") };
    } catch {
      // Offline: let the browser send it and say so itself.
      form.noValidate = true;
      const hidden = document.createElement("input");
      hidden.type = "hidden"; hidden.name = button.name; hidden.value = button.value;
      form.append(hidden);
      form.submit();
      return;
    }
    if (mine !== latest) return;
    show(form, id, answer, focus, enhance);
  }, true);
}

// body is what the browser would send.
export function body(form, button) {
  const data = new FormData(form, button);
  return form.enctype === "multipart/form-data" ? data : new URLSearchParams(data);
}

function show(form, id, { url, page }, focus, enhance) {
  const fresh = page.getElementById(id);
  if (!fresh || !page.getElementById(form.id)) {
    // Another page came back: a conflict, the sign-in page.
    replace(page, url, enhance);
    return;
  }
  document.getElementById(id).replaceWith(document.adoptNode(fresh));
  for (const name of ["rev", "revs", "shown"]) {
    const from = page.querySelector(`#${CSS.escape(form.id)} input[name="${name}"]`);
    const to = form.querySelector(`input[name="${name}"]`);
    if (from && to) to.value = from.value;
  }
  enhance(fresh);
  form.dispatchEvent(new CustomEvent("refreshed"));
  const target = fresh.querySelector("[data-focus]") || document.getElementById(focus) || fresh.querySelector("input:not([type=hidden]), select, textarea, button");
  target?.focus();
}

// replace shows a whole page that a request brought, as if the browser had gone there.
export function replace(page, url, enhance) {
  if (url && new URL(url).pathname !== location.pathname) history.pushState(null, "", url);
  document.title = page.title;
  document.body.replaceWith(document.adoptNode(page.body));
  enhance(document);
  if (!document.querySelector("[data-focus]")) window.scrollTo(0, 0);
}
