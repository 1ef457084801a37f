// Puts `.br` and `.gz` beside each file of a folder that gains by it, for a server that sends them as they
// are: node compress.mjs FOLDER

import { readdir, readFile, stat, writeFile } from "node:fs/promises";
import { extname, join } from "node:path";
import { promisify } from "node:util";
import { brotliCompress, constants, gzip } from "node:zlib";

const TEXTS = new Set([".html", ".js", ".css", ".svg", ".json", ".map"]);
const GAINS = new Set([...TEXTS, ".wasm", ".bin"]);

const brotli = (bytes, name) =>
  promisify(brotliCompress)(bytes, {
    params: {
      [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY,
      [constants.BROTLI_PARAM_LGWIN]: constants.BROTLI_MAX_WINDOW_BITS,
      [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
      [constants.BROTLI_PARAM_MODE]: TEXTS.has(extname(name)) ? constants.BROTLI_MODE_TEXT : constants.BROTLI_MODE_GENERIC,
    },
  });

async function files(folder) {
  const entries = await readdir(folder, { withFileTypes: true });
  const found = entries.map((entry) =>
    entry.isDirectory() ? files(join(folder, entry.name)) : [join(folder, entry.name)],
  );
  return (await Promise.all(found)).flat();
}

const folder = process.argv[2];
if (!folder || !(await stat(folder).catch(() => null))?.isDirectory()) {
  console.error("usage: node compress.mjs FOLDER");
  process.exit(2);
}
await Promise.all(
  (await files(folder))
    .filter((name) => GAINS.has(extname(name)))
    .map(async (name) => {
      const bytes = await readFile(name);
      const made = { br: await brotli(bytes, name), gz: await promisify(gzip)(bytes, { level: 9 }) };
      for (const [ending, smaller] of Object.entries(made)) {
        if (smaller.length < bytes.length * 0.95) await writeFile(`${name}.${ending}`, smaller);
      }
    }),
);
