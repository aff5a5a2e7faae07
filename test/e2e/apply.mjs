// Applying for any service: a person goes from the guide through every page that
// is asked, whatever its kind, and sends. What to answer is told by the name of
// the control; a control nobody answers for fails the test by its name.
import assert from "node:assert/strict";
import { look } from "./lib.mjs";
import { go, handIn, pdf, png } from "./steps.mjs";

// onward presses the button that saves and goes on.
async function onward(page) {
  const named = page.locator('main form button[value="next"]:not([tabindex="-1"]):visible');
  const button = await named.count() ? named : page.locator("main form button.govuk-button");
  await go(page, () => button.first().click(), null);
}

// fill answers every control of the page that is shown.
export async function fill(page, answers) {
  const names = await page.locator("main form [name]").evaluateAll((all) =>
    [...new Set(all.filter((e) => !["hidden", "submit", "button", "file"].includes(e.type) && e.tagName !== "BUTTON").map((e) => e.name))]);
  for (const name of names) {
    const field = page.locator(`main form [name="${name}"]`);
    const { kind, filled } = await field.first().evaluate((e) => ({ kind: e.type, filled: e.value }));
    const value = answers[name];
    if (value === undefined) {
      const free = ["text", "email", "textarea", "number", "search", "tel"].includes(kind) || (kind === "select-one" && filled);
      assert.ok(free, `nobody said what to answer to ${name} (${kind}) at ${page.url()}`);
      continue;
    }
    if (kind === "radio" || kind === "checkbox") {
      for (const one of [value].flat()) await page.locator(`main form [name="${name}"][value="${one}"]`).check();
    } else if (kind === "select-one") await field.first().selectOption(value);
    else await field.first().fill(value);
  }
}

// fillIn goes through the application until everything is done, and stands at the
// last check. plan: answers by control, files by material ("png"), ways by
// material ("owed").
export async function fillIn(person, plan) {
  const { page } = person;
  const seen = new Map();
  for (let i = 0; ; i++) {
    assert.ok(i < 90, `went in a circle at ${page.url()}`);
    const path = new URL(page.url()).pathname;
    if (path.endsWith("/check")) return;
    const times = (seen.get(path) ?? 0) + 1;
    seen.set(path, times);
    if (times > 7) assert.fail(`cannot leave ${path}: ${(await page.locator(".govuk-error-summary").allInnerTexts()).join()}`);
    if (times === 1) await look(person, `${plan.name}-${path.split("/").slice(3).join("-") || "tasks"}`);
    if (/\/drafts\/[^/]+$/.test(path)) await fromTasks(page);
    else if (path.includes("/materials/")) await hand(person, plan, path.split("/").at(-1));
    else await oneThing(person, plan, path);
  }
}

async function fromTasks(page) {
  const check = page.locator('main a[href$="/check"]');
  await go(page, () => (check.count().then((n) => (n ? check : page.locator("main a.govuk-button").first()).first().click())));
}

// oneThing answers a page; a page that grows by an answer (a place, a row) comes
// back and is answered again.
async function oneThing(person, plan, path) {
  const { page } = person;
  const id = path.split("/").at(-1);
  if (id === "consent") {
    for (const box of await page.locator('input[type="radio"][value="' + (plan.consent ?? "yes") + '"]').all()) await box.check();
  } else if (path.includes("/commitment")) { // of the service, or of a part
    await page.locator(`input[name="commit"][value="${plan.commit ?? "no"}"]`).check();
  } else {
    await fill(page, plan.answers);
    await photograph(person);
  }
  await onward(page);
}

// photograph hands in a picture where the page asks for one and has none.
async function photograph(person) {
  const input = person.page.locator('main form input[type="file"]');
  if (!await input.count() || await person.page.locator("main .tb-files li").count()) return;
  await handIn(person, input.first(), { name: "照片.png", mimeType: "image/png", buffer: png });
}

async function hand(person, plan, material) {
  const { page } = person;
  const way = plan.ways?.[material];
  if (way && !new URL(page.url()).searchParams.get("way")) await go(page, () => page.locator(`main a[href*="way=${way}"]`).click());
  if (!way) {
    const input = page.locator('main input[type="file"]');
    const listed = await page.locator("main .tb-files li").count();
    if (!listed && await input.count()) {
      await handIn(person, input.first(), plan.files?.[material] === "png"
        ? { name: "照片.png", mimeType: "image/png", buffer: png }
        : { name: "材料.pdf", mimeType: "application/pdf", buffer: pdf });
    }
  } else {
    for (const box of await page.locator('main form input[type="checkbox"], main form input[type="radio"]').all()) await box.check();
  }
  await onward(page);
}

// begin starts a fresh application for the service that the person stands before.
export async function begin(person, item) {
  const { page } = person;
  await page.goto(`/services/${item}`);
  await look(person, "guide-of-" + item.slice(0, 12));
  await go(page, () => page.locator(`form[action="/apply/${item}"] button`).first().click());
  if (page.url().includes("/apply/")) {
    const anew = page.locator('main form[action^="/apply/"] button');
    await go(page, () => anew.last().click());
  }
  assert.match(page.url(), /\/drafts\/[^/]+/);
}

// send presses the button of the last check, with every box ticked.
export async function send(person) {
  const { page } = person;
  const form = page.locator('form[action$="/submit"]');
  for (const box of await form.locator('input[type="checkbox"]').all()) await box.check();
  await go(page, () => form.locator("button").first().click());
}

// sign signs the application that waits for this person, after their own pages.
export async function sign(person, plan) {
  const { page } = person;
  await page.goto("/signatures");
  await look(person, `${plan.name}-to-sign`);
  await go(page, () => page.locator('main a[href^="/signatures/"]').first().click());
  const home = page.url();
  for (let i = 0; i < 10; i++) {
    const own = page.locator('.govuk-task-list a[href*="/pages/"], .govuk-task-list a[href*="/materials/"]');
    if (await page.locator('[name="mark"]').count()) break;
    await go(page, () => own.nth(i).click());
    await fill(page, plan.answers);
    await onward(page);
    if (page.url() !== home) await page.goto(home);
  }
  await look(person, `${plan.name}-signature`);
  await page.locator('[name="mark"]').fill(plan.mark);
  await go(page, () => page.locator('button[name="do"][value="sign"]').click());
  await look(person, `${plan.name}-signed`);
}

// actFor switches to whom the person acts for; what names them is on the page.
export async function actFor(person, words) {
  const { page } = person;
  await page.goto("/account");
  const choice = page.locator('main form[action="/account/acting"] .govuk-radios__item').filter({ hasText: words });
  await choice.locator("input").check();
  await go(page, () => page.locator('main form[action="/account/acting"] button').click());
  await look(person, "acting-for");
}
