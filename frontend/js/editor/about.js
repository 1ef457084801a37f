// What a place means: the problems there, and what its field is. Under the pointer, and by a key at the cursor.

import { StateEffect, StateField } from "@codemirror/state";
import { EditorView, hoverTooltip, keymap, showTooltip } from "@codemirror/view";

import { card } from "./card.js";
import { place, where } from "./place.js";
import { element, prose } from "./prose.js";

const show = StateEffect.define();

/**
 * @param {object} options
 * @param {(text: string, line: number, column: number) => string} options.ask JSON of Rust's `Hover`, or "null"
 * @param {(state: object, position: number) => object[]} options.problemsAt
 * @param {(view: EditorView, fix: object) => void} options.apply
 */
export function about({ ask, problemsAt, apply }) {
  function tell(view, position) {
    const { doc } = view.state;
    const [line, column] = where(doc, position);
    const field = JSON.parse(ask(doc.toString(), line, column));
    const problems = problemsAt(view.state, position);
    if (!field && problems.length === 0) return null;
    const starts = problems.map((problem) => problem.from);
    const ends = problems.map((problem) => problem.to);
    if (field) {
      starts.push(place(doc, field.range.start.line, field.range.start.column));
      ends.push(place(doc, field.range.end.line, field.range.end.column));
    }
    return { field, problems, pos: Math.min(...starts), end: Math.max(...ends) };
  }

  function draw(view, told) {
    const dom = element("div", "about");
    dom.append(...told.problems.map((problem) => card(problem, (fix) => apply(view, fix))));
    if (told.field) dom.append(fieldCard(told.field));
    return { dom };
  }

  const atCursor = StateField.define({
    create: () => null,
    update(value, transaction) {
      for (const effect of transaction.effects) if (effect.is(show)) return effect.value;
      return transaction.docChanged || transaction.selection ? null : value;
    },
    provide: (field) => showTooltip.from(field),
  });

  function toggle(view) {
    if (view.state.field(atCursor)) {
      view.dispatch({ effects: show.of(null) });
      return true;
    }
    const told = tell(view, view.state.selection.main.head);
    const words = told ? inWords(told) : "There is nothing to say about this place.";
    const tooltip = told && { pos: told.pos, end: told.end, above: false, create: (view) => draw(view, told) };
    view.dispatch({ effects: [show.of(tooltip), EditorView.announce.of(words)] });
    return true;
  }

  function close(view) {
    if (!view.state.field(atCursor)) return false;
    view.dispatch({ effects: show.of(null) });
    return true;
  }

  return [
    atCursor,
    keymap.of([
      { key: "Mod-i", run: toggle, preventDefault: true },
      { key: "Escape", run: close },
    ]),
    hoverTooltip(
      (view, position) => {
        if (view.state.field(atCursor)) return null;
        const told = tell(view, position);
        return told && { pos: told.pos, end: told.end, create: () => draw(view, told) };
      },
      { hideOnChange: true },
    ),
  ];
}

/** The cards of a place for a screen reader. */
function inWords({ field, problems }) {
  const said = problems.map((problem) => `${problem.severity}: ${problem.message}. ${problem.help ?? ""}`);
  if (field) {
    said.push(`${field.title}, ${field.type}. ${field.doc}`);
    if (field.read_as) said.push(`Read as ${field.read_as}.`);
    if (field.default) said.push(`Default: ${field.default}.`);
    said.push(...(field.facts ?? []));
  }
  return said.join(" ").replaceAll("`", "");
}

function fieldCard(field) {
  const type = field.required ? `${field.type}, required` : field.type;
  const node = element(
    "div",
    "hovercard",
    element("p", "hovercard__sig", element("span", "tok-propertyName", field.title), ": ",
      element("span", "hovercard__type", ...prose(type))),
    element("p", "hovercard__doc", ...prose(field.doc)),
  );
  const rows = element("dl", "hovercard__rows");
  const row = (term, ...value) => {
    if (value.length > 0) rows.append(element("dt", "", term), element("dd", "", ...value));
  };
  if (field.read_as) row("Read as", ...prose(field.read_as));
  if (field.default) row("Default", element("span", "mono", field.default));
  if (field.values?.length > 1) row("Values", ...list(field.values));
  if (!(field.values?.length > 0)) row("Example", element("span", "mono", field.example));
  if (rows.childElementCount > 0) node.append(rows);
  for (const fact of field.facts ?? []) node.append(element("p", "hovercard__fact", ...prose(fact)));
  return node;
}

function list(values) {
  return values.flatMap((value, i) => [i > 0 ? ", " : "", element("span", "mono", value)]);
}
