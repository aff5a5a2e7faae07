// A visit to the premises, as those see it who go and those who are visited: planned
// with two officials, confirmed on a phone, the checklist filled in on the spot,
// both sign, and the record is there as PDF for both sides.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { actFor } from "./apply.mjs";
import { launch, look, open, serve, shots, until } from "./lib.mjs";
import { account, apply, go, hygiene, png, signIn } from "./steps.mjs";

let server;
let browser;

before(async () => {
  server = await serve();
  browser = await launch();
});

after(async () => {
  await browser?.close();
  await server?.stop();
  process.stdout.write(`pictures: ${shots}\n`);
});

async function at(name, locale, width) {
  const person = await open(browser, server.base, { locale, width });
  await signIn(person, server.base, name);
  return person;
}

// accepted is an application for the hygiene permit that a clerk has accepted.
async function accepted(person, locale) {
  await actFor(person, "清和");
  await person.page.goto(`/services/${hygiene}`);
  const { id } = await apply(person);
  const clerk = await at("clerk", locale);
  await clerk.page.goto(`/staff/cases/${id}`);
  await go(clerk.page, () => clerk.page.locator('.tb-decide [formaction$="/accept"]').click());
  return id;
}

// plan arranges the visit for today with a colleague and returns its id.
async function plan(official, id) {
  const { page } = official;
  await page.goto(`/staff/cases/${id}/inquiries/visit`);
  await look(official, "visit-new");
  const second = page.locator('[name="official2"] option', { hasText: (await account(server.base, "reviewer2")).name });
  await page.locator('[name="official2"]').selectOption(await second.getAttribute("value"));
  const today = new Date(Date.now() + 8 * 3600e3).toISOString().slice(0, 10); // of Beijing
  await page.locator('[name="day"]').fill(today);
  await page.locator('[name="time"]').selectOption("09:00-11:00");
  await go(page, () => page.locator("main form button").last().click());
  await look(official, "visit-planned");
  return page.url().split("/").at(-1);
}

// record fills the checklist in on a phone, with the photos that it asks for.
async function record(official, visit) {
  const { page } = official;
  await page.goto(`/staff/inquiries/${visit}/record`);
  await look(official, "visit-checklist");
  for (const pass of await page.locator('main input[type="radio"][value="pass"]').all()) await pass.check();
  await page.locator('[name="item.staff"]').fill("0");
  await page.locator('[name="item.layout"]').fill("一层两间，消毒间单独设置。");
  for (const [n, item] of ["place", "disinfection"].entries()) {
    await page.locator(`[name="photo.${item}"]`).setInputFiles({ name: `${item}.png`, mimeType: "image/png", buffer: png });
    await page.locator("main .tb-photo").nth(n).waitFor();
  }
  await look(official, "visit-filled-in");
  await go(page, () => page.locator('button[value="done"]').click());
  await look(official, "visit-recorded");
}

async function sign(official, visit) {
  const { page } = official;
  await page.goto(`/staff/inquiries/${visit}`);
  await go(page, () => page.locator('form[action$="/sign"] button').click());
  await look(official, "visit-signed");
}

// present says that the person who was there left without signing.
async function present(official, visit, reason) {
  const { page } = official;
  await page.goto(`/staff/inquiries/${visit}`);
  const form = page.locator('form[action$="/present"]');
  await form.evaluate((e) => e.closest("details").setAttribute("open", ""));
  await form.locator('[name="name"]').fill("林晓梅");
  await form.locator('[name="how"]').last().check();
  await form.locator('[name="reason"]').fill(reason);
  await go(page, () => form.locator("button").click());
  await look(official, "visit-present");
}

async function visited(locale) {
  const lin = await at("lin", locale, 360);
  const id = await accepted(lin, locale);
  const first = await at("reviewer1", locale, 1280);
  const visit = await plan(first, id);
  await lin.page.goto(`/visits/${visit}`);
  await look(lin, "visit-invited");
  await go(lin.page, () => lin.page.locator('form[action$="/confirm"] button').click());
  await look(lin, "visit-confirmed");

  const phone = await at("reviewer1", locale, 360);
  await record(phone, visit);
  await sign(phone, visit);
  const second = await at("reviewer2", locale, 360);
  await sign(second, visit);
  await present(second, visit, "有事先走，没有签字。");
  await first.page.goto(`/staff/inquiries/${visit}`);
  await look(first, "visit-over");
  await paper(first, `/staff/cases/${id}`);
  await lin.page.goto(`/visits/${visit}`);
  await look(lin, "visit-result");
  await paper(lin, `/cases/${id}`);
  await first.page.goto("/staff/inquiries");
  await look(first, "visit-list");
}

// paper opens the record that both signed, which lies with the papers of the case.
async function paper({ page }, path) {
  const link = await until("the record of the visit", async () => {
    await page.goto(path);
    const record = page.locator('main a[href*="/documents/"]', { hasText: /现场核查|[Ss]ite visit/ });
    return (await record.count()) ? record.first().getAttribute("href") : "";
  });
  const file = await page.request.get(link);
  assert.equal((await file.body()).subarray(0, 5).toString(), "%PDF-", `${link} is no PDF`);
}

for (const locale of ["zh-CN", "en"]) test(`a visit by two officials, ${locale}`, () => visited(locale));
