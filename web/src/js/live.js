// live renews a part of the page by itself: a call screen, a ticket on the phone,
// the card that a reader has just read. Nothing jumps: only what changed is
// replaced, and never while somebody works in it.
export function live(box) {
  const every = Number(box.dataset.live) * 1000;
  let spoken = box.querySelector("[data-say]")?.dataset.call;
  let left = Number(box.dataset.liveTimes) || Infinity;
  const renew = async () => {
    if (document.hidden || left-- <= 0) return;
    try {
      const r = await fetch(location.href, { headers: { "X-Requested-With": "fetch" } });
      if (!r.ok) return;
      const fresh = new DOMParser().parseFromString(await r.text(), "text/html").getElementById(box.id);
      if (!fresh || fresh.innerHTML === box.innerHTML || box.contains(document.activeElement)) return;
      box.replaceChildren(...document.adoptNode(fresh).childNodes);
    } catch {
      return; // offline: what is shown stays
    }
    const say = box.querySelector("[data-say]");
    if (say?.dataset.say && say.dataset.call !== spoken) speak(say.dataset.say);
    spoken = say?.dataset.call;
  };
  setInterval(renew, every);
}

function speak(text) {
  if (!window.speechSynthesis) return;
  const words = new SpeechSynthesisUtterance(text);
  words.lang = document.documentElement.lang;
  speechSynthesis.speak(words);
}

// menu closes a folded menu with Escape, and when somebody goes elsewhere.
export function menu(box) {
  box.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !box.open) return;
    box.open = false;
    box.querySelector("summary").focus();
  });
  document.addEventListener("click", (event) => {
    if (!box.contains(event.target)) box.open = false;
  });
  box.addEventListener("focusout", (event) => {
    if (event.relatedTarget && !box.contains(event.relatedTarget)) box.open = false;
  });
}
