// The JSON Schema on the documents on which dstack's answers are recorded: with ajv, and in the language server
// that editors use.
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { test } from "node:test";

import Ajv from "ajv/dist/2020.js";

import { byAjv, classes, differs, documents, schema } from "../documents.mjs";
import { EQUAL_KEYS, FLAGGED, MISSED, idsOf } from "../exceptions.mjs";

const all = documents();
/** Compares what was flagged with dstack's answers; `explained` says which differences have a reason. */
function compare(name, flagged, explained) {
  const exceptions = idsOf(FLAGGED);
  const missed = idsOf(MISSED);
  const valid = all.filter(({ answer }) => answer.ok);
  const wrongly = valid.filter(({ id }) => flagged.has(id));
  const unexplained = wrongly.filter((document) => !exceptions.has(document.id) && !explained(document));
  assert.deepEqual(unexplained.map(({ id, yaml }) => [id, yaml, flagged.get(id)]), [], `${name}: accepted by dstack`);

  const invalid = all.filter(({ answer }) => !answer.ok);
  const figures = { [`${name}: all that dstack refuses`]: invalid };
  for (const document of invalid.filter(({ answer }) => !answer.kind)) {
    for (const one of classes(document)) (figures[`${name}: ${one}`] ??= []).push(document);
  }
  for (const [what, those] of Object.entries(figures)) {
    const seen = those.filter(({ id }) => flagged.has(id));
    console.log(`${what}: ${seen.length} of ${those.length} flagged`);
    if (those === invalid) continue;
    const unseen = those.filter(({ id }) => !flagged.has(id) && !missed.has(id));
    assert.deepEqual(unseen.map(({ id, yaml }) => [id, yaml]), [], what);
  }
  console.log(`${name}: ${wrongly.length} of ${valid.length} accepted ones flagged, each with a reason`);
  return { wrongly: new Set(wrongly.map(({ id }) => id)) };
}

const validate = new Ajv.default({ strict: false }).compile(schema());

test("ajv flags nothing that dstack accepts when texts are read as YAML 1.1", () => {
  const { wrongly } = compare("ajv, YAML 1.1", byAjv(validate, all, "1.1"), () => false);
  const stale = [...idsOf(FLAGGED)].filter((id) => !wrongly.has(id));
  assert.deepEqual(stale, [], "no longer exceptions");
});

test("ajv flags nothing that dstack accepts but where YAML 1.2 means another value", () => {
  compare("ajv, YAML 1.2", byAjv(validate, all, "1.2"), differs);
});

test("every missed document is a mistake that dstack reports", () => {
  const byId = new Map(all.map((document) => [document.id, document]));
  const stale = [...idsOf(MISSED)].filter((id) => byId.get(id)?.answer.ok !== false);
  assert.deepEqual(stale, []);
});

test("the examples and defaults of the schema satisfy it", () => {
  const ajv = new Ajv.default({ strict: false });
  let checked = 0;
  const look = (node, path) => {
    if (Array.isArray(node)) return node.forEach((item, i) => look(item, `${path}/${i}`));
    if (typeof node !== "object" || node === null) return;
    if (!Array.isArray(node.examples)) {
      return Object.entries(node).forEach(([key, value]) => look(value, `${path}/${key}`));
    }
    const { examples, default: standard, ...rest } = node;
    const check = ajv.compile(rest);
    for (const value of [...examples, ...("default" in node ? [standard] : [])]) {
      assert.ok(check(value), `${path}: ${JSON.stringify(value)}: ${ajv.errorsText(check.errors)}`);
      checked += 1;
    }
    look(rest, path);
  };
  look(schema(), "");
  look(schema("dstack-0.22"), "");
  look(schema("dstack-0.18-profiles"), "");
  assert.ok(checked > 60, `${checked} values`);
});

test("profiles are described: a good file passes, a misspelt key and a missing name do not", () => {
  const profiles = new Ajv.default({ strict: false }).compile(schema("dstack-0.18-profiles"));
  const good = { profiles: [{ name: "large", default: true, backends: ["aws"], max_price: 2.5, spot_policy: "auto" }] };
  assert.ok(profiles(good), JSON.stringify(profiles.errors));
  for (const bad of [{}, { profiles: [{}] }, { profiles: [{ name: "a", max_prize: 1 }] }, { profiles: [{ name: "a", image: "x" }] }]) {
    assert.ok(!profiles(bad), JSON.stringify(bad));
  }
});

/** The language server that editors start for YAML, with the schema for every document. */
function languageServer(version) {
  const require = createRequire(import.meta.url);
  const { getLanguageService } = require("yaml-language-server");
  const { TextDocument } = require("vscode-languageserver-textdocument");
  const none = () => {};
  const service = getLanguageService({
    schemaRequestService: () => Promise.reject(new Error("nothing is fetched here")),
    workspaceContext: { resolveRelativePath: (path) => path },
    telemetry: { send: none, sendError: none, sendTrack: none },
  });
  service.configure({
    validate: true,
    hover: true,
    completion: true,
    yamlVersion: version,
    schemas: [{ uri: "berth://schema", fileMatch: ["*.dstack.yml"], schema: schema() }],
  });
  const open = (text, id = "x") => TextDocument.create(`file:///${id}.dstack.yml`, "yaml", 1, text);
  return { service, open };
}

test("yaml-language-server flags by the schema nothing that dstack accepts", async () => {
  const { service, open } = languageServer("1.2");
  const flagged = new Map();
  const byReader = new Set();
  for (const { id, yaml } of all) {
    const found = await service.doValidation(open(yaml, id), false);
    if (found.length === 0) continue;
    flagged.set(id, found.map(({ message }) => message));
    // Its reader has rules of its own (keys are unique, few tags are known); those are not the schema's.
    if (!found.some(({ source }) => source?.startsWith("yaml-schema"))) byReader.add(id);
  }
  const explained = (document) =>
    byReader.has(document.id) || EQUAL_KEYS.has(document.id) || differs(document);
  compare("yaml-language-server", flagged, explained);
});

test("an editor shows what a key means and completes the keys and values", async () => {
  const { service, open } = languageServer("1.2");
  const document = open("type: dev-environment\nide: vscode\nspot_policy: \nresources:\n  gpu: 24GB\n");
  const hover = await service.doHover(document, { line: 4, character: 3 });
  assert.match(hover.contents.value, /The GPUs: a count/);
  const values = await service.doComplete(document, { line: 2, character: 13 }, false);
  assert.deepEqual(
    values.items.map(({ label }) => label).filter((label) => label !== "null").sort(),
    ["auto", "on-demand", "spot"],
  );
  const keys = await service.doComplete(open("type: dev-environment\nide: vscode\nmax"), { line: 2, character: 3 }, false);
  const labels = keys.items.map(({ label }) => label);
  assert.ok(labels.includes("max_price") && !labels.includes("ide"), labels.join());
});
