// Handling by law, as everybody at work sees it: applicant, clerk, two reviewers,
// approver, head and supervisor, each in a window of their own. A permit with a
// correction notice and an extension, a certificate whose clock stands still while
// a hospital appraises, and a restaurant that several departments work at once.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { actFor, begin, fillIn, send } from "./apply.mjs";
import { launch, look, open, serve, until } from "./lib.mjs";
import { account, apply, dated, go, handIn, hygiene, png, signIn, visitFirst } from "./steps.mjs";
import { disability, restaurant } from "./plans.mjs";

let server;
let browser;
const staff = {};

before(async () => {
  server = await serve();
  browser = await launch();
});

after(async () => {
  await browser?.close();
  await server?.stop();
});

// at opens the window of an official once and reads the language of the journey.
async function at(name, locale) {
  if (!staff[name]) {
    staff[name] = await open(browser, server.base, { locale });
    await signIn(staff[name], server.base, name);
  }
  staff[name].locale = locale;
  await staff[name].context.addCookies([{ name: "tb_prefs", value: `lang=${locale}`, url: server.base }]);
  return staff[name];
}

async function applicant(name, locale) {
  const person = await open(browser, server.base, { locale, width: 360 });
  await signIn(person, server.base, name);
  return person;
}

const words = {
  "zh-CN": { opinion: "材料齐全，符合法定条件，建议准予。", reason: "现场核查涉及多处，需要延长办理期限。", wrong: "平面图没有标出消毒间，请补画。", result: "鉴定结论：肢体二级。", note: "我周三外出，请接着核查现场。" },
  en: { opinion: "Complete and in form; granting is proposed.", reason: "Several places had to be checked on site.", wrong: "The plan does not show the disinfection room.", result: "Finding: physical disability, second degree.", note: "I am out on Wednesday; please go on with the visit." },
};

// fill answers the controls of the desk that a step asks for; a control that must
// be answered and that nobody answers for fails by its name.
async function fill(page, form, given) {
  const names = await page.locator(`${form} [name]`).evaluateAll((all) =>
    [...new Set(all.filter((e) => e.type !== "hidden" && !["BUTTON", "FIELDSET"].includes(e.tagName)).map((e) => e.name))]);
  for (const name of names.filter((n) => n in given)) {
    const kind = await page.locator(`${form} [name="${name}"]`).first().evaluate((e) => e.type);
    const chosen = kind === "radio" || kind === "checkbox" ? `[value="${given[name]}"]` : "";
    const field = page.locator(`${form} [name="${name}"]${chosen}`).first();
    await field.evaluate((e) => e.closest("details")?.setAttribute("open", ""));
    if (chosen) await field.check();
    else if (kind === "select-one") await field.selectOption(given[name]);
    else await field.fill(given[name]);
  }
}

// step takes one step of a case: a button of the bar, or the page that it leads to.
async function step(person, id, action, given = {}) {
  const { page } = person;
  await page.goto(`/staff/cases/${id}`);
  const control = page.locator(`.tb-decide [formaction$="/${action}"], .tb-decide a[href$="/${action}"]`).first();
  if (!await control.count()) return false;
  await fill(page, "main", { opinion: words[person.locale].opinion, ...given });
  await go(page, () => control.click());
  if (new URL(page.url()).pathname.endsWith(`/${action}`)) {
    await fill(page, "main", given);
    await look(person, `handle-${action}`);
    await go(page, () => page.locator(".tb-actions button").click());
  }
  assert.doesNotMatch(page.url(), new RegExp(`/${action}$`), `${action} was not taken`);
  return true;
}

// must takes a step that has to be possible.
async function must(name, locale, id, action, given) {
  const person = await at(name, locale);
  assert.ok(await step(person, id, action, given), `${name} cannot ${action}`);
  await look(person, `handle-after-${action}`);
}

const idOf = (page) => page.url().split("/").at(-2);

