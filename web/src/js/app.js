// Everything here only makes pages nicer: each page works without it.
import { guard } from "./guard.js";
import { suggest } from "./suggest.js";
import { upload } from "./upload.js";

function enhance() {
  document.querySelector("[data-focus]")?.focus();
  for (const form of document.querySelectorAll('form[method="post"]')) {
    const files = form.querySelector("[data-upload]");
    if (files) upload(form, enhance);
    else guard(form);
  }
  for (const input of document.querySelectorAll("input[data-suggest]")) suggest(input);
  for (const button of document.querySelectorAll("[data-print]")) {
    button.hidden = false;
    button.addEventListener("click", () => window.print());
  }
}

enhance();
