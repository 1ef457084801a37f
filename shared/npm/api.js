import * as wasm from "./berth.js";

export const check = (text) => JSON.parse(wasm.check(text));

export const hints = (text) => JSON.parse(wasm.hints(text));

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

export class Catalogue {
  #table;

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

  offers(text, { limit = 20, explain = false } = {}) {
    return JSON.parse(this.#table.offers(text, limit, explain));
  }

  free() {
    this.#table.free();
  }
}