// A permit: one notice of everything that is wrong, two officials, an extension by
// the head, a decision by who reviewed nothing, a licence.
async function permit(locale) {
  const w = words[locale];
  const person = await applicant("lin", locale);
  await actFor(person, "清和");
  await person.page.goto(`/services/${hygiene}`);
  const { id, number } = await apply(person);

  const clerk = await at("clerk", locale);
  await clerk.page.goto(`/staff/tasks?tab=accept`);
  assert.ok((await look(clerk, "handle-tasks")).text.includes("清和美发店"), "the clerk does not see the case");
  await must("clerk", locale, id, "correct", { mark: "material:plans", "reason-material-plans": w.wrong });

  await person.page.goto(`/cases/${id}`);
  await look(person, "handle-correction");
  await go(person.page, () => person.page.locator(`main a[href$="/cases/${id}/correct"]`).first().click());
  await mend(person, w.wrong);
  await must("clerk", locale, id, "accept");

  await handOver(locale, id, "reviewer1", "reviewer2");
  await must("reviewer2", locale, id, "review");
  const first = await at("reviewer2", locale);
  assert.equal(await step(first, id, "countersign"), false, "the first official is also the second");
  await must("reviewer1", locale, id, "countersign");
  await must("head", locale, id, "extend", { reasons: w.reason });
  await person.page.goto(`/cases/${id}`);
  assert.ok((await look(person, "handle-extended")).text.includes(w.reason), "the applicant is not told why it takes longer");
  await person.page.goto(`/cases/${id}/why`);
  await look(person, "handle-why-extended");
  await supervise(locale, number);
  const approver = await at("approver", locale);
  await approver.page.goto(`/staff/cases/${id}`);
  assert.match((await look(approver, "handle-not-visited")).text, /还没有完成现场核查|no site visit yet/, "the desk does not say what is missing");
  await onPaper(approver, number);
  await visitFirst([await at("reviewer1", locale), await at("reviewer2", locale)], id);
  await must("approver", locale, id, "approve");
  await licences(person);
}

// onPaper looks at a case as it is printed: with its number and what is known, without
// what only a screen can do, and no link tells its path.
async function onPaper({ page }, number) {
  await page.emulateMedia({ media: "print" });
  const text = await page.locator("body").innerText();
  assert.ok(text.replaceAll(/\s/g, "").includes(number), "the paper has no case number");
  for (const part of [".tb-decide", "[name='opinion']", ".tb-desk__links a", ".tb-jumps"]) {
    assert.equal(await page.locator(part).filter({ visible: true }).count(), 0, `${part} is printed`);
  }
  const paths = await page.locator("a").evaluateAll((all) => all.filter((a) => getComputedStyle(a, "::after").content.includes("attr(") || getComputedStyle(a, "::after").content.includes("/staff/")).length);
  assert.equal(paths, 0, "links tell their paths");
  await page.emulateMedia({ media: "screen" });
}

// handOver lets an official claim a case from the queue of the unit and give it to a
// colleague, who finds it with the note.
async function handOver(locale, id, from, to) {
  const { page } = await at(from, locale);
  await page.goto("/staff/tasks?tab=review&queue=unit");
  await look(staff[from], "handle-unit-queue");
  await page.locator(`main input[name="case"][value="${id}"]`).check();
  await go(page, () => page.locator('main button[name="do"][value="claim"]').click());
  await look(staff[from], "handle-claimed");
  await page.goto(`/staff/cases/${id}/hands`);
  await look(staff[from], "handle-hands");
  const colleague = await account(server.base, to);
  const option = page.locator('main [name="to"] option', { hasText: colleague.name });
  await page.locator('main [name="to"]').selectOption(await option.getAttribute("value"));
  await page.locator('main [name="note"]').fill(words[locale].note);
  await go(page, () => page.locator('main button[value="hand_over"]').click());

  const receiver = await at(to, locale);
  await receiver.page.goto("/staff/inbox");
  await look(receiver, "handle-inbox", { elder: true });
  await receiver.page.goto("/staff/tasks?tab=review&queue=mine");
  assert.ok((await look(receiver, "handle-handed")).text.includes(words[locale].note), "the note of the colleague is not shown");
}

// mend hands in what the notice asks for.
async function mend(person, wrong) {
  const { page } = person;
  assert.ok((await look(person, "handle-mend")).text.includes(wrong), "the notice does not say what is wrong");
  await handIn(person, page.locator('main input[type="file"]').first(), { name: "平面图.png", mimeType: "image/png", buffer: png });
  await look(person, "handle-mended");
  await go(page, () => page.locator('main form button[value="submit"], main form .govuk-button:not(.govuk-button--secondary)').last().click());
}

