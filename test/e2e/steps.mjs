// What people do, told by the names of fields and addresses, so that the same
// steps work in every language.
import assert from "node:assert/strict";
import { look, until } from "./lib.mjs";

export const hygiene = "511A0015500009-511602000000-000-115113016823646795-1-00";

// A real one-page PDF and a 1x1 PNG: uploads are checked by what is in them.
export const pdf = Buffer.from(
  "%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n" +
  "3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 200]>>endobj\nxref\n0 4\n0000000000 65535 f \n0000000009 00000 n \n" +
  "0000000054 00000 n \n0000000105 00000 n \ntrailer<</Size 4/Root 1 0 R>>\nstartxref\n168\n%%EOF\n");
export const png = Buffer.from("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==", "base64");

// day is the date of Beijing some days from now, in parts as a form asks for them.
export function day(days = 0) {
  const text = new Date(Date.now() + 8 * 3600e3 + days * 86400e3).toISOString().slice(0, 10);
  return { text, parts: text.split("-") };
}

// dated is what a date is answered by, under the name of its field.
export const dated = (name, days) => Object.fromEntries(["year", "month", "day"].map((part, n) => [`${name}-${part}`, day(days).parts[n]]));

// go follows a click to the next page and asserts the status it comes with.
export async function go(page, click, status = 200) {
  let answer;
  const remember = (r) => {
    if (r.request().isNavigationRequest() && r.frame() === page.mainFrame() && (r.status() < 300 || r.status() > 399)) answer = r;
  };
  page.on("response", remember);
  await Promise.all([
    page.waitForEvent("framenavigated", { predicate: (f) => f === page.mainFrame() }),
    click(),
  ]);
  await page.waitForLoadState("load");
  page.off("response", remember);
  if (status) assert.equal(answer?.status(), status, `${page.url()} answered ${answer?.status()}`);
}

export async function account(base, username) {
  const list = await (await fetch(`${base}/api/v1/demo/accounts`)).json();
  const found = list.find((a) => a.username === username);
  assert.ok(found, `no demonstration account ${username}`);
  return found;
}

// What of signing in was seen: with and without a second factor, by language, width
// and script.
const signedIn = new Set();

// The sessions of the staff. An official signs in once and opens another window: a code
// of the second factor is good once, and the next may be half a minute away.
const sessions = new Map();

// signIn goes through the pages of signing in where nobody of the kind has yet, or
// where the person stands before them; else it sends what their forms send.
export async function signIn(person, base, username) {
  const { context, page, locale, width, js } = person;
  const a = await account(base, username);
  const kind = [a.kind, locale, width, js].join();
  const mine = `${username} at ${base}`;
  if (page.url().includes("/signin") || !signedIn.has(kind)) {
    signedIn.add(kind);
    await signInByPages(person, base, a);
  } else if (sessions.has(mine)) return context.addCookies(sessions.get(mine));
  else await signInByForms(person, base, a);
  if (a.kind === "staff") sessions.set(mine, (await context.cookies()).filter((c) => c.name === "tongban_session"));
}

async function signInByForms(person, base, a) {
  const form = { username: a.username, password: a.password, ...(a.code ? { code: a.code } : {}) };
  const answer = await person.page.request.post("/signin", { form, maxRedirects: 0 });
  assert.equal(answer.status(), 303, `${a.username} cannot sign in`);
  if (new URL(answer.headers().location, base).pathname === "/signin/code") await signInByPages(person, base, a);
}

async function signInByPages(person, base, a) {
  const { page } = person;
  if (!page.url().includes("/signin")) await page.goto("/signin");
  const form = page.locator('form[action="/signin"]').first();
  await form.locator('[name="username"]').fill(a.username);
  await form.locator('[name="password"]').fill(a.password);
  await go(page, () => form.locator('button[type="submit"]').click());
  if (!page.url().includes("/signin/code")) return;
  await look(person, "code");
  const { code } = await until("a fresh code", async () => {
    const now = await account(base, a.username);
    return now.code ? now : null;
  });
  await page.locator('[name="code"]').fill(code);
  await go(page, () => page.locator('form[action="/signin/code"] button[type="submit"]').click());
}

// handIn chooses a file; with script it is sent at once, and then is in the list.
export async function handIn({ page, js }, input, file) {
  const listed = page.locator("main .tb-files li");
  const before = await listed.count();
  const sends = js && await input.evaluate((e) => Boolean(e.closest("[data-resume]")));
  await input.setInputFiles(file);
  if (sends) await listed.nth(before).waitFor();
}

