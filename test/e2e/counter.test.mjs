// The integrated counter as everybody in a hall sees it: tickets, the window, a
// person without an account, a person who began online and goes on online, papers,
// the shelf, a neighbouring district, and what could not be done.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { begin, fillIn, send } from "./apply.mjs";
import { compare, confirm, end, press, scan, see, sit, take } from "./hall.mjs";
import { launch, look, open, serve } from "./lib.mjs";
import { disability, shopSign } from "./plans.mjs";
import { dated, day, go, signIn } from "./steps.mjs";

const sign = "512017432001-511602000000-000-11511301MB0T669970-1-00";
const certificate = "511F82001002-511602000000-000-11511301452259996U-1-00";
// An invented number: a sequence of 000 is not given out.
const walkIn = { number: "51160219850615000X", name: "唐秀兰" };

let server;
let browser;

before(async () => {
  server = await serve();
  browser = await launch();
});

after(async () => {
  await browser?.close();
  await server?.stop();
});

// at opens the window of somebody at work, or the phone of a resident.
async function at(name, locale, width = 1280) {
  const person = await open(browser, server.base, { locale, width });
  if (name) await signIn(person, server.base, name);
  return person;
}

const leave = (...people) => Promise.all(people.map((p) => p.context.close()));

// take a step at the desk of a case.
async function decide(person, id, action, given = {}) {
  const { page } = person;
  await page.goto(`/staff/cases/${id}`);
  for (const [name, value] of Object.entries({ opinion: "材料齐全，建议准予。Complete.", ...given })) {
    const field = page.locator(`main [name="${name}"]`).first();
    if (!await field.count()) continue;
    const kind = await field.evaluate((e) => { e.closest("details")?.setAttribute("open", ""); return e.type; });
    if (kind === "radio") await page.locator(`main [name="${name}"][value="${value}"]`).check();
    else if (kind === "select-one") await field.selectOption(value);
    else await field.fill(value);
  }
  await look(person, `counter-before-${action}`);
  await go(page, () => page.locator(`.tb-decide [formaction$="/${action}"]`).first().click());
  assert.ok(!page.url().endsWith(`/${action}`), `${action} was not taken: ${await page.locator(".govuk-error-summary").allInnerTexts()}`);
}

// A person without an account: ticket, window, form, original, signature, receipt,
// acceptance; then the papers go to the department.
async function walksIn(locale) {
  const kiosk = await at("", locale);
  const number = await take(kiosk, "guangan", "A");
  const clerk = await at("window1", locale);
  await sit(clerk, "guangan-1");
  await press(clerk, "next");
  assert.ok((await look(clerk, "counter-called")).text.includes(number), "another number was called");
  await kiosk.page.goto("/halls/guangan/screen");
  assert.ok((await look(kiosk, "counter-screen")).text.includes(number), "the screen does not call the number");
  await see(clerk, walkIn.number, walkIn.name);

  const { page } = clerk;
  await page.locator('form[action="/services"] [name="q"]').fill("招牌");
  await go(page, () => page.locator('form[action="/services"] button').click());
  await look(clerk, "counter-found");
  await begin(clerk, sign);
  const draft = page.url().split("/").at(-1);
  await fillIn(clerk, shopSign);
  await compare(clerk, draft, "kept");
  await confirm(clerk, draft);
  await send(clerk);
  const id = page.url().split("/").at(-2);
  await look(clerk, "counter-receipt");
  await page.goto(`/cases/${id}/print`);
  await look(clerk, "counter-printed");
  await decide(clerk, id, "accept");
  await look(clerk, "counter-accepted");
  await end(clerk, walkIn.name, `/cases/${id}`);
  await page.goto(`/drafts/${draft}`);
  assert.ok(!(await page.locator("body").innerText()).includes(walkIn.name), "the application is still open to the clerk");
  await leave(kiosk);
  return clerk;
}

// The papers go to the department on a list, which the department confirms.
async function handsOver(clerk, locale) {
  const { page } = clerk;
  await page.goto("/staff/counter/handovers");
  await look(clerk, "counter-handovers");
  await go(page, () => page.locator('form[action="/staff/counter/handovers"] button').first().click());
  const list = new URL(page.url()).pathname;
  assert.match(list, /handovers\/.+/);
  await look(clerk, "counter-list", { elder: true });
  const city = await at("city", locale);
  await city.page.goto(list);
  await look(city, "counter-list-comes");
  await go(city.page, () => city.page.locator('main form[novalidate] button[type="submit"]').first().click());
  await look(city, "counter-list-taken");
  await clerk.page.goto(list);
  await look(clerk, "counter-list-confirmed");
  await leave(city);
}

