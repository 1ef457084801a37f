// The npm package, used as a stranger would: packed, installed into an empty folder, imported by its name.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { pathToFileURL } from "node:url";

import { documents, root } from "../documents.mjs";

const built = process.env.BERTH_NPM ?? join(root, "target/npm");
const skip = existsSync(join(built, "package.json")) ? false : "target/npm is not there: run `cargo xtask npm`";

let folder;
let berth;
const all = documents();
const typical = readFileSync(join(root, "frontend/src/launch/examples/ports.dstack.yml"), "utf8");

before(async () => {
  if (skip) return;
  folder = mkdtempSync(join(tmpdir(), "berth-npm-"));
  const npm = (args, cwd) =>
    execFileSync("npm", [...args, "--loglevel=error", "--offline", "--no-audit", "--no-fund"], { cwd, encoding: "utf8" });
  const tarball = npm(["pack", "--pack-destination", folder], built).trim().split("\n").at(-1);
  writeFileSync(join(folder, "package.json"), JSON.stringify({ private: true, type: "module" }));
  npm(["install", `./${tarball}`], folder);
  writeFileSync(join(folder, "entry.mjs"), 'export * from "berth";\n');
  berth = await import(pathToFileURL(join(folder, "entry.mjs")).href);
});

after(() => folder && rmSync(folder, { recursive: true }));

test("the verdict and the configuration are those that dstack gives", { skip }, () => {
  for (const { id, yaml, answer } of all) {
    const { ok, config } = berth.check(yaml);
    // Beyond 64 bits; see the tests of the crate.
    if (answer.ok && !ok && /\d{19}/.test(yaml)) continue;
    assert.equal(ok, answer.ok, `${id}: ${yaml}`);
    if (ok) assert.deepEqual(config, answer.config, `${id}: ${yaml}`);
  }
});

test("a fix is applied where it belongs, whatever stands before it", { skip }, () => {
  const text = "type: dev-environment\nide: vscode\n# 😀 é\nhome_dir: '/😀'\nresources:\n  dsik: 100GB..\n";
  const { ok, diagnostics } = berth.check(text);
  assert.equal(ok, false);
  const [{ code, range, fixes }] = diagnostics;
  assert.equal(code, "unknown-key");
  assert.equal(text.slice(range.start.offset, range.end.offset), "dsik");
  const mended = berth.applyFix(text, fixes[0]);
  assert.equal(mended, text.replace("dsik", "disk"));
  assert.equal(berth.check(mended).ok, true);
  assert.throws(() => berth.applyFix("", fixes[0]), RangeError);
});

test("a text is converted, and its edits make what it says", { skip }, () => {
  const text = "# 😀\ntype: dev-environment\nide: vscode\npool_name: team # é\nresources: { gpu: A100 }\n";
  const there = berth.convert(text, { from: "0.18", to: "0.22" });
  assert.equal(there.text, text.replace("pool_name: team", "fleets: [team]").replace("A100", '"A100:1"'));
  assert.equal(berth.applyFix(text, there), there.text);
  const [{ range }] = there.changed;
  assert.equal(text.slice(range.start.offset, range.end.offset), "pool_name");
  assert.deepEqual(there.lost, []);
  assert.throws(() => berth.convert("a: 1", { from: "0.18", to: "0.22" }), /dstack 0\.18/);
});

test("every range lies inside of the text", { skip }, () => {
  for (const { id, yaml } of all) {
    const lines = yaml.split(/\r\n|\r|\n/);
    const inside = ({ start, end }) => {
      assert.ok(0 <= start.offset && start.offset <= end.offset && end.offset <= yaml.length, id);
      for (const { line, column } of [start, end]) {
        assert.ok(line < lines.length && column <= lines[line].length, `${id}: ${line}:${column}`);
      }
    };
    for (const { range, related = [], fixes = [] } of berth.check(yaml).diagnostics) {
      inside(range);
      related.forEach((other) => inside(other.range));
      fixes.flatMap(({ edits }) => edits).forEach((edit) => inside(edit.range));
    }
    berth.hints(yaml).forEach((hint) => inside(hint.range));
  }
});

test("hints say what a value means", { skip }, () => {
  const hints = berth.hints("type: dev-environment\nide: vscode\nresources:\n  disk: 500GB\n");
  assert.deepEqual(hints.map(({ text }) => text), ["→ exactly 500 GB"]);
});

test("a text is read as the release of dstack that is asked for, or that it tells itself", { skip }, () => {
  const text = "type: dev-environment\nname: mine\nresources:\n  gpu: 24GB\nidle_d";
  const whole = text.replace("idle_d", "idle_duration: 1h\n");
  assert.equal(berth.check(whole).ok, false);
  assert.deepEqual(
    ["0.18", "0.22", "auto"].map((dialect) => berth.check(whole, { dialect })).map(({ ok, dialect, why }) => [ok, dialect, why]),
    [[false, "0.18", "asked"], [true, "0.22", "asked"], [true, "0.22", "only-valid"]],
  );
  assert.equal(berth.check(`# dstack: 0.18\n${whole}`, { dialect: "auto" }).why, "pinned");
  assert.deepEqual(berth.complete(text, text.length, { dialect: "0.22" }).items.map(({ label }) => label), ["idle_duration"]);
  assert.deepEqual(berth.complete(text, text.length).items, []);
  assert.match(berth.hover(whole, whole.indexOf("idle_"), { dialect: "0.22" }).doc, /Since dstack 0\.22\.$/);
  assert.deepEqual(berth.hints(whole, { dialect: "0.22" }).map((hint) => hint.text), ["→ 1 or more × 24 GB", "→ 1 h"]);
  assert.throws(() => berth.check(whole, { dialect: "0.20" }), RangeError);
});

