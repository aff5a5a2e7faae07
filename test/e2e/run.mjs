// Runs every browser test. Needs bin/tongban, npm packages in web/ and Chromium.
import { run } from "node:test";
import { spec } from "node:test/reporters";
import { readdirSync } from "node:fs";
import { join } from "node:path";

const files = readdirSync(import.meta.dirname).filter((f) => f.endsWith(".test.mjs")).map((f) => join(import.meta.dirname, f));
run({ files, concurrency: 1, timeout: 15 * 60 * 1000 })
  .on("test:fail", () => { process.exitCode = 1; })
  .compose(spec)
  .pipe(process.stdout);
