// Everything here only makes pages nicer: each page works without it.
import { autosave } from "./autosave.js";
import { desk, phrases } from "./desk.js";
import { guard } from "./guard.js";
import { keys } from "./keys.js";
import { live, menu } from "./live.js";
import { place, point } from "./place.js";
import { record } from "./record.js";
import { refresh } from "./refresh.js";
import { resume } from "./resume.js";
import { sign } from "./sign.js";
import { suggest } from "./suggest.js";
import { upload } from "./upload.js";

// enhance makes a page nicer, or the part of it that was renewed.
function enhance(root = document) {
  if (root === document) {
    document.querySelector("[data-focus]")?.focus();
    for (const form of document.querySelectorAll('form[method="post"]')) {
      if (form.querySelector("[data-refresh], [data-resume]") || form.matches("[data-autosave]")) refresh(form, enhance);
      if (form.querySelector("[data-upload]")) upload(form, enhance);
      else guard(form);
      if (form.matches("[data-autosave]")) autosave(form);
      if (form.matches("[data-record]")) record(form);
    }
  }
  for (const table of root.querySelectorAll("table[data-keys]")) keys(table);
  for (const box of root.querySelectorAll("[data-live]")) live(box);
  for (const box of root.querySelectorAll("details[data-menu]")) menu(box);
  for (const form of root.querySelectorAll("form[data-desk]")) desk(form);
  for (const picker of root.querySelectorAll("[data-phrases]")) phrases(picker);
  for (const input of root.querySelectorAll("input[data-suggest]")) suggest(input);
  for (const box of root.querySelectorAll("[data-place]")) place(box);
  for (const box of root.querySelectorAll("[data-point]")) point(box);
  for (const box of root.querySelectorAll("[data-sign]")) sign(box);
  for (const box of root.querySelectorAll("[data-resume]")) resume(box);
  for (const button of root.querySelectorAll("[data-copy]")) {
    if (!navigator.clipboard) continue;
    button.hidden = false;
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(button.dataset.copy);
      button.textContent = button.dataset.copied;
    });
  }
  for (const button of root.querySelectorAll("[data-print]")) {
    button.hidden = false;
    button.addEventListener("click", () => window.print());
  }
}

enhance();
