// What officials do about their work rather than with a case: who is there for
// whom, who must not act, what becomes of running cases when a service changes,
// and how a list leaves as a file.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, test } from "node:test";
import { begin, fillIn, send } from "./apply.mjs";
import { compare, confirm, see, sit } from "./hall.mjs";
import { launch, look, open, serve, until } from "./lib.mjs";
import { shopSign } from "./plans.mjs";
import { account, day, file, go, hygiene, signIn } from "./steps.mjs";

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

async function at(name, locale, width = 1280) {
  const person = await open(browser, server.base, { locale, width });
  await signIn(person, server.base, name);
  return person;
}

const leave = (...people) => Promise.all(people.map((p) => p.context.close()));

// step takes a step at the desk.
async function step(person, id, action) {
  const { page } = person;
  await page.goto(`/staff/cases/${id}`);
  const opinion = page.locator('main [name="opinion"]');
  if (await opinion.count()) await opinion.fill("材料齐全，建议准予。Complete.");
  await go(page, () => page.locator(`.tb-decide [formaction$="/${action}"]`).first().click());
}

// accepted are applications that a clerk has accepted.
async function accepted(count, locale) {
  const receipts = await file(server.base, count);
  const clerk = await at("clerk", locale);
  for (const r of receipts) await step(clerk, r.case, "accept");
  await leave(clerk);
  return receipts;
}

async function nameOf(username) {
  return (await account(server.base, username)).name;
}

// claim takes a case out of the queue of the unit.
async function claim(person, id) {
  const { page } = person;
  await page.goto("/staff/tasks?tab=review&queue=unit");
  await page.locator(`main input[name="case"][value="${id}"]`).check();
  await go(page, () => page.locator('main button[value="claim"]').click());
}

// choose selects the option of a select that names somebody.
async function choose(select, name) {
  await select.selectOption(await select.locator("option", { hasText: name }).first().getAttribute("value"));
}

// An official who goes away names a deputy, who finds the case and handles it in the
// own name; the case says for whom.
async function absence(locale) {
  const [{ case: id }] = await accepted(1, locale);
  const away = await at("reviewer1", locale);
  await claim(away, id);
  const { page } = away;
  await page.goto("/staff/absence");
  await look(away, "work-absence");
  await page.locator('main [name="from"]').fill(day().text);
  await page.locator('main [name="to"]').fill("");
  await go(page, () => page.locator('main form[action="/staff/absence"] button').click(), 422);
  await look(away, "work-absence-fault");
  await page.locator('main [name="to"]').fill(day(2).text);
  await page.locator('main [name="kind"][value="leave"]').check();
  await choose(page.locator('main form[action="/staff/absence"] [name="deputy"]'), await nameOf("reviewer2"));
  await go(page, () => page.locator('main form[action="/staff/absence"] button').click());
  await look(away, "work-absence-entered", { elder: true });
  await page.goto("/staff/tasks");
  assert.ok((await look(away, "work-away")).text.includes(await nameOf("reviewer2")), "the list does not say who stands in");

  const deputy = await at("reviewer2", locale, 360);
  const absent = await nameOf("reviewer1");
  await deputy.page.goto("/staff/tasks?tab=review");
  await go(deputy.page, () => deputy.page.locator(".tb-queues a", { hasText: absent }).click());
  await look(deputy, "work-for-another");
  await go(deputy.page, () => deputy.page.locator(`main a[href^="/staff/cases/${id}"]`).first().click());
  await look(deputy, "work-as-deputy");
  await step(deputy, id, "review");
  await deputy.page.goto(`/staff/cases/${id}/hands`);
  const history = await look(deputy, "work-hands-of-deputy");
  assert.match(history.text, new RegExp(`代${absent}|deputy of ${absent}`), "nothing says for whom the deputy acted");

  await page.goto("/staff/tasks");
  await go(page, () => page.locator('main form[action^="/staff/absence/"] button').click());
  await look(away, "work-back");
  assert.equal(await page.locator('main form[action^="/staff/absence/"]').count(), 0, "still away");
  await leave(away, deputy);
}