// Begun online, continued and handed in at the window, looked after online; the
// result lies on the shelf and is picked up with a code.
async function onlineAndBack(locale) {
  const zhou = await at("zhou", locale, 360);
  await begin(zhou, certificate);
  await fillIn(zhou, disability);
  const draft = zhou.page.url().split("/").at(-2);

  const clerk = await at("window2", locale);
  await sit(clerk, "guangan-2");
  await scan(clerk, zhou);
  await go(clerk.page, () => clerk.page.locator(`main a[href="/drafts/${draft}"]`).click());
  await look(clerk, "counter-draft");
  await compare(clerk, draft, "returned");
  await confirm(clerk, draft);
  await send(clerk);
  const id = clerk.page.url().split("/").at(-2);
  await decide(clerk, id, "accept");
  await end(clerk, "周淑芬", `/cases/${id}`);

  await zhou.page.goto(`/cases/${id}`);
  const seen = await look(zhou, "counter-online");
  assert.match(seen.text, /窗口|counter/, "the person is not told that it was taken in at a window");
  await zhou.page.goto(`/cases/${id}/delivery`);
  await zhou.page.locator('main [name="way"][value="pickup"]').check();
  await look(zhou, "counter-delivery");
  await go(zhou.page, () => zhou.page.locator("main form button").last().click());
  return { zhou, clerk, id };
}

const appraised = {
  "found-category": "physical", "found-grade": "second", "found-appraised_by": "广安市人民医院",
  ...dated("found-appraised_on", -2),
};

async function pickedUp({ zhou, clerk, id }, locale) {
  const disabled = await at("disabled", locale);
  await decide(disabled, id, "review", appraised);
  const head = await at("disabled-head", locale);
  await decide(head, id, "approve");
  const { number } = await (await zhou.page.request.get(`/api/v1/cases/${id}`)).json();

  const { page } = clerk;
  await page.goto("/staff/counter/shelf");
  await look(clerk, "counter-shelf", { elder: true });
  await page.locator('[name="number"]').fill(number);
  await page.locator('[name="kind"][value="licence"]').check();
  await page.locator('[name="slot"]').fill(locale === "en" ? "B-2" : "A-1");
  await go(page, () => page.locator('form[action="/staff/counter/shelf"] button').last().click());
  await look(clerk, "counter-shelved");

  await zhou.page.goto(`/cases/${id}`);
  await look(zhou, "counter-ready");
  const code = (await zhou.page.locator(".tb-code8").first().innerText()).trim();
  await scan(clerk, zhou);
  assert.ok(await page.locator('main a[href^="/staff/counter/shelf/"]').count(), "the window is not told that a result lies ready");
  await page.goto("/staff/counter/shelf");
  const issue = page.locator('form[action="/staff/counter/shelf/issue"]');
  await issue.locator('[name="code"]').fill(code);
  await issue.locator('[name="signed"]').check();
  await go(page, () => issue.locator("button").click());
  await look(clerk, "counter-issued");
  await end(clerk, "周淑芬", `/cases/${id}`);
  await zhou.page.goto(`/cases/${id}`);
  await look(zhou, "counter-picked-up");
  await leave(zhou, clerk, disabled, head);
}

// What could not be done is told without signing in, answered, and confirmed.
async function stuck(locale) {
  const person = await at("", locale, 360);
  const { page } = person;
  await page.goto("/stuck");
  await look(person, "stuck");
  const say = { what: "去了三次窗口都说材料不齐。", wish: "请一次说清要哪些材料。", name: "田大春", phone: "13700137000" };
  for (const [name, value] of Object.entries(say)) await page.locator(`main [name="${name}"]`).fill(value);
  await page.locator('main [name="kind"]').first().check();
  await page.locator('main [name="place"]').first().check();
  if (await page.locator('main [name="hall"]').count()) await page.locator('main [name="hall"]').selectOption("guangan");
  await go(page, () => page.locator('main form[action="/stuck"] button').last().click());
  const told = await look(person, "stuck-told");
  const number = new URL(await page.locator('main a[href^="/stuck/ask?number="]').first().getAttribute("href"), server.base).searchParams.get("number");

  const head = await at("head", locale);
  await head.page.goto("/staff/stuck");
  await look(head, "stuck-desk", { elder: true });
  await go(head.page, () => head.page.locator("main a", { hasText: number }).click());
  await look(head, "stuck-report");
  await head.page.locator('main [name="result"][value="solved"]').check();
  await head.page.locator('main [name="answer"]').fill("已经列出清单发给您，窗口专人对接。");
  await go(head.page, () => head.page.locator('main form[action$="/answer"] button').click());
  await look(head, "stuck-answered");

  await page.goto(`/stuck/ask?number=${number}`);
  await page.locator('main [name="code"]').fill(told.text.match(/(?:查询码|Query code) (\w{6,8})/)[1]);
  await go(page, () => page.locator('main form[action="/stuck/ask"] button').click());
  assert.ok((await look(person, "stuck-answer")).text.includes("专人对接"), "the answer is not shown");
  await go(page, () => page.locator('main button[name="solved"][value="yes"]').click());
  await look(person, "stuck-closed");
  await leave(person, head);
}

