// How pages look to different eyes and devices: modes, weight, suggestions, the
// pages of staff, and what is shown when something is not there.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launch, look, open, serve, weigh } from "./lib.mjs";
import { account, go, hygiene, signIn } from "./steps.mjs";

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

const open_ = ["/", "/search?q=卫生许可", `/services/${hygiene}`, "/services", "/themes", "/departments", "/verify", "/progress", "/signin", "/calendar", "/preferences", "/accessibility", "/privacy"];

const name = (path) => path.split("?")[0].replaceAll("/", "-").slice(0, 30) || "-";

for (const prefs of ["theme=dark", "mode=elder", "contrast=more", "theme=dark&contrast=more"]) {
  for (const width of [360, 1280]) {
    test(`${prefs} at ${width} px`, async () => {
      const person = await open(browser, server.base, { width, prefs });
      for (const path of ["/", "/search?q=卫生许可", `/services/${hygiene}`, "/signin"]) {
        assert.equal((await person.page.goto(path)).status(), 200);
        await look(person, prefs.replaceAll(/\W/g, "-") + name(path));
      }
      await person.context.close();
    });
  }
}

for (const locale of ["zh-CN", "en"]) {
  test(`open pages on a phone, ${locale}`, async () => {
    const person = await open(browser, server.base, { locale, width: 360 });
    for (const path of open_) {
      assert.equal((await person.page.goto(path)).status(), 200, path);
      await look(person, "open" + name(path));
    }
    assert.equal((await person.page.goto("/no/such/page")).status(), 404);
    await look(person, "not-found");
    await person.context.close();
  });
}

test("a first visit weighs at most 100 KB", async () => {
  for (const path of ["/", "/search?q=卫生许可", `/services/${hygiene}`, "/signin"]) {
    const bytes = await weigh(browser, server.base, path);
    assert.ok(bytes > 1000 && bytes <= 100_000, `${path}: ${bytes} bytes`);
  }
});

test("search suggests while one types, by keyboard alone", async () => {
  const person = await open(browser, server.base);
  const { page } = person;
  await page.goto("/");
  // Who types slowly is answered in between; what is looked at is the last answer.
  const answered = page.waitForResponse((r) => new URL(r.url()).searchParams.get("q") === "理发店");
  await page.locator("#q").pressSequentially("理发店");
  await (await answered).finished();
  await page.locator('[role="option"]').first().waitFor();
  await look(person, "suggest");
  const covered = await page.locator('[role="option"]').evaluateAll((all) => all.filter((e) => {
    const r = e.getBoundingClientRect();
    return !e.contains(document.elementFromPoint(r.x + r.width / 2, r.y + r.height / 2));
  }).length);
  assert.equal(covered, 0, "suggestions lie under something");
  await page.keyboard.press("ArrowDown");
  assert.equal(await page.locator('[role="option"][aria-selected="true"]').count(), 1);
  await go(page, () => page.keyboard.press("Enter"));
  assert.match(page.url(), /\/services\//);
  await person.context.close();
});

test("language and display are switched from the bar and stay, without script", async () => {
  const person = await open(browser, server.base, { js: false });
  const { page } = person;
  await page.goto("/search?q=卫生");
  await go(page, () => page.locator('button[name="lang"]').click());
  assert.match(decodeURIComponent(page.url()), /\/search\?q=卫生$/);
  assert.equal(await page.locator("html").getAttribute("lang"), "en");
  await go(page, () => page.locator('button[name="theme"]').click());
  await go(page, () => page.locator('button[name="mode"]').click());
  assert.equal(await page.locator("html").getAttribute("data-theme"), "dark");
  assert.equal(await page.locator("html").getAttribute("data-mode"), "elder");
  assert.equal(await page.locator("html").getAttribute("lang"), "en");
  await person.context.close();
});

// Every page of the bar, for everybody who has a bar, in both languages.
for (const who of ["clerk", "supervisor", "catalog", "admin"]) {
  test(`the desk of ${who}`, async () => {
    const person = await open(browser, server.base);
    const { page } = person;
    assert.ok(await account(server.base, who));
    await signIn(person, server.base, who);
    for (const [locale, width, prefs] of [["zh-CN", 1280, ""], ["en", 360, "theme=dark"]]) {
      Object.assign(person, { locale, width });
      await page.setViewportSize({ width, height: 900 });
      await person.context.addCookies([{ name: "tb_prefs", value: `lang=${locale}&${prefs}`, url: server.base }]);
      await page.goto("/account");
      const paths = await page.locator(".tb-sh nav a").evaluateAll((all) => all.map((a) => a.getAttribute("href")));
      assert.ok(paths.length > 0, "an empty bar");
      for (const path of [...new Set(paths)]) {
        assert.equal((await page.goto(path)).status(), 200, path);
        await look(person, who + name(path));
      }
    }
    await person.context.close();
  });
}