// Who has an interest in a case says so and loses sight of it at once; the head gives
// it to somebody else, who finds it among the own cases.
async function conflict(locale) {
  const [{ case: id }] = await accepted(1, locale);
  const official = await at("reviewer1", locale);
  await claim(official, id);
  const { page } = official;
  await page.goto(`/staff/cases/${id}`);
  await go(page, () => page.locator(`main a[href="/staff/cases/${id}/conflict"]`).first().click());
  await look(official, "work-conflict", { elder: true });
  await go(page, () => page.locator('main button[value="declare"]').click(), 422);
  await look(official, "work-conflict-fault");
  await page.locator('main [name="reason"]').first().fill(locale === "en" ? "The applicant is my sister." : "申请人的负责人是我的妹妹。");
  await go(page, () => page.locator('main button[value="declare"]').click());
  await look(official, "work-conflict-declared");
  assert.equal((await page.goto(`/staff/cases/${id}`)).status(), 404, "the case is still open to who withdrew");
  await look(official, "work-conflict-out");
  for (const queue of ["", "mine", "unit"]) {
    await page.goto(`/staff/tasks?tab=review&queue=${queue}`);
    assert.equal(await page.locator(`main a[href^="/staff/cases/${id}"]`).count(), 0, `still in the list ${queue || "of all"}`);
  }

  const head = await at("head", locale);
  await head.page.goto("/staff/withdrawals?tab=kept");
  assert.ok((await look(head, "work-withdrawals", { elder: true })).text.includes(await nameOf("reviewer1")), "the head does not see who withdrew");
  await head.page.goto(`/staff/cases/${id}/hands`);
  await look(head, "work-hands-of-head", { elder: true });
  const to = head.page.locator('main [name="to"]');
  assert.equal(await to.locator("option", { hasText: await nameOf("reviewer1") }).count(), 0, "who withdrew is offered");
  await choose(to, await nameOf("reviewer2"));
  await go(head.page, () => head.page.locator('main button[value="assign"]').click());
  await look(head, "work-assigned");

  const other = await at("reviewer2", locale);
  await other.page.goto("/staff/tasks?tab=review&queue=mine");
  assert.equal(await other.page.locator(`main a[href^="/staff/cases/${id}"]`).count(), 1, "the case did not come");
  await look(other, "work-given");
  await leave(official, head, other);
}

// publish makes a version of the service that asks for a visit, or does not, where
// the newest is not like that.
async function publish(manager, required) {
  const { page } = manager;
  await page.goto(`/staff/catalog/${hygiene}`);
  await look(manager, "work-service");
  const versions = await page.locator('main a[href*="/versions/"]').evaluateAll((all) => all.map((a) => Number(a.href.match(/versions\/(\d+)/)[1])));
  await page.goto(`/staff/catalog/${hygiene}/versions/${Math.max(...versions)}`);
  await look(manager, "work-version");
  await go(page, () => page.locator('main form[action$="/edit"] button').first().click());
  const text = page.locator('main textarea[name="file:service.yaml"]');
  const is = await text.inputValue();
  const now = is.replace(/(\n {2}visits:\n {4}required:) (true|false)/, `$1 ${required}`);
  if (is === now) return go(page, () => page.locator('main button[value="delete"]').click());
  await text.fill(now);
  await look(manager, "work-package");
  await go(page, () => page.locator('main button[value="publish"]').click());
  await look(manager, "work-published");
}

// Running cases go to the new version of a service: who plans sees of each case
// whether it may and why, somebody else approves, and the case says so.
async function moves(locale) {
  const manager = await at("catalog", locale);
  await publish(manager, false);
  const receipts = await accepted(2, locale);
  await publish(manager, true);
  const { page } = manager;
  await page.goto("/staff/moves");
  await look(manager, "work-moves", { elder: true });
  await go(page, () => page.locator(`main a[href*="/staff/moves/new?"][href*="${hygiene}"]`).last().click());
  await look(manager, "work-move-new");
  await go(page, () => page.locator("main form button").click(), 422);
  await look(manager, "work-move-fault");
  await page.locator('main [name="reason"]').fill(locale === "en" ? "Visits follow the new rule." : "现场核查按新规定办理。");
  await go(page, () => page.locator("main form button").click());
  const plan = new URL(page.url()).pathname;
  const seen = (await look(manager, "work-move-tried", { elder: true })).text.replaceAll(/\s/g, "");
  for (const r of receipts) assert.ok(seen.includes(r.number), `the dry run leaves out ${r.number}`);
  assert.match(seen, /核查|visit/, "nothing says what changes for a case");
  assert.equal(await page.locator('main form[action$="/approve"]').count(), 0, "who planned may approve");
  const csv = await (await page.request.get(`${plan}/cases.csv`)).text();
  for (const r of receipts) assert.ok(csv.includes(r.number), `the file leaves out ${r.number}`);

  const head = await at("head", locale, 360);
  await head.page.goto(plan);
  await look(head, "work-move-approve");
  await go(head.page, () => head.page.locator('main form[action$="/approve"] button').first().click());
  await until("the move of the cases", async () => {
    await head.page.goto(`${plan}?only=moved`);
    const text = (await head.page.locator("main").innerText()).replaceAll(/\s/g, "");
    return receipts.every((r) => text.includes(r.number));
  });
  await look(head, "work-moved");
  await head.page.goto(`/staff/cases/${receipts[0].case}`);
  await look(head, "work-moved-desk");

  const lin = await at("lin", locale, 360);
  await lin.page.goto(`/cases/${receipts[0].case}`);
  assert.match((await look(lin, "work-moved-case")).text, /改按服务第|Handled by version/, "the applicant is not told");
  await leave(manager, head, lin);
}