test("completion and hover know where they are, by offset and by line", { skip }, () => {
  const text = "# 😀\r\ntype: dev-environment\r\nide: vscode\r\nspot_policy: on\r\nmax_pr";
  const value = berth.complete(text, { line: 3, column: 15 });
  assert.deepEqual(value.items.map(({ label }) => label), ["on-demand"]);
  assert.equal(text.slice(value.range.start.offset, value.range.end.offset), "on");
  const key = berth.complete(text, text.length);
  assert.equal(key.items[0].label, "max_price");
  assert.deepEqual(key, berth.complete(text, { line: 4, column: 6 }));
  assert.deepEqual(key, berth.complete(text, { line: 99, column: 0 }));
  const hover = berth.hover(text, { line: 3, column: 2 });
  assert.equal(hover.path, "spot_policy");
  assert.equal(text.slice(hover.range.start.offset, hover.range.end.offset), "spot_policy");
  assert.equal(berth.hover(text, 1), null);
});

test("with a catalogue, names are completed and checked", { skip }, () => {
  const catalogue = berth.Catalogue.load(readFileSync(join(root, "shared/catalog/offers.bin")));
  const text = "type: dev-environment\nide: vscode\nresources:\n  gpu: H10";
  const names = berth.complete(text, text.length, { catalogue }).items;
  assert.ok(names.some(({ label, detail }) => label === "H100" && /offers/.test(detail)), JSON.stringify(names));
  assert.deepEqual(berth.check(text).diagnostics, []);
  assert.equal(berth.check(text, { catalogue }).diagnostics.length, 1);
  assert.equal(berth.check(text, { catalogue }).ok, true);
});

test("a catalogue gives the offers that fit, and says why none does", { skip }, () => {
  const bytes = readFileSync(join(root, "shared/catalog/offers.bin"));
  const catalogue = berth.Catalogue.load(bytes);
  assert.ok(catalogue.size > 100_000);
  const h100 = "type: dev-environment\nide: vscode\nresources:\n  gpu: H100\n";
  const found = catalogue.offers(h100, { limit: 3 });
  assert.equal(found.offers.length, 3);
  assert.ok(found.total > 3 && found.offers.every(({ gpu }) => gpu.name === "H100"));
  assert.equal(found.explanation, null);
  const none = catalogue.offers(`${h100}max_price: 0.01\n`);
  assert.equal(none.ok, false);
  assert.ok(none.explanation.relaxations.length > 0);
  for (const { proposal, total, cheapest } of none.explanation.relaxations) {
    const after = catalogue.offers(berth.applyFix(`${h100}max_price: 0.01\n`, proposal), { limit: 1 });
    assert.deepEqual([after.total, after.offers[0].price], [total, cheapest]);
  }
  catalogue.free();
  assert.throws(() => berth.Catalogue.load(new Uint8Array([1, 2, 3])), Error);
});

test("the types are exactly those of the values", { skip }, () => {
  const catalogue = berth.Catalogue.load(readFileSync(join(root, "shared/catalog/offers.bin")));
  const many = all.filter(({ answer }) => !answer.kind).filter((_, i) => i % 8 === 0);
  const values = [
    ["Checked", many.map(({ yaml }) => berth.check(yaml))],
    ["Checked", many.map(({ yaml }) => berth.check(yaml, { catalogue }))],
    ["Hint[]", many.map(({ yaml }) => berth.hints(yaml))],
    ["Completions", many.map(({ yaml }) => berth.complete(yaml, yaml.length - 1, { catalogue }))],
    ["Completions", many.map(({ yaml }) => berth.complete(yaml, yaml.lastIndexOf(":") + 2))],
    ["Hover | null", many.flatMap(({ yaml }) => [35, 40, yaml.length - 2].map((at) => berth.hover(yaml, at, { catalogue })))],
    ["Offers", [catalogue.offers(typical, { explain: true }), catalogue.offers("{}"), catalogue.offers(`${typical}max_price: 0.01\n`)]],
  ];
  // A literal is checked in both directions: nothing may be missing, nothing may be left over.
  const source = values.map(([type, list], i) => `export const values${i}: (berth.${type})[] = ${JSON.stringify(list)};`);
  const calls = [
    "const c: berth.Checked = berth.check('');",
    "berth.applyFix('', c.diagnostics[0]!.fixes![0]!).length;",
    "berth.Catalogue.load(new Uint8Array()).offers('', { limit: 1 }).offers[0]!.price.toFixed();",
    "// @ts-expect-error a text is needed",
    "berth.check(1);",
  ];
  const file = join(folder, "types.mts");
  writeFileSync(file, ['import * as berth from "berth";', ...source, ...calls].join("\n"));
  const tsc = join(root, "tests/schema/node_modules/.bin/tsc");
  const flags = ["--noEmit", "--strict", "--module", "nodenext", "--target", "es2022", "--types", ""];
  try {
    execFileSync(tsc, [...flags, file], { cwd: folder, encoding: "utf8" });
  } catch (error) {
    assert.fail(error.stdout.slice(0, 4000));
  }
});