// clocks are the clocks of a case by their kind, as programs read them.
async function clocks({ page }, id) {
  const answer = await page.request.get(`/api/v1/cases/${id}/deadlines`);
  assert.equal(answer.status(), 200);
  return Object.fromEntries((await answer.json()).clocks.map((c) => [c.clock, c]));
}

// counted holds that a clock began on a day that does not count itself, and that its
// end is the last of the days that do.
function counted(clock, day) {
  assert.equal(clock?.started, day, "the time for acceptance did not begin when the papers came");
  assert.equal(clock.phase, "running");
  assert.equal(clock.used, 0);
  const first = clock.days.find((d) => d.date === day);
  assert.ok(first && !first.counted, "the day on which the papers came counts");
  const days = clock.days.filter((d) => d.counted);
  assert.deepEqual(days.map((d) => d.ordinal), days.map((_, n) => n + 1));
  assert.ok(days.length >= clock.legal_days && days.every((d) => d.date > day));
  assert.equal(days[clock.legal_days - 1].date, clock.legal, "the last day that counts is not the last day");
}

// Taken in with papers by the neighbouring district, handled here: the clock of the
// acceptance is counted from the day on which the papers come.
async function crossRegion(locale) {
  const clerk = await at("window3", locale);
  await sit(clerk, "qianfeng-1");
  await see(clerk, walkIn.number, walkIn.name);
  const { page } = clerk;
  await begin(clerk, sign);
  const draft = page.url().split("/").at(-1);
  await fillIn(clerk, shopSign);
  await compare(clerk, draft, "kept");
  await confirm(clerk, draft);
  await send(clerk);
  const id = page.url().split("/").at(-2);
  await end(clerk, walkIn.name, `/cases/${id}`);

  await page.goto("/staff/counter/transit");
  await look(clerk, "transit", { elder: true });
  await page.goto(`/staff/cases/${id}/transit/dispatch`);
  await page.locator('main [name="way"][value="hand"]').check();
  await look(clerk, "transit-dispatch");
  await go(page, () => page.locator("main form button").last().click());
  await look(clerk, "transit-sent");

  const city = await at("city", locale);
  await city.page.goto("/staff/counter/transit");
  await look(city, "transit-comes");
  const before = await clocks(city, id);
  assert.equal(before.acceptance, undefined, "the time for acceptance runs while the papers are under way");
  await city.page.goto(`/staff/cases/${id}/transit/receive`);
  await look(city, "transit-receive");
  const set = async (date) => { for (const [n, part] of ["year", "month", "day"].entries()) await city.page.locator(`main [name="arrived-${part}"]`).first().fill(date[n]); };
  const today = (await Promise.all(["year", "month", "day"].map((part) => city.page.locator(`main [name="arrived-${part}"]`).first().inputValue()))).map((n) => n.padStart(2, "0")).join("-");
  await set(day(1).parts);
  await go(city.page, () => city.page.locator("main form button").last().click(), 422);
  await look(city, "transit-tomorrow");
  await set(today.split("-"));
  await go(city.page, () => city.page.locator("main form button").last().click());
  await look(city, "transit-received", { elder: true });
  await city.page.goto(`/staff/cases/${id}`);
  await look(city, "transit-at-desk", { elder: true });
  counted((await clocks(city, id)).acceptance, today);
  await city.page.goto(`/staff/cases/${id}/why`);
  await look(city, "transit-why", { elder: true });
  await decide(city, id, "accept");
  await leave(clerk, city);
}

for (const locale of ["zh-CN", "en"]) {
  test(`a person without an account, and the papers, ${locale}`, async () => {
    const clerk = await walksIn(locale);
    await handsOver(clerk, locale);
    await leave(clerk);
  });
  test(`begun online, handed in at a window, picked up with a code, ${locale}`, async () => pickedUp(await onlineAndBack(locale), locale));
  test(`could not get it done, ${locale}`, () => stuck(locale));
  test(`taken in by the neighbour, ${locale}`, () => crossRegion(locale));
}
