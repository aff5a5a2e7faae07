// sign lets a person draw the signature. The path goes with the form; the typed
// name below stays as the other way.
export function sign(box) {
  const canvas = box.querySelector("canvas");
  const hidden = box.querySelector('input[type="hidden"]');
  const keyed = box.querySelector('input[type="text"]');
  const label = box.querySelector("label[data-or]");
  const status = box.querySelector("[data-done]");
  const pen = canvas.getContext("2d");
  if (!pen) return;
  box.querySelector(".tb-sign__draw").hidden = false;
  if (label) label.textContent = label.dataset.or;
  let strokes = read(hidden.value);
  let down = false;

  const ink = () => getComputedStyle(canvas).color;

  function paint() {
    pen.clearRect(0, 0, canvas.width, canvas.height);
    pen.lineWidth = 3; pen.lineCap = "round"; pen.lineJoin = "round"; pen.strokeStyle = ink();
    for (const s of strokes) {
      pen.beginPath();
      s.forEach(([x, y], i) => (i ? pen.lineTo(x, y) : pen.moveTo(x, y)));
      if (s.length === 1) pen.lineTo(s[0][0] + 0.1, s[0][1]);
      pen.stroke();
    }
  }

  function at(e) {
    const r = canvas.getBoundingClientRect();
    const clip = (v, max) => Math.min(Math.max(Math.round(v), 0), max);
    return [clip(((e.clientX - r.left) * canvas.width) / r.width, canvas.width), clip(((e.clientY - r.top) * canvas.height) / r.height, canvas.height)];
  }

  function done() {
    // A stroke of one point is a dot; a line of no length is drawn as one.
    hidden.value = strokes.map((s) => (s.length === 1 ? [s[0], s[0]] : s)).map((s) => "M" + s.map((p) => p.join(" ")).join("L")).join("");
    status.textContent = strokes.length ? status.dataset.done : "";
    hidden.dispatchEvent(new Event("input", { bubbles: true }));
  }

  canvas.addEventListener("pointerdown", (e) => {
    e.preventDefault();
    canvas.setPointerCapture(e.pointerId);
    down = true;
    strokes.push([at(e)]);
    paint();
  });
  canvas.addEventListener("pointermove", (e) => {
    if (!down) return;
    const s = strokes.at(-1);
    const p = at(e);
    if (Math.hypot(p[0] - s.at(-1)[0], p[1] - s.at(-1)[1]) < 3) return; // as fine as the pen is wide
    s.push(p);
    paint();
  });
  for (const end of ["pointerup", "pointercancel"]) {
    canvas.addEventListener(end, () => { if (down) { down = false; done(); } });
  }
  box.querySelector("[data-clear]").addEventListener("click", () => { strokes = []; paint(); done(); keyed?.focus(); });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", paint);
  paint();
  if (strokes.length) status.textContent = status.dataset.done;
}

// read turns a path back into strokes.
function read(path) {
  return path.split("M").filter(Boolean).map((s) => s.split("L").map((p) => p.trim().split(/[ ,]+/).map(Number)));
}
