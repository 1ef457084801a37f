// Bundles what is not Rust, as Trunk's post-build hook (see Trunk.toml):
//
// - `styles/main.css`  -> `app-HASH.css`, linked in the page's head;
// - `js/boot.js`       -> `boot-HASH.js`, which sets the theme and starts the wasm;
// - every other entry  -> an ES module of its own, loaded when a page first needs it. Its address stands in
//   `<meta name="berth:module" data-name="NAME" content="/js/NAME-HASH.js">`, where Rust's `modules::load`
//   finds it.
//
// - the parts that `tools/wasm-bindgen` cut the wasm into -> `part-NAME-HASH.wasm`, and what fetches them when a page is opened ->
//   `parts-HASH.js`. They are of one build with the wasm itself, so they bear its hash.
//
// Every name carries its content's hash, so the server may let browsers keep them for ever; and nothing in
// the page is inline, so that `default-src 'self'` holds for it.

import { existsSync } from "node:fs";
import { copyFile, readFile, readdir, writeFile } from "node:fs/promises";
import { execFile } from "node:child_process";
import { basename, dirname, extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { build } from "esbuild";
import { joined } from "./parts.mjs";
import { withoutInlineStyles } from "./xterm.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const into = process.env.TRUNK_STAGING_DIR ?? join(here, "dist");
const base = process.env.TRUNK_PUBLIC_URL ?? "/";
const modules = ["editor", "terminal", "share", "archive"].map((name) => join(here, `${name}.js`)).filter(existsSync);

const common = {
  bundle: true,
  minify: true,
  metafile: true,
  target: ["chrome123", "firefox121", "safari17.5"],
  legalComments: "eof",
  logLevel: "warning",
  entryNames: "[dir]/[name]-[hash]",
};

/** The output that was made of an entry, as an address in the page. */
function address(result, entry) {
  const found = Object.entries(result.metafile.outputs).find(
    ([, output]) => output.entryPoint && basename(output.entryPoint) === basename(entry),
  );
  if (!found) throw new Error(`esbuild made nothing of ${entry}`);
  const path = found[0].replaceAll("\\", "/");
  return base + path.slice(path.lastIndexOf("/js/") >= 0 ? path.lastIndexOf("/js/") + 1 : path.lastIndexOf("/") + 1);
}

const [lazy, boot, styles] = await Promise.all([
  build({
    ...common,
    entryPoints: modules,
    outdir: join(into, "js"),
    format: "esm",
    splitting: true,
    chunkNames: "[name]-[hash]",
    plugins: [withoutInlineStyles],
  }),
  build({ ...common, entryPoints: [join(here, "boot.js")], outdir: into, format: "iife" }),
  build({ ...common, entryPoints: [join(here, "../styles/main.css")], outdir: into, entryNames: "app-[hash]" }),
]);

/** The features of WebAssembly that the compiler uses, as index.html tells wasm-opt. */
const features = (html) => html.match(/data-wasm-opt-params="([^"]*)"/)?.[1].split(" ") ?? [];

/**
 * Puts the wasm's parts into the build, and gives the page's tags for them: the script that fetches them, and each file with the parts
 * that need it.
 */
async function addParts(html) {
  const script = html.match(/data-js="([^"]+)"/)?.[1].slice(base.length);
  const hash = script?.match(/-([0-9a-f]+)\.js$/)?.[1];
  if (!hash) throw new Error("the page names no script of the wasm");
  const release = process.env.TRUNK_PROFILE === "release";
  const from = join(process.env.CARGO_TARGET_DIR ?? join(here, "../../target"), "wasm-bindgen", release ? "release" : "debug", "parts");
  const way = "./__wasm_split.js";
  const loader = `parts-${hash}.js`;
  const main = await readFile(join(into, script), "utf8");
  // The wasm keeps the name by which it knows the script; only where that is, is new.
  const led = main.replace(/(\bfrom\s*["'])\.\/__wasm_split\.js(?=["'])/g, `$1./${loader}`);
  if (led === main) throw new Error("the wasm was not cut into parts: build it by `cargo xtask trunk build`");
  await writeFile(join(into, script), led);
  const used = features(await readFile(join(here, "../index.html"), "utf8"));
  const together = join(from, "together");
  const cut = await joined(from, together, await readFile(join(from, basename(way)), "utf8"), used);
  let fetches = cut.script.replaceAll("./main.js", `./${script}`);
  const of = {};
  for (const [part, files] of cut.parts) for (const file of files) (of[file] ??= []).push(part);
  const files = await readdir(together);
  const stray = files.filter((file) => !of[file]);
  if (stray.length) throw new Error(`nothing fetches ${stray.join(", ")}`);
  const called = (name) => `part-${basename(name, ".wasm").replace(/^(split|chunk)_/, "")}-${hash}.wasm`;
  await Promise.all(
    files.map(async (name) => {
      const [at, to] = [join(together, name), join(into, called(name))];
      fetches = fetches.replaceAll(`"./${name}"`, `"./${called(name)}"`);
      if (release) await promisify(execFile)("wasm-opt", ["-Oz", ...used, at, "-o", to]);
      else await copyFile(at, to);
    }),
  );
  await writeFile(join(into, loader), fetches);
  return [
    `<link rel="modulepreload" href="${base}${loader}">`,
    ...Object.entries(of).map(([file, names]) => `<meta name="berth:part" data-of="${names.sort().join(" ")}" content="${base}${called(file)}">`),
  ];
}

const page = join(into, "index.html");
if (existsSync(page)) {
  const built = await readFile(page, "utf8");
  const tags = [
    // Before the script, which asks for those that the opened page needs.
    ...(await addParts(built)),
    `<script src="${address(boot, "boot.js")}"></script>`,
    `<link rel="stylesheet" href="${address(styles, "main.css")}">`,
    ...modules.map(
      (entry) =>
        `<meta name="berth:module" data-name="${basename(entry, extname(entry))}" content="${address(lazy, entry)}">`,
    ),
  ];
  const marked = built.replace(/<\/head>/i, `${tags.join("\n")}\n</head>`);
  if (marked === built) throw new Error(`${page} has no </head> to put the bundles into`);
  await writeFile(page, marked);
}
