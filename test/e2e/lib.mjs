// What the browser tests share: the real program on a directory of its own,
// Chromium, and the look that every visited page gets.
import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";

const root = join(import.meta.dirname, "../..");
const require = createRequire(join(root, "web/package.json"));
const { chromium } = require("playwright-core");
// Every page that is looked at parses it anew, and the short form in half the time.
const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");

// A picture of every page goes to E2E_SHOTS; without it only of those that fail.
const shots = process.env.E2E_SHOTS ?? join(tmpdir(), "tongban-e2e");

// until asks again until fn returns something, for two minutes at most: a busy machine
// is slow and not wrong.
export async function until(what, fn) {
  const end = Date.now() + 120_000;
  for (;;) {
    const got = await fn();
    if (got) return got;
    assert.ok(Date.now() < end, `waited in vain for ${what}`);
    await new Promise((r) => setTimeout(r, 50));
  }
}

// database is a fresh one for this file: SQLite in its data folder, or, where
// E2E_POSTGRES names a server, one of PostgreSQL. make e2e names the files that
// take it; a file run by hand takes it whichever it is.
function database() {
  const server = process.env.E2E_POSTGRES;
  const files = process.env.E2E_POSTGRES_FILES?.split(" ");
  if (!server || files && !files.includes(basename(process.argv[1], ".test.mjs"))) return { flags: [], drop() {} };
  const name = `e2e_${process.pid}_${Date.now()}`;
  const psql = (sql) => execFileSync("psql", ["-X", "-q", server, "-c", sql]);
  psql(`CREATE DATABASE ${name}`);
  return { flags: ["--database", server.replace("/postgres?", `/${name}?`)], drop: () => psql(`DROP DATABASE ${name}`) };
}

// serve starts the program in demo mode on a fresh directory.
export async function serve() {
  const data = mkdtempSync(join(tmpdir(), "tongban-data-"));
  const bin = process.env.TONGBAN_BIN ?? join(root, "bin/tongban");
  assert.ok(existsSync(bin), `no ${bin}: run make build`);
  const { flags, drop } = database();
  const child = spawn(bin, ["serve", "--demo", "--data", data, "--listen", "127.0.0.1:0", ...flags], { stdio: ["ignore", "pipe", "pipe"] });
  let log = "";
  for (const s of [child.stdout, child.stderr]) s.on("data", (b) => { log += b; });
  const base = await until("the program", () => {
    assert.equal(child.exitCode, null, `the program ended:\n${log}`);
    return /^tongban: ready at (http:\S+?)\/?$/m.exec(log)?.[1];
  });
  return {
    base,
    async stop() {
      if (child.exitCode === null) {
        child.kill("SIGTERM");
        await once(child, "exit");
      }
      drop();
      rmSync(data, { recursive: true, force: true });
    },
  };
}

// Chromium without its windows is the same browser for pages, and opens another
// person's four times as fast.
export function launch() {
  const executablePath = process.env.CHROMIUM ?? ["/usr/bin/chromium-headless-shell", "/usr/bin/chromium"].find(existsSync);
  return chromium.launch({
    executablePath,
    args: ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
  });
}

// open starts a person's browser: a language, a width, wishes for the display.
export async function open(browser, base, { locale = "zh-CN", width = 1280, js = true, prefs = "" } = {}) {
  const context = await browser.newContext({ baseURL: base, locale, viewport: { width, height: 900 }, javaScriptEnabled: js });
  context.setDefaultTimeout(60_000);
  if (prefs) await context.addCookies([{ name: "tb_prefs", value: prefs, url: base }]);
  const page = await context.newPage();
  const complaints = [];
  page.on("pageerror", (e) => complaints.push(String(e)));
  // Chromium reports each answer above 399 as an error; those are asserted.
  page.on("console", (m) => {
    if (m.type() === "error" && !m.text().startsWith("Failed to load resource")) complaints.push(`${m.text()} (${page.url()})`);
  });
  // What the browser's own viewer of PDF files asks for is not the product's.
  page.on("requestfailed", (r) => { if (r.failure()?.errorText !== "net::ERR_ABORTED" && !r.url().startsWith("chrome-extension:")) complaints.push(`${r.url()}: ${r.failure()?.errorText}`); });
  return { context, page, locale, width, js, complaints };
}

