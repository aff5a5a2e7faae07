// Applying once: a mother and the father who signs, a restaurant with four
// departments, an agent with a mandate; on a phone, in both languages, with and
// without script.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { actFor, begin, fillIn, send, sign } from "./apply.mjs";
import { launch, look, open, serve } from "./lib.mjs";
import { disability, restaurant } from "./plans.mjs";
import { dated, go, signIn } from "./steps.mjs";

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

async function personOf(name, options) {
  const person = await open(browser, server.base, options);
  await signIn(person, server.base, name);
  return person;
}

const phoneZH = { locale: "zh-CN", width: 360 };
const phoneEN = { locale: "en", width: 360, js: false };
const ways = { "in Chinese with script": phoneZH, "in English without script": phoneEN };

const birth = {
  name: "birth", mark: "黄磊",
  answers: {
    with_other: "yes", stage: "expected", ...dated("due_date", 118), child_order: "second", home: "same",
  },
};

// What the registers know is not asked; the other parent signs; where all agrees
// it is granted at once.
async function parents(options) {
  const mother = await personOf("chen", options);
  await begin(mother, "ADDED-511602-birth-registration");
  await fillIn(mother, birth);
  const check = await look(mother, "birth-check");
  assert.ok(check.text.includes("黄磊"), "the register's answer is not shown");
  await send(mother);
  assert.match(mother.page.url(), /\/signers$/);
  await look(mother, "birth-waiting");

  const father = await personOf("huang", options);
  await sign(father, birth);
  await father.context.close();

  await mother.page.goto("/licences");
  await look(mother, "birth-licences");
  assert.ok(await mother.page.locator('main a[href^="/licences/"]').count(), "nothing was issued");
  await mother.page.goto("/inbox");
  await look(mother, "birth-inbox");
  await mother.page.goto("/account/data");
  const log = await look(mother, "birth-data");
  assert.match(log.text, /婚姻|[Mm]arriage/, "the look at the marriage register is not in the log");
  await mother.context.close();
}

// One form and one set of papers become a case with four departments at work.
async function bundle(options) {
  const owner = await personOf("he", options);
  await actFor(owner, "味乡");
  await begin(owner, "ADDED-511602-open-restaurant");
  await fillIn(owner, restaurant);
  await look(owner, "restaurant-check");
  await send(owner);
  assert.match(owner.page.url(), /\/receipt$/);
  const receipt = await look(owner, "restaurant-receipt");
  assert.equal(new Set(receipt.text.match(/广安区(?:市监局|卫健局|消防大队|综合执法局)|Market|Health Bureau|Fire|Enforcement/g)).size >= 3, true,
    "the receipt does not name who works on it");
  const id = owner.page.url().split("/").at(-2);
  await owner.page.goto(`/cases/${id}`);
  await look(owner, "restaurant-case");
  const pdf = await owner.page.request.get(`/cases/${id}/receipt.pdf`);
  assert.equal((await pdf.body()).subarray(0, 5).toString(), "%PDF-");

  // Each department sees its own part and none of the others.
  const market = await personOf("market", { locale: options.locale, width: 1280 });
  await market.page.goto("/staff/tasks");
  await look(market, "market-tasks");
  await go(market.page, () => market.page.locator('main a[href^="/staff/cases/"]').first().click());
  const seen = await look(market, "market-case");
  assert.ok(!seen.text.includes("106.633"), "the market bureau sees where the sign hangs");
  await market.context.close();
  await owner.context.close();
}

// An agent acts under a mandate that covers two services, and for no other.
async function agent(options) {
  const son = await personOf("zhao", options);
  await actFor(son, "周淑芬");
  await begin(son, "511F82001002-511602000000-000-11511301452259996U-1-00");
  await fillIn(son, disability);
  await look(son, "disability-check");
  await send(son);
  assert.match(son.page.url(), /\/receipt$/);
  const receipt = await look(son, "disability-receipt");
  assert.match(receipt.text, /赵志远/, "the receipt does not say who acted");
  await son.page.goto("/services/ADDED-511602-birth-registration");
  await go(son.page, () => son.page.locator('form[action^="/apply/"] button').first().click(), null);
  assert.doesNotMatch(son.page.url(), /\/drafts\//, "the mandate does not cover this");
  await look(son, "not-covered");
  await son.context.close();

  const mother = await personOf("zhou", options);
  await mother.page.goto("/cases");
  const cases = await look(mother, "principal-cases");
  assert.match(cases.text, /残疾人证|disabilit/i, "the principal does not see the case");
  await mother.page.goto("/account/mandates");
  await look(mother, "principal-mandates");
  await mother.context.close();
}

for (const [how, options] of Object.entries(ways)) {
  test(`two parents ${how}`, () => parents(options));
  test(`a restaurant, all in one ${how}`, () => bundle(options));
  test(`an agent with a mandate ${how}`, () => agent(options));
}
