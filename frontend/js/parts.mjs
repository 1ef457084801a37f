// Joins the files that the wasm's parts share (`tools/wasm-bindgen` cuts them, `build.mjs` puts them into the build).
//
// The wasm is cut into one file for each set of parts that share something: hundreds, most of them of a few hundred bytes, and each
// is a request. A file may as well be fetched by a part that has no use for it: what that costs is weighed here against the requests
// that it saves.

import { copyFile, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** What a request costs, in bytes on the wire: its headers, and that compression begins anew. */
const REQUEST = 4000;
/** How much of a byte of wasm is left on the wire. */
const COMPRESSED = 0.3;

/** Parts that nobody waits for, since they come once the page is there, and one that hardly anybody opens; all others count as one. */
const COUNTS = new Map([["assist", 0.4], ["palette", 0.4], ["gallery", 0.1]]);

/**
 * Which files to join: of `files`, each `{name, bytes, parts}` with the set of parts that need it, lists of such that are better one.
 * Pair by pair, the one that saves most first.
 */
export function grouped(files) {
  const fetched = (parts) => [...parts].reduce((all, part) => all + (COUNTS.get(part) ?? 1), 0);
  const cost = ({ bytes, parts }) => fetched(parts) * (bytes * COMPRESSED + REQUEST);
  const both = (a, b) => ({ files: [...a.files, ...b.files], bytes: a.bytes + b.bytes, parts: new Set([...a.parts, ...b.parts]) });
  const groups = files.map((file) => ({ files: [file], bytes: file.bytes, parts: file.parts }));
  for (;;) {
    let best;
    for (let i = 0; i < groups.length; i++) {
      for (let j = i + 1; j < groups.length; j++) {
        const one = both(groups[i], groups[j]);
        const saved = cost(groups[i]) + cost(groups[j]) - cost(one);
        if (saved > (best?.saved ?? 0)) best = { saved, i, j, one };
      }
    }
    if (!best) return groups.map((group) => group.files);
    groups.splice(best.j, 1);
    groups.splice(best.i, 1, best.one);
  }
}

const MODULE = "__wasm_split";
// As long as that, so that it can be put back in place.
const HOST = "__wasm_parts";

function varuint(number) {
  const bytes = [];
  do {
    bytes.push((number & 0x7f) | (number > 0x7f ? 0x80 : 0));
    number >>>= 7;
  } while (number);
  return bytes;
}

/** Reads bytes of a module from one place on. */
class Reader {
  constructor(wasm, at) {
    Object.assign(this, { wasm, at });
  }

  byte() {
    return this.wasm[this.at++];
  }

  number() {
    for (let [result, shift] = [0, 0]; ; shift += 7) {
      const byte = this.byte();
      result |= (byte & 0x7f) << shift;
      if (byte < 0x80) return result >>> 0;
    }
  }

  text() {
    const length = this.number();
    return this.wasm.toString("utf8", this.at, (this.at += length));
  }
}

/** The sections of a module: `[{id, at, length}]`. */
function sections(wasm) {
  const [reader, found] = [new Reader(wasm, 8), []];
  while (reader.at < wasm.length) {
    const [id, length] = [reader.byte(), reader.number()];
    found.push({ id, at: reader.at, length });
    reader.at += length;
  }
  return found;
}

/** What is left of a module when nobody looks for names in it any more. */
const weight = (wasm) => sections(wasm).reduce((all, { id, length }) => (id === 0 ? all : all + length), 8);

/** What a module has from outside, which may be memories, tables and globals alone: `[{field, kind, type}]`. */
function imports(wasm, name) {
  const section = sections(wasm).find(({ id }) => id === 2);
  if (!section) return [];
  const reader = new Reader(wasm, section.at);
  return Array.from({ length: reader.number() }, () => {
    const [module, field, kind, from] = [reader.text(), reader.text(), reader.byte(), reader.at];
    if (module !== MODULE || kind === 0) throw new Error(`${name} imports ${field} from ${module}: it cannot be joined`);
    if (kind === 1) reader.byte();
    if (kind === 3) reader.at += 2;
    else for (let limits = reader.number() & 1 ? 2 : 1; limits; limits--) reader.number();
    return { field, kind, type: [...wasm.subarray(from, reader.at)] };
  });
}

/** A module that has from outside what all parts share, and hands it on: so that modules that are joined have one memory, not each its own. */
function host(shared) {
  const name = (text) => [...varuint(text.length), ...Buffer.from(text)];
  const section = (id, entries) => {
    const body = [...varuint(entries.length), ...entries.flat()];
    return [id, ...varuint(body.length), ...body];
  };
  const seen = [0, 0, 0, 0];
  return Buffer.from([
    ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
    ...section(2, shared.map(({ field, kind, type }) => [...name(HOST), ...name(field), kind, ...type])),
    ...section(7, shared.map(({ field, kind }) => [...name(field), kind, ...varuint(seen[kind]++)])),
  ]);
}

/** Makes one module of several. */
async function joinFiles(paths, made, features) {
  const shared = new Map();
  for (const path of paths) for (const one of imports(await readFile(path), path)) shared.set(one.field, one);
  const shim = `${made}.host`;
  await writeFile(shim, host([...shared.values()]));
  const modules = paths.flatMap((path, at) => [path, `part${at}`]);
  // Several memories until the joined one is made: then the parts' are the host's.
  await run("wasm-merge", [...features, "--enable-multimemory", shim, MODULE, ...modules, "-o", made]);
  const wasm = await readFile(made);
  for (let at = wasm.indexOf(HOST); at >= 0; at = wasm.indexOf(HOST, at)) wasm.write(MODULE, at);
  await Promise.all([rm(shim), writeFile(made, wasm)]);
}

/** Where in the script that fetches the parts their loaders begin; what stands before is the tool's, and stays. */
const LOADERS = /(?:\/\*[^*]*\*\/\s*)?(?:export )?const __(?:chunk_\d+|wasm_split_load_\w+) =/;
const CHUNK = /const (__chunk_\d+) = makeLoad\(\(\) => \{\s*const src = fetch\(new URL\("\.\/([^"]+)"/g;
const PART = /export const __wasm_split_load_(\w+) = wrapAsyncCb\(makeLoad\(\(\) => \{\s*const src = fetch\(new URL\("\.\/([^"]+)"[\s\S]*?, \[([^\]]*)\]\)\)/g;

/** The files of each part, its own one first, as the tool's script says: a map from parts to lists of names. */
export function needs(script) {
  const chunks = new Map([...script.matchAll(CHUNK)].map(([, chunk, file]) => [chunk, file]));
  return new Map(
    [...script.matchAll(PART)].map(([, part, own, shared]) => {
      const files = shared.split(",").map((chunk) => chunk.trim()).filter(Boolean);
      for (const chunk of files) if (!chunks.has(chunk)) throw new Error(`nothing fetches ${chunk}, which ${part} needs`);
      return [part, [own, ...files.map((chunk) => chunks.get(chunk))]];
    }),
  );
}

/** The script that fetches the files of each part, with the tool's beginning. */
function loaders(script, parts) {
  const beginning = script.slice(0, script.search(LOADERS));
  const shared = [...new Set([...parts.values()].flatMap(([, ...files]) => files))];
  const name = (file) => `__shared_${shared.indexOf(file)}`;
  return [
    beginning,
    "const from = (address) => () => {",
    "  const src = fetch(new URL(address, import.meta.url));",
    "  src.catch(() => {});",
    "  return (imports) => WebAssembly.instantiateStreaming(src, imports);",
    "};",
    ...shared.map((file) => `const ${name(file)} = makeLoad(from("./${file}"), []);`),
    ...[...parts].map(([part, [own, ...files]]) => `export const __wasm_split_load_${part} = wrapAsyncCb(makeLoad(from("./${own}"), [${files.map(name).join(", ")}]));`),
    "",
  ].join("\n");
}

/**
 * Joins the files that parts share: from the folder `from`, with the tool's script, into the folder `to`. Gives the files of each part
 * as they are then, and the script that fetches them. `features` are those of WebAssembly that the compiler uses.
 */
export async function joined(from, to, script, features) {
  const parts = needs(script);
  await rm(to, { recursive: true, force: true });
  await mkdir(to, { recursive: true });
  for (const [own] of parts.values()) await copyFile(join(from, own), join(to, own));
  const shared = new Map();
  for (const [part, [, ...files]] of parts) for (const file of files) shared.set(file, (shared.get(file) ?? new Set()).add(part));
  const files = await Promise.all([...shared].map(async ([name, parts]) => ({ name, bytes: weight(await readFile(join(from, name))), parts })));
  const into = new Map();
  await Promise.all(
    grouped(files).map(async (group) => {
      const names = group.map(({ name }) => name);
      for (const name of names) into.set(name, names[0]);
      const [paths, made] = [names.map((name) => join(from, name)), join(to, names[0])];
      await (paths.length > 1 ? joinFiles(paths, made, features) : copyFile(paths[0], made));
    }),
  );
  // A part that shares something with a group fetches all of it.
  const fewer = new Map([...parts].map(([part, [own, ...files]]) => [part, [own, ...new Set(files.map((file) => into.get(file)))]]));
  return { parts: fewer, script: loaders(script, fewer) };
}
