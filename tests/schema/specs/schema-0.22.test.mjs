// The JSON Schema of dstack 0.22 on the documents on which its answers are recorded.
import assert from "node:assert/strict";
import { test } from "node:test";

import Ajv from "ajv/dist/2020.js";

import { byAjv, differs, documents, schema } from "../documents.mjs";
import { FLAGGED_0_22, idsOf } from "../exceptions.mjs";

/** The least part of what dstack refuses that the schema must see; the rest only a program can tell. */
const SEEN = 0.84;

const all = documents("0.22");
const validate = new Ajv.default({ strict: false }).compile(schema("dstack-0.22"));
const valid = all.filter(({ answer }) => answer.ok);
const invalid = all.filter(({ answer }) => !answer.ok);

test("ajv flags nothing that dstack 0.22 accepts when texts are read as YAML 1.1, and most of what it refuses", () => {
  const flagged = byAjv(validate, all, "1.1");
  const exceptions = idsOf(FLAGGED_0_22);
  const wrongly = valid.filter(({ id }) => flagged.has(id));
  const unexplained = wrongly.filter(({ id }) => !exceptions.has(id));
  assert.deepEqual(unexplained.map(({ id, yaml }) => [id, yaml, flagged.get(id)]), []);
  // Those of documents that are recorded elsewhere say nothing where these are not there.
  const there = new Set(all.map(({ id }) => id));
  const stale = [...exceptions].filter((id) => there.has(id) && !wrongly.some((document) => document.id === id));
  assert.deepEqual(stale, [], "no longer exceptions");
  const seen = invalid.filter(({ id }) => flagged.has(id)).length;
  console.log(`dstack 0.22: ${wrongly.length} of ${valid.length} accepted ones flagged, ${seen} of ${invalid.length} refused ones`);
  assert.ok(seen > SEEN * invalid.length, `${seen} of ${invalid.length}`);
});

test("ajv flags nothing that dstack 0.22 accepts but where YAML 1.2 means another value", () => {
  const flagged = byAjv(validate, all, "1.2");
  const exceptions = idsOf(FLAGGED_0_22);
  const wrongly = valid.filter((document) => flagged.has(document.id) && !exceptions.has(document.id) && !differs(document));
  assert.deepEqual(wrongly.map(({ id, yaml }) => [id, yaml, flagged.get(id)]), []);
});

test("misspelt keys, keys of dstack 0.18, wrong choices and types are seen", () => {
  const begin = { type: "dev-environment" };
  assert.ok(validate(begin), JSON.stringify(validate.errors));
  for (const wrong of [
    { pool_name: "team" },
    { retry_policy: { retry: true } },
    { ide: "emacs" },
    { entrypoint: "bash" },
    { image: true },
    { resources: { gpu: 1.5 } },
    { resources: { cpu: true } },
    { resources: { cpu: "arm64" } },
    { resources: { gpu: { vendor: "nividia" } } },
    { volumes: [{ path: "/a" }] },
    { repos: ["a", "b"] },
    { instances: [] },
    { instances: [{ fleet: "a" }] },
    { retry: { on_events: [] } },
    { retry: { on_event: ["error"] } },
    { utilization_policy: { min_gpu_utilization: 10 } },
    { priority: 101 },
    { tags: { "a b": "c" } },
    { tags: { a: 1 } },
    { image: "x", python: "3.12" },
    { docker: true, image: "x" },
    { env: { A: true } },
    { ports: [80.5] },
    { shell: "zsh" },
  ]) {
    assert.ok(!validate({ ...begin, ...wrong }), JSON.stringify(wrong));
  }
});