// rows reads CSV as spreadsheet programs do (RFC 4180).
function rows(text) {
  const out = [[]];
  let cell = "", quoted = false;
  for (let i = 0; i < text.length; i++) {
    const c = text[i];
    if (quoted) {
      if (c !== '"') cell += c;
      else if (text[i + 1] === '"') cell += text[++i];
      else quoted = false;
    } else if (c === '"') quoted = true;
    else if (c === "," || c === "\n") {
      out.at(-1).push(cell);
      cell = "";
      if (c === "\n") out.push([]);
    } else if (c !== "\r") cell += c;
  }
  return out.slice(0, -1);
}

// save exports the list that a page shows and returns the rows of the file.
async function save(person) {
  const { page } = person;
  await go(page, () => page.locator('main a[href^="/staff/export?"]').click());
  await look(person, "work-export");
  await go(page, () => page.locator("main form button").click(), 422);
  await look(person, "work-export-fault");
  await page.locator('main [name="purpose"]').fill(person.locale === "en" ? "Weekly meeting" : "每周例会用");
  const [download] = await Promise.all([page.waitForEvent("download"), page.locator("main form button").click()]);
  assert.match(download.suggestedFilename(), /^cases-\d{4}-\d\d-\d\d\.csv$/);
  const text = await readFile(await download.path(), "utf8");
  assert.ok(text.startsWith("\ufeff"), "a spreadsheet program does not know that it is UTF-8");
  return rows(text.slice(1));
}

// A list is searched and leaves as a file with the rows that it shows; a name that a
// spreadsheet program takes for a formula is text.
const signboard = "512017432001-511602000000-000-11511301MB0T669970-1-00";
const formula = { number: "51160219850615000X", name: "=1+1" };

async function exported(locale) {
  const receipts = await accepted(2, locale);
  const official = await at("reviewer1", locale);
  const { page } = official;
  await page.goto("/staff/tasks?tab=review");
  const shown = Number(await page.locator('main .tb-tabs a[aria-current="page"] .tb-count').innerText());
  const list = await save(official);
  assert.equal(list.length - 1, shown, "the file has other rows than the list counts");
  const numbers = list.map((r) => r[0].replaceAll(/\s/g, ""));
  for (const r of receipts) assert.ok(numbers.includes(r.number), `${r.number} is missing`);
  assert.equal(new Set(list.map((r) => r.length)).size, 1, "rows of different length");

  await page.goto("/staff/search");
  await look(official, "work-search");
  await page.locator('main [name="q"]').fill(receipts[0].number);
  await go(page, () => page.locator('main form[role="search"] button').click());
  await look(official, "work-found");
  assert.equal(await page.locator("main tbody tr").count(), 1);
  const found = await save(official);
  assert.deepEqual(found.slice(1).map((r) => r[0].replaceAll(/\s/g, "")), [receipts[0].number]);
  await page.goto("/staff/search?q=99999999");
  await look(official, "work-nothing-found");
  await leave(official);
}

async function formulas(locale) {
  const clerk = await at("window3", locale);
  await sit(clerk, "qianfeng-1");
  await see(clerk, formula.number, formula.name);
  await begin(clerk, signboard);
  const draft = clerk.page.url().split("/").at(-1);
  await fillIn(clerk, shopSign);
  await compare(clerk, draft, "returned");
  await confirm(clerk, draft);
  await send(clerk);
  await go(clerk.page, () => clerk.page.locator(".tb-for--counter form[action='/staff/counter/end'] button").click());
  const city = await at("city", locale);
  await city.page.goto("/staff/tasks?tab=accept");
  const list = await save(city);
  const names = list.slice(1).map((r) => r[2]);
  assert.ok(names.some((n) => n.startsWith("'=")), `no such name: ${names}`);
  assert.ok(list.flat().every((c) => !/^[=+\-@\t]/.test(c)), "a cell is a formula");
  await leave(clerk, city);
}

for (const locale of ["zh-CN", "en"]) {
  test(`away, and a deputy, ${locale}`, () => absence(locale));
  test(`an interest in a case, ${locale}`, () => conflict(locale));
  test(`running cases move to a new version, ${locale}`, () => moves(locale));
  test(`a list is searched and leaves as a file, ${locale}`, () => exported(locale));
}
test("a name that is a formula", () => formulas("zh-CN"));
