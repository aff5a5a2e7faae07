// resume sends chosen files at once, in pieces: the server says which byte comes
// next, so a line that breaks or a page that is loaded again costs one piece.
// Without it the form sends the files whole.
const piece = 1 << 20;

export function resume(box) {
  const input = box.querySelector('input[type="file"]');
  const form = input?.form;
  if (!form || !window.fetch) return;
  const { resume: url, pending, material, part, max } = box.dataset;
  const words = (name) => box.dataset["words" + name];
  const list = document.createElement("ul");
  list.className = "tb-queue";
  list.setAttribute("aria-live", "polite");
  box.append(list);
  const queue = [];
  let busy = false;
  let next = null; // the button pressed meanwhile

  input.addEventListener("change", () => {
    for (const file of input.files) queue.push({ file, ...line(file) });
    input.value = "";
    run();
  });

  // Who presses a button while files are on their way goes on when they are there.
  form.addEventListener("submit", (e) => {
    if (!busy) return;
    e.preventDefault();
    e.stopImmediatePropagation();
    next = e.submitter;
    next?.setAttribute("aria-busy", "true");
  }, true);
  window.addEventListener("beforeunload", (e) => { if (busy) e.preventDefault(); });

  function line(file) {
    const li = document.createElement("li");
    const name = document.createElement("span");
    name.textContent = file.name + " ";
    const say = document.createElement("span");
    say.className = "tb-muted";
    say.textContent = words("Waiting");
    const bar = document.createElement("progress");
    bar.className = "tb-progressbar";
    bar.max = 1;
    bar.value = 0;
    bar.setAttribute("aria-label", file.name);
    li.append(name, say, bar);
    list.append(li);
    return { li, say, bar };
  }

  function fail(item, text) {
    item.bar.remove();
    item.say.className = "tb-bad";
    item.say.textContent = text;
  }

  async function run() {
    if (busy) return;
    busy = true;
    let done = 0;
    while (queue.length) {
      const item = queue.shift();
      if (item.file.size > +max) {
        fail(item, words("Large"));
        continue;
      }
      try {
        await send(item);
        item.li.remove();
        done++;
      } catch (e) {
        fail(item, e.message);
      }
    }
    busy = false;
    if (next) {
      next.removeAttribute("aria-busy");
      form.requestSubmit(next);
    } else if (done) {
      renew();
    }
  }

  // renew has the server draw the list of files again.
  function renew() {
    const button = document.createElement("button");
    button.type = "submit";
    button.name = "do";
    button.value = "upload";
    button.hidden = true;
    button.dataset.refresh = part;
    form.append(button);
    // What failed is still to be read after the list was drawn.
    const failed = [...list.children];
    form.addEventListener("refreshed", () => {
      document.getElementById(part)?.querySelector("[data-resume] .tb-queue")?.append(...failed);
    }, { once: true });
    form.requestSubmit(button);
    button.remove();
  }

  async function send(item) {
    const { file } = item;
    item.say.textContent = words("Sending");
    let at = await begun(file) || await call(url, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ name: file.name, size: file.size }) });
    const here = `${pending}/${encodeURIComponent(at.id)}`;
    for (let wait = 1000; at.offset < file.size;) {
      item.bar.value = at.offset / file.size;
      try {
        at = await call(`${here}?offset=${at.offset}`, { method: "PATCH", headers: { "Content-Type": "application/octet-stream" }, body: file.slice(at.offset, at.offset + piece) });
        wait = 1000;
        item.say.textContent = words("Sending");
      } catch (e) {
        if (e.status && e.status < 500 && e.status !== 409) throw e;
        // The line broke, or another piece was expected: ask where to go on.
        item.say.textContent = words("Retry");
        await pause(wait);
        wait = Math.min(wait * 2, 15000);
        at = await begun(file).catch(() => null) || at;
      }
    }
    item.bar.value = 1;
    await call(here + "/finish", { method: "POST" });
  }

  // begun finds a file that was on its way before.
  async function begun(file) {
    const { uploads } = await call(pending, {});
    return uploads.find((u) => u.material === material && u.name === file.name && u.size === file.size);
  }

  async function call(to, options) {
    const r = await fetch(to, { ...options, headers: { Accept: "application/json", "Accept-Language": document.documentElement.lang, ...options.headers } });
    const body = r.status === 204 ? {} : await r.json().catch(() => ({}));
    if (r.ok) return body;
    throw Object.assign(new Error(body.detail || body.title || words("Retry")), { status: r.status });
  }

  function pause(ms) {
    return new Promise((go) => {
      const t = setTimeout(go, ms);
      window.addEventListener("online", () => { clearTimeout(t); go(); }, { once: true });
    });
  }
}
