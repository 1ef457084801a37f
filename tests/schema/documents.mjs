// The documents on which dstack's answers are known, and the ways in which they are read.
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { isDeepStrictEqual } from "node:util";

import YAML from "yaml";

const here = dirname(fileURLToPath(import.meta.url));
export const root = join(here, "../..");

export const schema = (name = "dstack-0.18") =>
  JSON.parse(readFileSync(join(root, `docs/reference/${name}.schema.json`), "utf8"));

const lines = (path) =>
  readFileSync(path, "utf8").trimEnd().split("\n").map((line) => JSON.parse(line));

const pair = (documents, expected) => {
  const answers = new Map(lines(expected).map((answer) => [answer.id, answer]));
  return lines(documents).map((document) => ({ ...document, answer: answers.get(document.id) }));
};

/** Every document with the answer of a release of dstack: the project's own, and those of `BERTH_SHARED` or `../shared` when they are there. */
export function documents(release = "0.18") {
  const own = join(root, `tests/data/config-${release}`);
  const found = pair(join(own, "documents.jsonl"), join(own, "expected.jsonl"));
  const shared = join(process.env.BERTH_SHARED ?? join(root, "../shared"), "conformance/config");
  if (!existsSync(join(shared, "documents.jsonl"))) {
    console.log("documents recorded elsewhere: skipped, not there (BERTH_SHARED names their folder)");
    return found;
  }
  const known = new Set(found.map((document) => document.id));
  const more = pair(join(shared, "documents.jsonl"), join(shared, `expected-${release}.jsonl`));
  return [...found, ...more.filter((document) => !known.has(document.id))];
}

/** The value of a document in a version of YAML; throws what its reader says. */
export function read(text, version) {
  const options = { version, merge: true, uniqueKeys: false, logLevel: "silent" };
  const document = YAML.parseDocument(text, options);
  if (document.errors.length > 0) throw document.errors[0];
  return document.toJS({ maxAliasCount: 1000 });
}

export const attempt = (work) => {
  try {
    return { value: work() };
  } catch (error) {
    return { error };
  }
};

/** Whether a text means something else in the YAML that editors read than in the one that dstack reads. */
export const differs = ({ yaml }) => {
  const [one, two] = ["1.1", "1.2"].map((version) => attempt(() => read(yaml, version)).value);
  return !isDeepStrictEqual(one, two);
};

/** What ajv flags of these documents when they are read as `version`; a text that cannot be read is flagged, too. */
export function byAjv(validate, all, version) {
  const flagged = new Map();
  for (const { id, yaml } of all) {
    const { value, error } = attempt(() => read(yaml, version));
    if (error) flagged.set(id, String(error.message));
    else if (!validate(value)) flagged.set(id, validate.errors);
  }
  return flagged;
}

const CLASSES = [
  ["misspelt key", /extra fields not permitted/],
  ["wrong value of a choice", /not a valid enumeration member|unexpected value; permitted|No match for discriminator|is not a valid PythonVersion/],
  ["wrong type", /str type expected|not a valid (list|dict|integer|float)|could not be parsed to a boolean|none is not an allowed value|Discriminator 'type' is missing/],
  ["missing key", /field required/],
];

/** What kinds of mistakes dstack saw: those that a schema can see as well. */
export const classes = ({ answer }) =>
  CLASSES.filter(([, words]) => answer.errors.some(({ msg }) => words.test(msg))).map(([name]) => name);
