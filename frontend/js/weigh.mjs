// What a browser fetches until the dashboard can be used, and whether it keeps to `frontend/budgets.json`:
//
//     node weigh.mjs DIST quick|release
//
// A file weighs what goes over the wire: its `.br` where there is one, else what brotli makes of it. The quick build has none, and a
// lesser brotli that is done in a second tells of a jump as well.

import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { extname, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { brotliCompress, constants } from "node:zlib";

const KINDS = { ".html": "page", ".js": "script", ".css": "style", ".wasm": "wasm", ".woff2": "font", ".svg": "image", ".png": "image" };
const QUICK = { params: { [constants.BROTLI_PARAM_QUALITY]: 5 } };

async function weight(folder, name) {
  const path = join(folder, name);
  if (existsSync(`${path}.br`)) return (await readFile(`${path}.br`)).length;
  return (await promisify(brotliCompress)(await readFile(path), QUICK)).length;
}

/** The attributes of all tags of a name, in order. */
function tags(html, name) {
  return [...html.matchAll(new RegExp(`<${name}\\b([^>]*)>`, "gi"))].map(([, inside]) =>
    Object.fromEntries([...inside.matchAll(/([\w:-]+)=(?:"([^"]*)"|'([^']*)')/g)].map(([, key, double, single]) => [key, double ?? single])),
  );
}

/**
 * The files of a built dashboard that every page fetches before it can be used (`first`), those of the wasm's part that shows it
 * (`parts`), and those that a page fetches when it needs them (`later`), each `{name, kind, bytes}`; of the latter two `kind` is the
 * name of the part, and a file that several parts need is there for each.
 */
export async function weigh(folder) {
  const html = await readFile(join(folder, "index.html"), "utf8");
  const file = (address) => address.replace(/^\//, "");
  const links = tags(html, "link").filter(({ rel }) => ["stylesheet", "icon", "preload", "modulepreload"].includes(rel));
  const metas = tags(html, "meta");
  const app = metas.filter(({ name }) => name === "berth:app").flatMap((meta) => [meta["data-js"], meta["data-wasm"]]);
  const scripts = tags(html, "script").flatMap(({ src }) => src ?? []);
  const names = new Set(["index.html", ...[...scripts, ...links.map(({ href }) => href), ...app].map(file)]);
  for (const style of [...names].filter((name) => extname(name) === ".css")) {
    const text = await readFile(join(folder, style), "utf8");
    for (const [, address] of text.matchAll(/url\(["']?([^"')]+)["']?\)/g)) {
      if (!address.startsWith("data:") && !address.startsWith("#")) names.add(file(address));
    }
  }
  const first = [...names].map(async (name) => {
    const kind = KINDS[extname(name)];
    if (!kind) throw new Error(`nobody knows of what kind ${name} is: add its ending to KINDS in frontend/js/weigh.mjs`);
    return { name, kind, bytes: await weight(folder, name) };
  });
  const later = metas
    .filter(({ name }) => name === "berth:module")
    .map(async (meta) => ({ name: file(meta.content), kind: meta["data-name"], bytes: await weight(folder, file(meta.content)) }));
  const parts = metas
    .filter(({ name }) => name === "berth:part")
    .flatMap((meta) => meta["data-of"].split(" ").map(async (kind) => ({ name: file(meta.content), kind, bytes: await weight(folder, file(meta.content)) })));
  return { first: await Promise.all(first), parts: await Promise.all(parts), later: await Promise.all(later) };
}

const sum = (files) => files.reduce((all, { bytes }) => all + bytes, 0);
const grouped = (bytes) => bytes.toLocaleString("en");

/** What is weighed against its budget, a line each: `{kind, files, bytes, budget}`; `budget` is undefined for what has none. */
export function lines({ first, parts, later }, budgets, profile) {
  const line = (which, files, kind) => ({ kind, files: files.length, bytes: sum(files), which, budget: budgets[which].find((one) => one.kind === kind) });
  const kinds = (which, files) => [...new Set([...budgets[which].map(({ kind }) => kind), ...files.map(({ kind }) => kind)])];
  const of = (kind) => parts.filter((one) => one.kind === kind);
  const heaviest = kinds("parts", parts).map(of).reduce((most, one) => (sum(one) > sum(most) ? one : most), []);
  const together = { all: heaviest, "sign-in": of("login") };
  return [
    ...kinds("first", first).map((kind) => line("first", kind in together ? [...first, ...together[kind]] : first.filter((one) => one.kind === kind), kind)),
    ...kinds("parts", parts).map((kind) => line("parts", of(kind), kind)),
    ...kinds("later", later).map((kind) => line("later", later.filter((one) => one.kind === kind), kind)),
  ].map((one) => ({ ...one, most: one.budget?.bytes[profile] }));
}

/** What is over its budget, or has none, a sentence each. */
export function over(weighed, budgets, profile) {
  const what = ({ which, kind }) => (which === "later" ? `the part \`${kind}\`` : which === "parts" ? `the wasm's part \`${kind}\`` : kind === "all" ? "the whole first load" : kind === "sign-in" ? "all that is fetched to sign in" : `of a first load what is of the kind \`${kind}\``);
  return lines(weighed, budgets, profile).flatMap((one) => {
    if (!one.budget) return [`${what(one)} has no budget: it is ${one.files} files and ${grouped(one.bytes)} bytes`];
    const said = [];
    if (one.files > one.budget.files) said.push(`${what(one)} is ${one.files} requests, of at most ${one.budget.files}. ${one.budget.why}`);
    if (one.bytes > one.most) said.push(`${what(one)} is ${grouped(one.bytes)} bytes, of at most ${grouped(one.most)}. ${one.budget.why}`);
    return said;
  });
}

/** The budgets as they stand in `frontend/budgets.json`. */
export async function readBudgets() {
  return JSON.parse(await readFile(join(import.meta.dirname, "../budgets.json"), "utf8"));
}

async function main([folder, profile]) {
  const budgets = await readBudgets();
  if (!folder || !existsSync(join(folder, "index.html")) || !["quick", "release"].includes(profile)) {
    console.error("usage: node weigh.mjs DIST quick|release, where DIST is a dashboard that was built");
    return 2;
  }
  const weighed = await weigh(resolve(folder));
  for (const { which, kind, files, bytes, most } of lines(weighed, budgets, profile)) {
    const share = most === undefined ? "no budget" : `of at most ${grouped(most)}`;
    console.log(`${{ first: "first load", parts: "page      ", later: "later     " }[which]}  ${kind.padEnd(9)} ${String(files).padStart(2)} files  ${grouped(bytes).padStart(10)} bytes  ${share}`);
  }
  const complaints = over(weighed, budgets, profile);
  for (const complaint of complaints) console.error(`over budget: ${complaint}`);
  if (complaints.length) console.error("Make it smaller or load it later; where it is worth its weight, raise the budget in frontend/budgets.json and say why.");
  return complaints.length ? 1 : 0;
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) process.exitCode = await main(process.argv.slice(2));
