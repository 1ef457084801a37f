// The JavaScript side of `cargo xtask bench check`: the folder with the documents, the folder with the package. Prints
// a line of JSON for each measurement.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";

import Ajv from "ajv/dist/2020.js";
import * as jsYaml from "js-yaml";

import { schema } from "./documents.mjs";

const [folder, built] = process.argv.slice(2).map((path) => resolve(path));
const berth = await import(pathToFileURL(join(built, "node.js")).href);

const documents = ["typical", "lines", "large"].map((name) => [name, [readFileSync(join(folder, `${name}.yml`), "utf8")]]);
const corpus = readFileSync(join(folder, "corpus.jsonl"), "utf8").trimEnd().split("\n").map((line) => JSON.parse(line));
documents.push(["corpus", corpus]);

const validate = new Ajv.default({ strict: false }).compile(schema());

/** What does not throw at what is no YAML. */
function withAjv(text) {
  try {
    return validate(jsYaml.load(text));
  } catch {
    return false;
  }
}

const require = createRequire(import.meta.url);
const { getLanguageService } = require("yaml-language-server");
const { TextDocument } = require("vscode-languageserver-textdocument");
const none = () => {};
const service = getLanguageService({
  schemaRequestService: () => Promise.reject(new Error("nothing is fetched here")),
  workspaceContext: { resolveRelativePath: (path) => path },
  telemetry: { send: none, sendError: none, sendTrack: none },
});
service.configure({ validate: true, schemas: [{ uri: "berth://schema", fileMatch: ["*.dstack.yml"], schema: schema() }] });
let version = 0;
// A new version each time, as after a key stroke.
const withLanguageServer = (text) =>
  service.doValidation(TextDocument.create("file:///x.dstack.yml", "yaml", (version += 1), text), false);

const TOOLS = { "berth-wasm": berth.check, "yaml-language-server": withLanguageServer, "js-yaml-ajv": withAjv };

for (const [document, texts] of documents) {
  for (const [tool, work] of Object.entries(TOOLS)) {
    const pass = async () => {
      for (const text of texts) {
        const answer = work(text);
        if (answer instanceof Promise) await answer;
      }
    };
    const run = async (milliseconds, least) => {
      const samples = [];
      const begin = performance.now();
      while (performance.now() - begin < milliseconds || samples.length < least) {
        const one = performance.now();
        await pass();
        samples.push(performance.now() - one);
      }
      return samples.sort((a, b) => a - b);
    };
    await run(700, 1);
    const samples = await run(1500, 5);
    const median_us = samples[samples.length >> 1] * 1000;
    console.log(JSON.stringify({ tool, document, median_us, least_us: samples[0] * 1000, samples: samples.length }));
  }
}
// The language server keeps timers.
process.exit(0);
