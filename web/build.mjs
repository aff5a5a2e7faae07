// Builds web/src into internal/kit/web/dist: files with a hash in the name,
// each with gzip and brotli twins, and manifest.json. Also packs the fonts
// that the PDF files embed. Deterministic: same sources, same names.
import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import * as esbuild from "esbuild";
import * as sass from "sass";

const here = import.meta.dirname;
const dist = join(here, "../internal/kit/web/dist");
const fonts = join(here, "../internal/kit/pdf/font");
const read = (name) => readFileSync(join(here, "src", name), "utf8");

mkdirSync(dist, { recursive: true });
for (const f of readdirSync(dist)) if (f !== ".gitkeep") rmSync(join(dist, f));

const manifest = {};
function put(name, content) {
  const body = Buffer.from(content);
  const hash = createHash("sha256").update(body).digest("hex").slice(0, 10);
  const dot = name.lastIndexOf(".");
  const hashed = `${name.slice(0, dot)}.${hash}${name.slice(dot)}`;
  manifest[name] = hashed;
  writeFileSync(join(dist, hashed), body);
  writeFileSync(join(dist, hashed + ".gz"), gzipSync(body, { level: 9 }));
  writeFileSync(join(dist, hashed + ".br"), brotliCompressSync(body, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }));
}

async function css(...parts) {
  const { code } = await esbuild.transform(parts.join("\n"), { loader: "css", minify: true, legalComments: "inline", target: ["chrome109", "firefox115", "safari15.4"] });
  return code;
}

const base = sass.compile(join(here, "src/css/base.scss"), {
  loadPaths: [join(here, "node_modules/govuk-frontend/dist")],
  quietDeps: true,
}).css;
const modes = read("css/modes.css");
put("app.css", await css(base, read("css/tokens.css"), read("css/theme.css"), read("css/kit.css"), read("css/forms.css"), read("css/calendar.css"), read("css/counter.css"), modes));
// Staff pages load both; what wins last must come last there too.
put("staff.css", await css(read("css/staff.css"), modes));

const js = await esbuild.build({
  entryPoints: [join(here, "src/js/app.js")],
  bundle: true, minify: true, format: "esm", write: false, target: ["chrome109", "firefox115", "safari15.4"],
});
put("app.js", js.outputFiles[0].text);

put("icons.svg", read("icons.svg").replaceAll(/\n\s*/g, ""));
put("favicon.svg", read("logo-mark.svg"));
put("logo.svg", read("logo.svg"));
writeFileSync(join(dist, "manifest.json"), JSON.stringify(Object.fromEntries(Object.entries(manifest).sort()), null, 1) + "\n");

mkdirSync(fonts, { recursive: true });
for (const f of readdirSync(fonts)) if (!f.startsWith(".")) rmSync(join(fonts, f));
for (const [dir, file] of [["400Regular", "NotoSansSC_400Regular.ttf"], ["600SemiBold", "NotoSansSC_600SemiBold.ttf"]]) {
  const font = readFileSync(join(here, "node_modules/@expo-google-fonts/noto-sans-sc", dir, file));
  writeFileSync(join(fonts, file + ".gz"), gzipSync(font, { level: 9 }));
}
for (const [name, hashed] of Object.entries(manifest)) {
  const size = (ext) => readFileSync(join(dist, hashed + ext)).length;
  process.stdout.write(`${name.padEnd(12)} ${String(size("")).padStart(7)} gz ${String(size(".gz")).padStart(6)} br ${String(size(".br")).padStart(6)}\n`);
}
