// What happens in a hall of the integrated counter, told by names and addresses:
// sitting down at a window, identifying who stands there, taking in for them.
import assert from "node:assert/strict";
import { fill } from "./apply.mjs";
import { look } from "./lib.mjs";
import { go } from "./steps.mjs";

// take draws a ticket at the machine of a hall and returns its number.
export async function take(person, hall, kind) {
  const { page } = person;
  await page.goto(`/halls/${hall}/ticket`);
  await look(person, "hall-kiosk", { elder: true });
  await go(page, () => page.locator(`button[name="kind"][value="${kind}"]`).click());
  assert.match(page.url(), /\/tickets\//);
  await look(person, "hall-ticket", { elder: true });
  return (await page.locator(".tb-ticket__no").innerText()).trim();
}

// sit takes a seat at a window of a hall.
export async function sit(clerk, window) {
  const { page } = clerk;
  await page.goto("/staff/counter");
  const seat = page.locator(`form[action="/staff/counter/sit"]:has([name="window"][value="${window}"])`);
  if (!await seat.count()) return;
  await look(clerk, "hall-seats");
  await go(page, () => seat.locator("button").click());
  await look(clerk, "hall-desk", { elder: true });
}

// press does one thing at the desk of a window.
export async function press(clerk, what) {
  await go(clerk.page, () => clerk.page.locator(`form[action="/staff/counter/${what}"] button`).first().click());
}

const identify = (how) => `form[action="/staff/counter/open"]:has([name="how"][value="${how}"])`;

// see opens a session with a person whose card the clerk looks at.
export async function see(clerk, number, name) {
  const { page } = clerk;
  await page.goto("/staff/counter");
  const form = page.locator(identify("seen"));
  await form.locator('[name="number"]').fill(number);
  await form.locator('[name="name"]').fill(name);
  await go(page, () => form.locator("button").click(), 422);
  await look(clerk, "hall-not-compared");
  await form.locator('[name="seen"]').check();
  await go(page, () => form.locator("button").click());
  await served(clerk);
}

// scan opens a session by the code that a person shows on the phone.
export async function scan(clerk, person) {
  await person.page.goto("/account/code");
  await go(person.page, () => person.page.locator('form[action="/account/code"] button').click());
  await look(person, "hall-code");
  const code = (await person.page.locator(".tb-visit__code, .tb-code8, main strong").first().innerText()).trim();
  await clerk.page.goto("/staff/counter");
  const form = clerk.page.locator(identify("code"));
  await form.locator('[name="code"]').fill(code);
  await go(clerk.page, () => form.locator("button").click());
  await served(clerk);
}

async function served(clerk) {
  await look(clerk, "hall-session", { elder: true });
  assert.equal(await clerk.page.locator(".tb-for--counter").count(), 1, "nothing says who is served");
}

// compare looks at every original and keeps or returns it.
export async function compare(clerk, draft, paper) {
  const { page } = clerk;
  await page.goto(`/drafts/${draft}/counter`);
  await look(clerk, "hall-originals");
  const boxes = page.locator('main input[type="checkbox"][name^="seen."]');
  if (!await boxes.count()) return;
  for (const box of await boxes.all()) await box.check();
  for (const choice of await page.locator(`main input[name^="paper."][value="${paper}"]`).all()) await choice.check();
  await go(page, () => page.locator('main button[value="originals"]').click());
}

// confirm has the person sign on the screen of the window, before the clerk.
export async function confirm(clerk, draft) {
  const { page } = clerk;
  if (!page.url().endsWith("/counter")) await page.goto(`/drafts/${draft}/counter`);
  await fill({ locator: (q) => page.locator(q.replace("main form", "main form:has([name='method'])")), url: () => page.url() }, { method: "drawn", witness: "yes" });
  await draw(page);
  await go(page, () => page.locator('main button[value="confirm"]').click());
  assert.ok(page.url().endsWith("/check"), `not confirmed: ${page.url()}`);
  await look(clerk, "hall-confirmed");
}

// draw writes a signature with the pointer.
async function draw(page) {
  const pad = page.locator("canvas.tb-sign__pad");
  await pad.scrollIntoViewIfNeeded();
  const box = await pad.boundingBox();
  const at = (x, y) => [box.x + box.width * x, box.y + box.height * y];
  await page.mouse.move(...at(0.2, 0.3));
  await page.mouse.down();
  for (const [x, y] of [[0.3, 0.7], [0.45, 0.25], [0.6, 0.7], [0.8, 0.4]]) await page.mouse.move(...at(x, y), { steps: 4 });
  await page.mouse.up();
}

// end ends the session on a page of the person; going back shows nothing of them.
export async function end(clerk, name, there) {
  const { page } = clerk;
  await page.goto(there);
  assert.ok((await page.locator("body").innerText()).includes(name), `${there} does not show ${name}`);
  await go(page, () => page.locator(".tb-for--counter form[action='/staff/counter/end'] button").click());
  await look(clerk, "hall-summary");
  await page.goBack();
  const left = await page.locator("body").innerText();
  assert.ok(!left.includes(name), `${there} still shows ${name}`);
  assert.equal(await page.locator(".tb-for--counter").count(), 0, "still served");
}
