// Bundles what is not Rust, as Trunk's post-build hook (see Trunk.toml):
//
// - `styles/main.css`  -> `app-HASH.css`, linked in the page's head;
// - `js/boot.js`       -> `boot-HASH.js`, which sets the theme and starts the wasm;
// - every other entry  -> an ES module of its own, loaded when a page first needs it. Its address stands in
//   `<meta name="berth:module" data-name="NAME" content="/js/NAME-HASH.js">`, where Rust's `modules::load`
//   finds it.
//
// Every name carries its content's hash, so the server may let browsers keep them for ever; and nothing in
// the page is inline, so that `default-src 'self'` holds for it.

import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { basename, dirname, extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { withoutInlineStyles } from "./xterm.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const into = process.env.TRUNK_STAGING_DIR ?? join(here, "dist");
const base = process.env.TRUNK_PUBLIC_URL ?? "/";
const modules = ["editor", "terminal", "share"].map((name) => join(here, `${name}.js`)).filter(existsSync);

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

const page = join(into, "index.html");
if (existsSync(page)) {
  const tags = [
    `<script src="${address(boot, "boot.js")}"></script>`,
    `<link rel="stylesheet" href="${address(styles, "main.css")}">`,
    ...modules.map(
      (entry) =>
        `<meta name="berth:module" data-name="${basename(entry, extname(entry))}" content="${address(lazy, entry)}">`,
    ),
  ];
  const html = await readFile(page, "utf8");
  const marked = html.replace(/<\/head>/i, `${tags.join("\n")}\n</head>`);
  if (marked === html) throw new Error(`${page} has no </head> to put the bundles into`);
  await writeFile(page, marked);
}
