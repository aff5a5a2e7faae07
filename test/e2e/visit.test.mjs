// A visit to the premises, as those see it who go and those who are visited: planned
// with two officials, confirmed on a phone, the checklist filled in on the spot,
// both sign, and the record is there as PDF for both sides.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { actFor } from "./apply.mjs";
import { launch, look, open, serve, until } from "./lib.mjs";
import { account, apply, day, go, hygiene, signIn } from "./steps.mjs";

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
  await page.locator('[name="day"]').fill(day().text);
  await page.locator('[name="time"]').selectOption("09:00-11:00");
  await go(page, () => page.locator("main form button").last().click());
  await look(official, "visit-planned");
  return page.url().split("/").at(-1);
}

// drawn is a picture as a camera takes it: large, and no two points alike.
function drawn(page, type) {
  return page.evaluate(async (kind) => {
    const canvas = new OffscreenCanvas(1600, 1200);
    const paint = canvas.getContext("2d");
    const points = paint.createImageData(1600, 1200);
    for (let i = 0, seed = 7; i < points.data.length; i += 4) {
      seed = (seed * 1103515245 + 12345) & 0x7fffffff;
      const x = (i / 4) % 1600, y = i / 6400, grain = (seed >> 16) & (kind === "image/png" ? 7 : 31);
      points.data.set([x / 7 + grain, y / 5 + grain, 160 - x / 20 + grain, 255], i);
    }
    paint.putImageData(points, 0, 0);
    const bytes = new Uint8Array(await (await canvas.convertToBlob({ type: kind, quality: 0.85 })).arrayBuffer());
    let text = "";
    for (let i = 0; i < bytes.length; i += 4096) text += String.fromCharCode(...bytes.subarray(i, i + 4096));
    return btoa(text);
  }, type).then((text) => Buffer.from(text, "base64"));
}

// exif is what a camera held upright writes first into a JPEG (Exif 2.32): how it was
// held, when, and where.
function exif(time) {
  const tiff = Buffer.alloc(220);
  const entry = (at, tag, kind, count, value) => {
    tiff.writeUInt16LE(tag, at);
    tiff.writeUInt16LE(kind, at + 2);
    tiff.writeUInt32LE(count, at + 4);
    if (typeof value === "string") tiff.write(value, at + 8, "latin1");
    else tiff.writeUInt32LE(value, at + 8);
  };
  const degrees = (at, ...parts) => parts.forEach((n, i) => {
    tiff.writeUInt32LE(Math.round(n * 100), at + 8 * i);
    tiff.writeUInt32LE(100, at + 8 * i + 4);
  });
  tiff.write("II*", "latin1");
  tiff.writeUInt32LE(8, 4);
  tiff.writeUInt16LE(3, 8);
  entry(10, 0x0112, 3, 1, 6); // turned to the right
  entry(22, 0x8769, 4, 1, 60);
  entry(34, 0x8825, 4, 1, 80);
  tiff.writeUInt16LE(1, 60);
  entry(62, 0x9003, 2, 20, 196);
  tiff.writeUInt16LE(4, 80);
  entry(82, 1, 2, 2, "N\0");
  entry(94, 2, 5, 3, 140);
  entry(106, 3, 2, 2, "E\0");
  entry(118, 4, 5, 3, 164);
  degrees(140, 30, 27, 21.6);
  degrees(164, 106, 37, 58.8);
  tiff.write(`${time}\0`, 196, "latin1");
  const head = Buffer.from([0xff, 0xe1, 0, 0]);
  head.writeUInt16BE(tiff.length + 8, 2);
  return Buffer.concat([head, Buffer.from("Exif\0\0", "latin1"), tiff]);
}

// photos are a JPEG and a PNG of several hundred kilobytes, as phones send them.
async function photos(page) {
  const jpeg = await drawn(page, "image/jpeg");
  const list = [
    { name: "IMG_0001.jpg", mimeType: "image/jpeg", buffer: Buffer.concat([jpeg.subarray(0, 2), exif("2026:11:20 09:41:07"), jpeg.subarray(2)]) },
    { name: "Screenshot.png", mimeType: "image/png", buffer: await drawn(page, "image/png") },
  ];
  for (const f of list) assert.ok(f.buffer.length > 300e3, `${f.name} has ${f.buffer.length} bytes`);
  return list;
}

// shown is the size of a picture of a page, once it is there.
function shown(page, name) {
  return page.locator(`main img[alt*="${name}"]`).evaluate(async (img) => {
    img.loading = "eager";
    await img.decode();
    return [img.naturalWidth, img.naturalHeight];
  });
}

// record fills the checklist in on a phone, with the photos that it asks for.
async function record(official, visit) {
  const { page } = official;
  await page.goto(`/staff/inquiries/${visit}/record`);
  await look(official, "visit-checklist", { elder: true });
  for (const pass of await page.locator('main input[type="radio"][value="pass"]').all()) await pass.check();
  await page.locator('[name="item.staff"]').fill("0");
  await page.locator('[name="item.layout"]').fill("一层两间，消毒间单独设置。");
  const taken = await photos(page);
  for (const [n, item] of ["place", "disinfection"].entries()) {
    await page.locator(`[name="photo.${item}"]`).setInputFiles(taken[n]);
    await page.locator("main .tb-photo").nth(n).waitFor();
  }
  assert.deepEqual(await shown(page, taken[1].name), [1600, 1200]);
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
  await look(lin, "visit-invited", { elder: true });
  await go(lin.page, () => lin.page.locator('form[action$="/confirm"] button').click());
  await look(lin, "visit-confirmed");

  const phone = await at("reviewer1", locale, 360);
  await record(phone, visit);
  await sign(phone, visit);
  const second = await at("reviewer2", locale, 360);
  await sign(second, visit);
  await present(second, visit, "有事先走，没有签字。");
  await first.page.goto(`/staff/inquiries/${visit}`);
  const over = await look(first, "visit-over", { elder: true });
  assert.match(over.text, /2026-11-20 09:41:07.*30\.45600, 106\.63300/, "when and where the camera says is not shown");
  await paper(first, `/staff/cases/${id}`);
  await lin.page.goto(`/visits/${visit}`);
  assert.doesNotMatch((await look(lin, "visit-result", { elder: true })).text, /09:41:07/, "the applicant reads what the camera wrote");
  assert.deepEqual(await shown(lin.page, "IMG_0001.jpg"), [1200, 1600], "the copy does not stand upright");
  const copy = await lin.page.request.get(await lin.page.locator('main img[alt*="IMG_0001.jpg"]').getAttribute("src"));
  assert.ok(!(await copy.body()).includes("Exif"), "the copy tells what the camera wrote");
  await paper(lin, `/cases/${id}`);
  await first.page.goto("/staff/inquiries");
  await look(first, "visit-list", { elder: true });
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