// What the hairdresser answers, by the name of the field. Fields that are not
// asked are left out.
const answers = {
  place_kind: "hair", area: "48", seats: "4", water: "mains", water_tank: "no", disinfection: "yes", disinfection_ways: "heat",
  toilet: "yes", central_air: "no", staff: "3", certified: "3", phone: "13800138000", manager_self: "yes", paper: "electronic",
};

// answer fills the page in; over replaces answers.
export async function answer(page, over = {}) {
  const given = { ...answers, ...over };
  const names = await page.locator("main form [name]").evaluateAll((all) =>
    [...new Set(all.filter((e) => e.type !== "hidden" && e.tagName !== "BUTTON").map((e) => e.name))]);
  for (const name of names) {
    const field = page.locator(`main form [name="${name}"]`);
    const kind = await field.first().evaluate((e) => e.type);
    if (!(name in given)) {
      assert.ok(kind === "text" || kind === "email" || kind === "textarea", `nobody said what to answer to ${name}`);
      continue;
    }
    if (kind === "radio" || kind === "checkbox") await page.locator(`main form [name="${name}"][value="${given[name]}"]`).check();
    else if (kind === "select-one") await field.selectOption(given[name]);
    else await field.fill(given[name]);
  }
}

const next = 'main form button[value="next"]:visible';

// apply goes from the guide to the receipt and returns the case.
export async function apply(person) {
  const { page } = person;
  await go(page, () => page.locator(`form[action="/apply/${hygiene}"] button`).first().click());
  if (page.url().includes("/apply/")) {
    await look(person, "choose");
    await go(page, () => page.locator('main form[action^="/apply/"] button').click());
  }
  assert.match(page.url(), /\/drafts\/[^/]+$/);
  await look(person, "tasks");
  const first = page.locator(".govuk-task-list__link").first();
  await go(page, () => first.click());
  let wrong = false;
  for (let i = 0; !page.url().includes("/check"); i++) {
    assert.ok(i < 40, `went in a circle at ${page.url()}`);
    const step = page.url().split("/").slice(-2).join("-").split("?")[0];
    await look(person, step);
    if (page.url().includes("/materials/")) await hand(person);
    else if (!wrong && await page.locator('[name="area"]').count()) {
      wrong = true;
      await mistype(person);
    } else {
      await answer(page);
      await go(page, () => page.locator(next).click());
    }
    if (/\/drafts\/[^/]+$/.test(page.url())) {
      await look(person, "tasks-done");
      await go(page, () => page.locator('a[href$="/check"]').click());
    }
  }
  await look(person, "check");
  return submit(person);
}

// mistype answers wrongly and sees the fault at the field, then mends it.
async function mistype(person) {
  const { page } = person;
  await answer(page, { area: "四十八" });
  await go(page, () => page.locator(next).click(), 422);
  await look(person, "fault");
  assert.equal(await page.locator("#area").inputValue(), "四十八", "what was typed is gone");
  assert.ok(await page.locator(".govuk-error-summary a[href='#area']").count(), "no link to the field");
  if (person.js) assert.ok(await page.locator(".govuk-error-summary").evaluate((e) => e === document.activeElement), "the summary has no focus");
  await answer(page);
  await go(page, () => page.locator(next).click());
}

// hand uploads one file; the page may come back to show it.
async function hand(person) {
  const { page, js } = person;
  const input = page.locator('main input[type="file"]');
  const there = page.url();
  if (js && there.includes("plans")) await onItsWay(page, input, { name: "平面图.png", mimeType: "image/png", buffer: png });
  else {
    await handIn(person, input, { name: "材料.pdf", mimeType: "application/pdf", buffer: pdf });
    await go(page, () => page.locator(next).click());
  }
  if (page.url().split("?")[0] === there.split("?")[0]) {
    await look(person, "uploaded");
    await go(page, () => page.locator(next).click());
  }
}

// onItsWay presses on while a file is being sent: the page goes on when it is there.
async function onItsWay(page, input, file) {
  const piece = "**/uploads/*";
  let release;
  const held = new Promise((done) => { release = done; });
  await page.route(piece, async (route) => { await held; await route.continue(); });
  await input.setInputFiles(file);
  await page.locator(next).click();
  await page.locator(`main form button[value="next"][aria-busy="true"]`).waitFor();
  await go(page, async () => release());
  await page.unroute(piece);
}

async function submit(person) {
  const { page } = person;
  const form = page.locator('form[action$="/submit"]');
  // Without the declaration nothing is sent.
  if (await form.locator('input[type="checkbox"]').count()) {
    await go(page, () => form.locator("button").click(), 422);
    await look(person, "not-declared");
  }
  for (const box of await form.locator('input[type="checkbox"]').all()) await box.check();
  await go(page, () => form.locator("button").click());
  assert.match(page.url(), /\/cases\/[^/]+\/receipt$/);
  await look(person, "receipt");
  const ids = await page.locator(".tb-ids dd").allTextContents();
  const id = page.url().split("/").at(-2);
  const number = ids[0].trim();
  assert.match(number, /^\d{25}$/, "the number must copy without blanks");
  return { id, number, code: ids[1].trim() };
}