async function licences(person) {
  await person.page.goto("/licences");
  assert.ok(await person.page.locator('main a[href^="/licences/"]').count(), "nothing was issued");
  await look(person, "handle-licences");
}

// The supervisor sees the case and nothing of what was handed in.
async function supervise(locale, number) {
  const person = await at("supervisor", locale);
  await person.page.goto("/staff/supervision");
  const seen = await look(person, "handle-supervision");
  assert.ok(seen.text.replaceAll(/\s/g, "").includes(number), "the supervisor does not see the case");
  await go(person.page, () => person.page.locator('main a[href^="/staff/cases/"]').first().click());
  const page = await look(person, "handle-supervised");
  assert.doesNotMatch(page.text, /13800138000/, "the supervisor reads the application");
}

// A certificate: the clock stands still while the hospital appraises.
async function appraisal(locale) {
  const w = words[locale];
  const person = await applicant("zhou", locale);
  await begin(person, "511F82001002-511602000000-000-11511301452259996U-1-00");
  await fillIn(person, disability);
  await send(person);
  const id = idOf(person.page);

  await must("disabled", locale, id, "accept");
  await must("disabled", locale, id, "pause", { special: "appraisal", days: "15", reasons: w.reason });
  await person.page.goto(`/cases/${id}`);
  const paused = await look(person, "handle-paused");
  assert.match(paused.text, /残疾评定|[Aa]pprais/, "the applicant is not told why the clock stands still");
  await person.page.goto(`/cases/${id}/why`);
  await look(person, "handle-why-paused", { elder: true });
  await must("disabled", locale, id, "resume", { opinion: w.result });
  await must("disabled", locale, id, "review", {
    "found-category": "physical", "found-grade": "second", "found-appraised_by": "广安市人民医院",
    ...dated("found-appraised_on", -2),
  });
  await must("disabled-head", locale, id, "approve");
  await licences(person);
}

// A restaurant: four departments at once, one result.
const departments = [
  ["market", ["market", "market-head"]], ["health", ["health", "health-head"]],
  ["fire", ["fire", "fire2", "fire-head"]], ["city", ["city", "city-head"]],
];
const order = ["accept", "review", "countersign", "approve"];

async function parallel(locale) {
  const owner = await applicant("he", locale);
  await actFor(owner, "味乡");
  await begin(owner, "ADDED-511602-open-restaurant");
  await fillIn(owner, { ...restaurant, commit: "no" });
  await send(owner);
  const whole = idOf(owner.page);
  for (const [name, team] of departments) await department(locale, name, team);
  // A part ends when its licence is printed and delivered, which a job does.
  await until("the end of every part", async () => (await (await owner.page.request.get(`/api/v1/cases/${whole}`)).json()).state === "COMPLETED");
  await owner.page.goto(`/cases/${whole}`);
  await look(owner, "handle-whole");
  await owner.page.goto("/licences");
  await look(owner, "handle-restaurant-licences");
  const lead = await at("head", locale);
  await lead.page.goto("/staff/tasks");
  await look(lead, "handle-lead");
}

// department takes every step that its people may take on the newest part of it.
async function department(locale, name, team) {
  const first = await at(team[0], locale);
  await first.page.goto("/staff/tasks?tab=accept");
  const link = first.page.locator('main a[href^="/staff/cases/"]').first();
  assert.ok(await link.count(), `${name} has nothing to do`);
  const id = (await link.getAttribute("href")).split("?")[0].split("/").at(-1);
  for (let done = "first"; done;) {
    done = "";
    for (const who of team) {
      const person = await at(who, locale);
      for (const action of order) {
        if (done) continue;
        if (action === "approve" && name === "fire") await visitFirst([await at("fire", locale), await at("fire2", locale)], id);
        if (await step(person, id, action)) done = action;
      }
    }
  }
  await first.page.goto(`/staff/cases/${id}`);
  await look(first, `handle-done-by-${name}`);
}

for (const locale of ["zh-CN", "en"]) {
  test(`a permit with notice and extension, ${locale}`, () => permit(locale));
  test(`a certificate whose clock stands still, ${locale}`, () => appraisal(locale));
  test(`a restaurant worked by four departments at once, ${locale}`, () => parallel(locale));
}
