import * as wasm from "./berth.js";

const utf8 = new TextEncoder();

export const check = (text, { catalogue, dialect } = {}) =>
  JSON.parse(known(catalogue).check(utf8.encode(text), named(dialect)));

export const complete = (text, position, { catalogue, dialect } = {}) =>
  JSON.parse(known(catalogue).complete(text, offsetOf(text, position), named(dialect)));

export const hover = (text, position, { catalogue, dialect } = {}) =>
  JSON.parse(known(catalogue).hover(text, offsetOf(text, position), named(dialect)));

export const hints = (text, { dialect } = {}) => JSON.parse(wasm.hints(text, named(dialect)));

export const convert = (text, { from, to }) => JSON.parse(wasm.convert(text, from, to));

export const applyFix = (text, fix) => {
  const edits = [...fix.edits].sort((a, b) => a.range.start.offset - b.range.start.offset);
  let out = "";
  let at = 0;
  for (const { range, new_text } of edits) {
    if (range.start.offset < at || range.end.offset > text.length) throw new RangeError("the fix is for another text");
    out += text.slice(at, range.start.offset) + new_text;
    at = range.end.offset;
  }
  return out + text.slice(at);
};

const LINE_BREAK = /\r\n|\r|\n/g;

function offsetOf(text, position) {
  if (typeof position === "number") return position;
  let start = 0;
  LINE_BREAK.lastIndex = 0;
  for (let line = 0; line < position.line; line += 1) {
    if (!LINE_BREAK.test(text)) return text.length;
    start = LINE_BREAK.lastIndex;
  }
  const end = LINE_BREAK.exec(text)?.index ?? text.length;
  return Math.min(start + position.column, end);
}

const DIALECTS = [undefined, "0.18", "0.22", "auto"];

function named(dialect) {
  if (!DIALECTS.includes(dialect)) throw new RangeError(`no dialect is called ${dialect}: use "0.18", "0.22" or "auto"`);
  return dialect;
}

/** Answers without a catalogue, or with it. */
const known = (catalogue) => (catalogue ? Catalogue.table(catalogue) : wasm);

export class Catalogue {
  #table;

  static table(catalogue) {
    return catalogue.#table;
  }

  constructor(table) {
    this.#table = table;
  }

  static load(bytes) {
    return new Catalogue(wasm.Catalogue.load(bytes instanceof ArrayBuffer ? new Uint8Array(bytes) : bytes));
  }

  get version() {
    return this.#table.version();
  }

  get size() {
    return this.#table.size();
  }

  offers(text, { limit = 20, explain = false, dialect } = {}) {
    return JSON.parse(this.#table.offers(text, limit, explain, named(dialect)));
  }

  free() {
    this.#table.free();
  }
}
