// Runs every browser test, two files at once: while one waits for a page the other
// works. Half of them are on PostgreSQL. Needs bin/tongban, npm packages in web/,
// Chromium and the PostgreSQL programs.
import { execFileSync } from "node:child_process";
import { run } from "node:test";
import { spec } from "node:test/reporters";
import { readdirSync } from "node:fs";
import { join } from "node:path";

const here = import.meta.dirname;
// Those that take long begin first, so that none runs on alone at the end.
const onPostgres = ["work", "counter", "handle", "keyboard"];
const first = [...onPostgres, "journey", "display"].map((n) => `${n}.test.mjs`);
const rank = (f) => (first.indexOf(f) + 1) || first.length + 1;
const files = readdirSync(here).filter((f) => f.endsWith(".test.mjs")).sort((a, b) => rank(a) - rank(b)).map((f) => join(here, f));

process.env.E2E_POSTGRES ??= execFileSync(join(here, "../../scripts/test-postgres"), { encoding: "utf8" }).trim();
process.env.E2E_POSTGRES_FILES = onPostgres.join(" ");
run({ files, concurrency: 2, timeout: 45 * 60 * 1000 })
  .on("test:fail", () => { process.exitCode = 1; })
  .compose(spec)
  .pipe(process.stdout);
