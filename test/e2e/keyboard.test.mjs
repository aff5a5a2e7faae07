// Ten cases accepted, reviewed and decided without a mouse: only keys are pressed
// on the pages of the desk.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launch, look, open, serve } from "./lib.mjs";
import { account, file, go, signIn, visitFirst } from "./steps.mjs";

const cases = 10;
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

// press presses keys that lead to another page.
const press = (page, ...keys) => go(page, async () => {
  for (const key of keys) await page.keyboard.press(key);
});

// work takes one step on each case of a list: the first is opened with J, every
// other with the key of the next case.
async function work(name, opinion, locale = "zh-CN") {
  const person = await open(browser, server.base, { locale });
  const { page } = person;
  await signIn(person, server.base, name);
  await page.goto("/staff/tasks");
  const seen = new Set();
  await press(page, "j", "Enter");
  for (let i = 0; i < cases; i++) {
    if (i === 0) await look(person, `keys-${name}`);
    const here = new URL(page.url()).pathname;
    assert.ok(!seen.has(here), `${here} came twice`);
    seen.add(here);
    if (opinion) {
      await page.keyboard.press("o");
      await page.keyboard.type(opinion);
      await page.keyboard.press("Escape");
    }
    await page.keyboard.press("1");
    await press(page, "Enter");
    assert.equal(new URL(page.url()).pathname, here);
    if (i === 0) await look(person, `keys-${name}-done`);
    await press(page, "Enter"); // the link to the next case has the focus
  }
  assert.equal(new URL(page.url()).pathname, "/staff/tasks", `${name} has more than ${cases} cases`);
  await person.context.close();
  return seen;
}

// visitAll lets two officials see every place, without which nothing is granted.
async function visitAll(paths) {
  const officials = await Promise.all([open(browser, server.base), open(browser, server.base)]);
  for (const [n, name] of ["reviewer1", "reviewer2"].entries()) await signIn(officials[n], server.base, name);
  for (const path of paths) await visitFirst(officials, path.split("/").at(-1));
  for (const { context } of officials) await context.close();
}

test("ten cases accepted, reviewed and decided by keys alone", async () => {
  await file(server.base, cases);
  const accepted = await work("clerk");
  assert.equal(accepted.size, cases);
  await work("reviewer1", "材料齐全，符合条件。");
  await work("reviewer2", "同意初审意见。", "en");
  await visitAll(accepted);
  assert.deepEqual([...(await work("approver"))].sort(), [...accepted].sort());
});

test("keys are told, can be switched off, mark, and fill in a template", async () => {
  await file(server.base, 1);
  const head = await open(browser, server.base);
  await signIn(head, server.base, "head");
  await head.page.goto("/staff/phrases");
  await head.page.locator("#title").fill("齐全");
  await head.page.locator("#body").fill("{item}（{number}）材料齐全。");
  await go(head.page, () => head.page.locator('form[action="/staff/phrases"] button').click());
  await look(head, "phrases");
  await head.context.close();

  const person = await open(browser, server.base);
  const { page } = person;
  await signIn(person, server.base, "clerk");
  await page.goto("/staff/tasks");
  await press(page, "j", "Enter");
  await page.keyboard.press("?");
  await look(person, "keys-help");
  await page.keyboard.press("Escape");
  await page.keyboard.press("t");
  await page.keyboard.press("Enter");
  assert.match(await page.locator("#opinion").inputValue(), /[（(][0-9]{25}[）)]材料齐全。$/);
  await page.keyboard.press("Escape");
  await page.keyboard.press("m");
  await page.keyboard.press("x");
  await page.keyboard.type("与营业执照不一致");
  await page.keyboard.press("Escape");
  await page.keyboard.press("2");
  await press(page, "Enter");
  assert.match(await page.locator("main").innerText(), /与营业执照不一致/);
  await page.goBack();
  await page.keyboard.press("?");
  await page.locator("[data-keys-off]").press("Enter");
  await page.keyboard.press("Escape");
  await page.keyboard.press("1");
  assert.equal(await page.evaluate(() => document.activeElement.dataset.key ?? ""), "", "keys work though they are switched off");
  await person.context.close();
});

// What has the focus: nothing, or where it is, whether one sees that it has it, and
// whether something lies over it.
function focused() {
  const e = document.activeElement;
  if (!e || e === document.body || e === document.documentElement) return null;
  if (e instanceof HTMLIFrameElement) return { mark: "iframe", clear: true, seen: true };
  // A control of several parts, such as a date, has the focus several times running.
  const before = document.querySelector("[data-walking]");
  const again = e !== before && "walked" in e.dataset;
  const inside = e === before; // the button for the calendar draws a ring of its own
  before?.removeAttribute("data-walking");
  e.dataset.walking = e.dataset.walked = "";
  const ring = (x) => getComputedStyle(x).outlineStyle !== "none" || getComputedStyle(x).boxShadow !== "none";
  // The ring of a box for ticking is drawn by its label.
  const marked = ring(e) || (e.labels?.[0] && (ring(e.labels[0]) || getComputedStyle(e.labels[0], "::before").outlineStyle !== "none" || getComputedStyle(e.labels[0], "::before").boxShadow !== "none"));
  const r = e.getBoundingClientRect();
  return {
    mark: e.outerHTML.slice(0, 160), again, first: e.matches(".govuk-skip-link"), seen: Boolean(marked || inside) && r.width > 0 && r.height > 0,
    clear: r.bottom > 0 && r.top < innerHeight,
  };
}

// walk presses Tab until the focus has left the page.
async function walk(page, path) {
  await page.goto(path);
  const many = await page.locator("a, button, input, select, textarea, summary, [tabindex]").count();
  let stops = 0;
  const most = 5 * many; // a date has five parts
  for (; stops <= most; stops++) {
    await page.keyboard.press("Tab");
    const at = await page.evaluate(focused);
    if (!at || at.again && at.first) break; // out, or round to where it began
    assert.ok(!at.again, `${path}: the focus goes in a circle at ${at.mark}`);
    assert.ok(at.seen, `${path}: nobody sees that this has the focus: ${at.mark}`);
    assert.ok(at.clear, `${path}: the focus is out of sight at ${at.mark}`);
  }
  assert.ok(stops > 5 && stops <= most, `${path}: ${stops} stops of ${many}`);
}

const desks = {
  reviewer1: ["/staff/tasks", "/staff/absence", "/staff/inbox", "/staff/search", "/staff/inquiries"],
  head: ["/staff/withdrawals", "/staff/work-rules", "/staff/stuck", "/staff/phrases"],
  window1: ["/staff/counter", "/staff/counter/shelf", "/staff/counter/handovers", "/staff/counter/transit"],
  catalog: ["/staff/moves", "/staff/catalog"],
};

for (const [width, prefs] of [[1280, ""], [360, "mode=elder"]]) {
  test(`Tab goes through the pages of the desk, and out of them, at ${width} px`, async () => {
    const [{ case: id }] = await file(server.base, 1);
    for (const [name, paths] of Object.entries({ ...desks, clerk: [`/staff/cases/${id}`, `/staff/cases/${id}/hands`] })) {
      const person = await open(browser, server.base, { width, prefs });
      await signIn(person, server.base, name);
      for (const path of paths) await walk(person.page, path);
      await person.context.close();
    }
  });
}