const areas = "kit|web|auth|policy|form|catalog|casework|licence|identity|rating|notify|operation|directory|statute|registry|counter|inquiry";
const key = new RegExp(`\\b(?:${areas})\\.(?!yaml\\b)[a-z_]+(?:\\.[a-z_]+)*\\b`);
let count = 0;

// look checks the page a person is on: accessibility, width, language, no
// message keys, no complaint of the browser; and the same page once more as elders
// have it on a phone, where that is asked for.
export async function look(person, name, { elder = false } = {}) {
  const file = join(shots, `${String(++count).padStart(3, "0")}-${name}-${person.locale}-${person.width}${person.js ? "" : "-nojs"}.png`);
  const picture = () => person.page.screenshot({ path: file, fullPage: true });
  if (process.env.E2E_SHOTS) await picture();
  return check(person, name, elder).catch(async (fault) => {
    if (!process.env.E2E_SHOTS) await picture();
    fault.message += `\npicture: ${file}`;
    throw fault;
  });
}

async function check(person, name, elder) {
  const { page } = person;
  const where = `${name} (${page.url()}, ${person.locale}, ${person.width} px)`;
  const seen = await page.evaluate(() => ({
    lang: document.documentElement.lang,
    wide: document.documentElement.scrollWidth - document.documentElement.clientWidth,
    text: document.body.innerText,
    // Codes are shown to administrators as what they are.
    codes: [...document.querySelectorAll("code")].map((e) => e.innerText),
  }));
  assert.equal(seen.lang, person.locale, where);
  assert.ok(seen.wide <= 0, `${where} scrolls sideways by ${seen.wide} px`);
  assert.doesNotMatch(seen.codes.reduce((t, c) => t.replaceAll(c, ""), seen.text), key, `${where} shows a message key`);
  if (person.js) {
    const found = await violations(page);
    assert.deepEqual(found, [], `${where}: accessibility`);
    if (elder) await forElders(page, where);
  }
  assert.deepEqual(person.complaints, [], where);
  return seen;
}

// forElders looks at the page in large type on a phone, without loading it again:
// what answered a form would be gone.
async function forElders(page, where) {
  const size = page.viewportSize();
  const large = (on) => page.evaluate((mode) => {
    if (mode) document.documentElement.dataset.mode = mode;
    else delete document.documentElement.dataset.mode;
  }, on ? "elder" : "");
  await page.setViewportSize({ width: 360, height: 900 });
  await large(true);
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  assert.ok(wide <= 0, `${where} scrolls sideways by ${wide} px for elders`);
  assert.deepEqual(await violations(page), [], `${where}: accessibility for elders`);
  await large(false);
  await page.setViewportSize(size);
}

async function violations(page) {
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => window.axe.run(document, {
    runOnly: { type: "tag", values: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa", "best-practice"] },
    resultTypes: ["violations"],
  }));
  return violations.map((v) => `${v.id}: ${v.help}: ${v.nodes.slice(0, 3).map((x) => x.target.join(" ") + " " + (x.any[0]?.message ?? "")).join(" | ")}`);
}

// weigh returns the bytes over the wire of a first visit.
export async function weigh(browser, base, path) {
  const context = await browser.newContext({ baseURL: base });
  const page = await context.newPage();
  const client = await context.newCDPSession(page);
  await client.send("Network.enable");
  let bytes = 0;
  client.on("Network.loadingFinished", (e) => { bytes += e.encodedDataLength; });
  await page.goto(path, { waitUntil: "networkidle" });
  await context.close();
  return bytes;
}
