import { chromium } from "playwright-core";
const base = process.argv[2], out = process.argv[3];
const b = await chromium.launch({ executablePath: "/usr/bin/chromium", args: ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"] });
for (const spec of process.argv.slice(4)) {
  const [path, width, name, cookie] = spec.split("|");
  const c = await b.newContext({ viewport: { width: +width, height: 800 }, locale: cookie?.includes("lang=en") ? "en" : "zh-CN" });
  if (cookie) await c.addCookies([{ name: "tb_prefs", value: cookie, url: base }]);
  const p = await c.newPage();
  p.on("console", (m) => console.log(name, m.text()));
  await p.goto(base + path);
  await p.screenshot({ path: `${out}/${name}.png`, fullPage: true });
  const w = await p.evaluate(() => document.documentElement.scrollWidth);
  if (w > +width) console.log(name, "scrolls sideways", w);
  await c.close();
}
await b.close();
