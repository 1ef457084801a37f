// The description of the API, read as others read it: JSON Schema in OpenAPI 3.1.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import Ajv from "ajv/dist/2020.js";

const document = JSON.parse(readFileSync(new URL("../../../docs/api/openapi.json", import.meta.url), "utf8"));
const ajv = new Ajv({ strict: false, validateFormats: false });
ajv.addSchema(document, "api");

test("each example is what its type says", () => {
  const schemas = Object.entries(document.components.schemas);
  const examples = schemas.flatMap(([name, { examples = [] }]) => examples.map((example) => [name, example]));
  assert.ok(examples.length >= 40, `${examples.length} examples`);
  for (const [name, example] of examples) {
    const valid = ajv.validate({ $ref: `api#/components/schemas/${name}` }, example);
    assert.ok(valid, `${name}: ${ajv.errorsText()}`);
  }
});

test("a status that there is not is no status", () => {
  const status = { $ref: "api#/components/schemas/RunStatus" };
  assert.ok(ajv.validate(status, "running"));
  assert.ok(!ajv.validate(status, "Running"));
});
