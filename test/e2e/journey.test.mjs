// From a search to a licence that verifies and a rating, as people do it.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launch, look, open, serve, until } from "./lib.mjs";
import { apply, decide, go, hygiene, signIn } from "./steps.mjs";

let server;
let browser;
const desk = [];

before(async () => {
  server = await serve();
  browser = await launch();
  for (const name of ["clerk", "reviewer1", "reviewer2", "approver"]) {
    const person = await open(browser, server.base);
    await signIn(person, server.base, name);
    desk.push({ name, person });
  }
});

after(async () => {
  await browser?.close();
  await server?.stop();
});

// Nobody delivers: an electronic licence is delivered once it is issued.
const order = ["accept", "review", "countersign", "approve"];
const words = { "zh-CN": "理发店", en: "hairdresser" };

// The staff read the language of the journey.
async function deskIn(locale) {
  for (const d of desk) {
    d.person.locale = locale;
    await d.person.context.addCookies([{ name: "tb_prefs", value: `lang=${locale}`, url: server.base }]);
  }
}

async function journey({ locale, width, js = true }) {
  await deskIn(locale);
  const person = await open(browser, server.base, { locale, width, js });
  const { page } = person;
  await page.goto("/");
  await look(person, "home");
  await page.locator("#q").fill(words[locale]);
  await go(page, () => page.locator('form[role="search"] button').click());
  await look(person, "search");
  const found = page.locator('main a[href^="/services/"]').first();
  assert.ok((await found.getAttribute("href")).includes(hygiene), "the right service is not the first");
  await go(page, () => found.click());
  await look(person, "guide");

  // Applying asks to sign in, and goes on afterwards.
  await go(page, () => page.locator('form[action^="/apply/"] button').first().click());
  await look(person, "signin");
  await signIn(person, server.base, "lin");
  await actForCompany(person);
  await page.goto(`/services/${hygiene}`);
  const filed = await apply(person);
  await stranger({ locale, width, js }, filed);

  await page.goto(`/cases/${filed.id}`);
  await look(person, "case-filed");
  await page.goto(`/cases/${filed.id}/why`);
  await look(person, "why");
  const done = await decide(desk, filed.id, order);
  assert.deepEqual(done, order);
  await until("the delivery", async () => (await (await page.request.get(`/api/v1/cases/${filed.id}`)).json()).state === "DELIVERED");

  await page.goto("/cases");
  await look(person, "cases");
  await page.goto(`/cases/${filed.id}`);
  await look(person, "case-done");
  const identifier = await licence(person);
  await verify({ locale, width, js }, identifier);
  await rate(person, filed);
  await page.goto("/inbox");
  await look(person, "inbox");
  await page.goto("/account");
  await look(person, "account");
  await person.context.close();
}

async function actForCompany(person) {
  const { page } = person;
  await page.goto("/account");
  await look(person, "account-acting");
  const company = page.locator('main form[action="/account/acting"] input[name="party"]:not([value=""])').first();
  if (await company.count()) {
    await company.check();
    await go(page, () => page.locator('main form[action="/account/acting"] button').click());
  }
}

// A stranger asks for progress with number and code, and sees no more than that.
async function stranger(options, filed) {
  const person = await open(browser, server.base, options);
  const { page } = person;
  await page.goto("/progress");
  await look(person, "progress-form");
  await page.locator('[name="number"]').fill(filed.number);
  await page.locator('[name="code"]').fill(filed.code);
  await go(page, () => page.locator('main form button[type="submit"], main form button:not([type])').first().click());
  const seen = await look(person, "progress");
  assert.ok(!seen.text.includes("13800138000"), "the phone number is shown to strangers");
  await page.goto(`/cases/${filed.id}`);
  assert.match(page.url(), /\/signin\?next=/);
  await person.context.close();
}

async function licence(person) {
  const { page } = person;
  await page.goto("/licences");
  await look(person, "licences");
  await go(page, () => page.locator('main a[href^="/licences/"]').first().click());
  await look(person, "licence");
  const pdf = await page.request.get(page.url().split("?")[0] + "/pdf");
  assert.equal(pdf.headers()["content-type"], "application/pdf");
  assert.equal((await pdf.body()).subarray(0, 5).toString(), "%PDF-");
  const [identifier] = /1\.2\.156\.[0-9A-Z.]+/.exec(await page.locator("main").innerText()) ?? assert.fail("no identifier");
  return "/verify/" + identifier;
}

async function verify(options, path) {
  const person = await open(browser, server.base, options);
  const { page } = person;
  await page.goto("/verify");
  await look(person, "verify-form");
  const answer = await page.goto(path);
  assert.equal(answer.status(), 200);
  await look(person, "verify");
  assert.ok(await page.locator(".tb-verdict").count(), "no verdict");
  assert.equal(await page.locator(".tb-verdict--bad").count(), 0);
  await person.context.close();
}

async function rate(person, filed) {
  const { page } = person;
  await page.goto(`/cases/${filed.id}/rate`);
  await look(person, "rate");
  await page.locator('input[name="satisfaction"][value="1"]').check();
  await go(page, () => page.locator('form[action$="/rate"] button[type="submit"]').click());
  await look(person, "rated");
}

for (const [name, options] of Object.entries({
  "in Chinese on a phone": { locale: "zh-CN", width: 360 },
  "in English on a desk": { locale: "en", width: 1280 },
  "in Chinese on a phone without script": { locale: "zh-CN", width: 360, js: false },
})) test(`journey ${name}`, () => journey(options));