// decide lets whoever of the staff may act take the case to its end.
export async function decide(desk, id, order) {
  const done = [];
  for (let round = 0; round < 12; round++) {
    const acted = await act(desk, id, order, done);
    if (!acted) return done;
    done.push(acted);
  }
  assert.fail(`no end: ${done.join(", ")}`);
}

async function act(desk, id, order, done) {
  for (const { person, name } of desk) {
    const { page } = person;
    const answer = await page.goto(`/staff/cases/${id}`);
    if (answer.status() !== 200) continue;
    for (const action of order) {
      const button = page.locator(`button[formaction$="/${action}"]`);
      if (!await button.count()) continue;
      if (action === "approve") await visitFirst(desk.filter((d) => d.name.startsWith("reviewer")).map((d) => d.person), id);
      await look(person, `desk-${name}-${done.length}`);
      const opinion = page.locator('[name="opinion"]');
      if (await opinion.count()) await opinion.fill(person.locale === "en" ? "The papers are complete; granting is proposed." : "材料齐全，建议准予。");
      await go(page, () => button.click());
      return action;
    }
  }
  return "";
}

// visitFirst lets two officials visit the place of a case today and sign, where the
// service asks for that before a grant; by the API, since another test goes through
// the pages.
export async function visitFirst([first, second], id) {
  const call = async ({ page }, method, path, data) => {
    const answer = await page.request.fetch(`/api/v1${path}`, { method, ...(data ? { data } : {}) });
    assert.ok(answer.ok(), `${method} ${path}: ${answer.status()} ${await answer.text()}`);
    return answer.json();
  };
  if (!(await call(first, "GET", `/cases/${id}/inquiries`)).before_grant?.length) return;
  const officials = [];
  for (const p of [first, second]) officials.push((await call(p, "GET", "/me")).account);
  const visit = await call(first, "POST", `/cases/${id}/visits`, { purpose: "核对场所", place: "洪洲大道 12 号", officials, day: day().text, time: "09:00-11:00" });
  const fields = { result: { was: "", value: "pass" }, summary: { was: "", value: "与申请一致" } };
  for (const item of visit.visit.checklist) {
    const value = { pass: "pass", number: String(item.limit?.min ?? 0), text: "与申请一致" }[item.kind];
    fields[`item.${item.id}`] = { was: "", value };
    await call(second, "POST", `/inquiries/${visit.id}/files?role=photo&item=${item.id}&name=${item.id}.png`, png);
  }
  const step = (p, name, given) => call(p, "POST", `/inquiries/${visit.id}/steps`, { step: name, ...given });
  const { visit: { rev: seen } } = await step(second, "fill", { fields });
  for (const p of [first, second]) await step(p, "sign", { seen });
  await step(second, "present", { seen, present: { how: "refused", reason: "有事先走" } });
}

// The same answers as programs send them.
const typed = {
  place_kind: "hair", area: 48, seats: 4, water: "mains", water_tank: false, disinfection: true, disinfection_ways: ["heat"],
  toilet: true, central_air: false, staff: 3, certified: 3, manager_self: true, paper: "electronic", declared: true,
};

// file sends the hairdresser's application by the API, count times, and returns
// the receipts.
export async function file(base, count) {
  let token = "";
  const receipts = [];
  const call = async (method, path, body, type = "application/json") => {
    const answer = await fetch(`${base}/api/v1${path}`, {
      method, body: body && type === "application/json" ? JSON.stringify(body) : body,
      headers: { ...(body ? { "content-type": type } : {}), ...(token ? { authorization: `Bearer ${token}` } : {}) },
    });
    const text = await answer.text();
    assert.ok(answer.ok, `${method} ${path}: ${answer.status} ${text}`);
    return text ? JSON.parse(text) : null;
  };
  const { password } = await account(base, "lin");
  token = (await call("POST", "/session", { username: "lin", password })).token;
  for (let i = 0; i < count; i++) {
    const { id } = await call("POST", "/drafts", { service: hygiene });
    const { materials } = await call("PUT", `/drafts/${id}/answers`, { answers: typed });
    for (const m of materials.filter((x) => x.asked)) {
      const picture = m.id === "plans";
      await call("POST", `/drafts/${id}/materials/${m.id}?name=${picture ? "plan.png" : "paper.pdf"}`, picture ? png : pdf, "application/octet-stream");
    }
    receipts.push(await call("POST", `/drafts/${id}/submission`));
  }
  return receipts;
}
