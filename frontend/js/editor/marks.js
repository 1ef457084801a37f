// What is known about the text, in the text: underlines, marks in the gutter, hints after values, and the
// explanation with its fixes below the line it is about.

import { RangeSet, StateEffect, StateField } from "@codemirror/state";
import { Decoration, EditorView, GutterMarker, ViewPlugin, WidgetType, gutter } from "@codemirror/view";

import { card } from "./card.js";
import { span } from "./place.js";
import { icon } from "./prose.js";

const RANK = { error: 0, warning: 1, hint: 2 };
/** An explanation opens when the hands rest, so that lines stay where they are while someone types. */
const REST_MS = 250;
/** More explanations below one line would push the text out of sight. */
const MOST_CARDS = 3;

const known = StateEffect.define();
const priced = StateEffect.define();
const rest = StateEffect.define();

/** @param {{diagnostics: object[], hints: {range: object, text: string}[]}} marks */
export function setMarks(view, marks) {
  view.dispatch({ effects: known.of(marks) });
}

/**
 * What the text costs in choice, once that is counted: it may come later than what is known about the text.
 * @param {{notes: {range: object, text: string}[], gains: (number | null)[][]}} costs gains: for each diagnostic
 * of the last marks how many more offers each of its fixes brings
 */
export function setCosts(view, costs) {
  view.dispatch({ effects: priced.of(costs) });
}

export function applyEdits(view, edits) {
  const { doc } = view.state;
  const changes = edits.map((edit) => ({ ...span(doc, edit.range), insert: edit.new_text }));
  view.dispatch({ changes, userEvent: "input.complete", scrollIntoView: true });
  view.focus();
}

/** The problems with fixes: at the cursor, or else on its line, or else the one that is explained. */
export function problemsHere(state) {
  const { head, from, to } = state.selection.main;
  const mendable = state.field(found).problems.filter((problem) => problem.fixes.length > 0);
  const line = state.doc.lineAt(head);
  const at = mendable.filter((problem) => problem.from <= to && from <= problem.to);
  const near = at.length > 0 ? at : mendable.filter((problem) => overlaps(problem, line));
  if (near.length > 0) return near.sort((a, b) => RANK[a.severity] - RANK[b.severity]);
  return state.field(open).cards.filter((problem) => problem.fixes.length > 0).slice(0, 1);
}

/** The problems at a place that are not explained below its line. */
export function problemsAt(state, position) {
  const { cards } = state.field(open);
  return state
    .field(found)
    .problems.filter((p) => p.from <= position && position <= p.to && !cards.includes(p))
    .slice(0, MOST_CARDS);
}

export function goToProblem(view, step) {
  const { problems } = view.state.field(found);
  if (problems.length === 0) return false;
  const { head } = view.state.selection.main;
  const ordered = [...problems].sort((a, b) => a.from - b.from);
  const next =
    step > 0
      ? (ordered.find((problem) => problem.from > head) ?? ordered[0])
      : (ordered.findLast((problem) => problem.to < head) ?? ordered[ordered.length - 1]);
  view.dispatch({
    selection: { anchor: next.from, head: next.to },
    effects: EditorView.scrollIntoView(next.from, { y: "center" }),
  });
  return true;
}

const overlaps = (problem, line) => problem.from <= line.to && problem.from >= line.from;

class GutterGlyph extends GutterMarker {
  constructor(severity) {
    super();
    this.severity = severity;
  }

  eq(other) {
    return other.severity === this.severity;
  }

  toDOM() {
    const element = document.createElement("span");
    element.className = "cm-lint-marker";
    element.dataset.severity = this.severity;
    element.append(icon(this.severity));
    return element;
  }
}

const glyphs = { error: new GutterGlyph("error"), warning: new GutterGlyph("warning"), hint: new GutterGlyph("hint") };

class Inlay extends WidgetType {
  constructor(text, tone) {
    super();
    this.text = text;
    this.tone = tone;
  }

  eq(other) {
    return other.text === this.text && other.tone === this.tone;
  }

  toDOM() {
    const element = document.createElement("span");
    element.className = "inlay";
    // As an attribute that the style sheet shows: text here would be taken into the document when a browser
    // replaces the line itself, as input methods do.
    element.dataset.note = this.text;
    if (this.tone) element.dataset.tone = this.tone;
    return element;
  }

  ignoreEvent() {
    return false;
  }
}

class Card extends WidgetType {
  constructor(problem) {
    super();
    this.problem = problem;
    this.key = JSON.stringify([problem.severity, problem.message, problem.help, problem.fixes, problem.code]);
  }

  eq(other) {
    return other.key === this.key;
  }

  toDOM(view) {
    const block = document.createElement("div");
    block.className = "diag-block";
    block.append(card(this.problem, (fix) => applyEdits(view, fix.edits)));
    return block;
  }

  ignoreEvent() {
    return true;
  }

  get estimatedHeight() {
    return this.problem.fixes.length > 0 ? 96 : 64;
  }
}

const underline = (severity) => Decoration.mark({ class: `cm-lintRange cm-lintRange-${severity}` });
const underlines = { error: underline("error"), warning: underline("warning"), hint: underline("hint") };

const nothing = {
  problems: [],
  marks: Decoration.none,
  inlays: Decoration.none,
  costs: Decoration.none,
  gutter: RangeSet.empty,
};

/** Notes at the ends of their lines. */
function inlays(doc, notes, tone) {
  const widgets = notes.map((note) => {
    const at = doc.lineAt(span(doc, note.range).to).to;
    return Decoration.widget({ widget: new Inlay(note.text, tone), side: tone ? 2 : 1 }).range(at);
  });
  return Decoration.set(widgets, true);
}

/** The problems with what each fix brings; those whose fixes bring nothing stay the same. */
function withGains(problems, gains) {
  return problems.map((problem, i) => {
    const brings = gains[i] ?? [];
    if (problem.fixes.every((fix, k) => (fix.gain ?? null) === (brings[k] ?? null))) return problem;
    return { ...problem, fixes: problem.fixes.map((fix, k) => ({ ...fix, gain: brings[k] ?? null })) };
  });
}

function read(doc, { diagnostics, hints }) {
  const problems = diagnostics.map((diagnostic) => ({
    ...diagnostic,
    ...span(doc, diagnostic.range),
    fixes: diagnostic.fixes ?? [],
  }));
  const worst = new Map();
  for (const problem of problems) {
    const line = doc.lineAt(problem.from).from;
    const before = worst.get(line);
    if (!before || RANK[problem.severity] < RANK[before]) worst.set(line, problem.severity);
  }
  const marks = problems
    .filter((problem) => problem.to > problem.from)
    .map((problem) => underlines[problem.severity].range(problem.from, problem.to));
  return {
    problems,
    marks: Decoration.set(marks, true),
    inlays: inlays(doc, hints),
    gutter: RangeSet.of([...worst].map(([line, severity]) => glyphs[severity].range(line)), true),
  };
}

/** What was said about the text, with offsets that follow the text until the next word. */
const found = StateField.define({
  create: () => nothing,
  update(value, transaction) {
    const { changes } = transaction;
    for (const effect of transaction.effects) {
      // What was counted for the text before stands until it is counted anew.
      if (effect.is(known)) return { ...read(transaction.state.doc, effect.value), costs: value.costs.map(changes) };
      if (effect.is(priced)) {
        const costs = inlays(transaction.state.doc, effect.value.notes, "cost");
        return { ...value, costs, problems: withGains(value.problems, effect.value.gains) };
      }
    }
    if (!transaction.docChanged) return value;
    return {
      problems: value.problems.map((problem) => {
        const from = changes.mapPos(problem.from, 1);
        return { ...problem, from, to: Math.max(from, changes.mapPos(problem.to, -1)) };
      }),
      marks: value.marks.map(changes),
      inlays: value.inlays.map(changes),
      costs: value.costs.map(changes),
      gutter: value.gutter.map(changes),
    };
  },
  provide: (field) => [
    EditorView.decorations.from(field, (value) => value.marks),
    EditorView.decorations.from(field, (value) => value.inlays),
    EditorView.decorations.from(field, (value) => value.costs),
  ],
});

const closed = { line: null, cards: [], decorations: Decoration.none };

function explain(state, line) {
  const cards = state
    .field(found)
    .problems.filter((problem) => problem.severity !== "hint" && overlaps(problem, line))
    .sort((a, b) => RANK[a.severity] - RANK[b.severity])
    .slice(0, MOST_CARDS);
  if (cards.length === 0) return closed;
  return {
    line: line.from,
    cards,
    decorations: Decoration.set(
      cards.map((problem) => Decoration.widget({ widget: new Card(problem), side: 1, block: true }).range(line.to)),
    ),
  };
}

/** The line to explain: the cursor's, or that of the first error. */
function target(state) {
  const line = state.doc.lineAt(state.selection.main.head);
  const { problems } = state.field(found);
  if (problems.some((problem) => problem.severity !== "hint" && overlaps(problem, line))) return line;
  const error = problems.find((problem) => problem.severity === "error");
  return error ? state.doc.lineAt(error.from) : null;
}

const open = StateField.define({
  create: () => closed,
  update(value, transaction) {
    const { state } = transaction;
    if (transaction.effects.some((effect) => effect.is(rest))) {
      const line = target(state);
      return line ? explain(state, line) : closed;
    }
    const told = transaction.effects.some((effect) => effect.is(known) || effect.is(priced));
    if (value.line === null || (!told && !transaction.docChanged)) return value;
    return explain(state, state.doc.lineAt(transaction.changes.mapPos(value.line, -1)));
  },
  provide: (field) => EditorView.decorations.from(field, (value) => value.decorations),
});

const resting = ViewPlugin.fromClass(
  class {
    constructor(view) {
      this.view = view;
      this.timer = 0;
    }

    update(update) {
      const told = update.transactions.some((t) => t.effects.some((effect) => effect.is(known)));
      if (!update.docChanged && !update.selectionSet && !told) return;
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.view.dispatch({ effects: rest.of(null) }), REST_MS);
    }

    destroy() {
      clearTimeout(this.timer);
    }
  },
);

const lintGutter = gutter({
  class: "cm-lint-gutter",
  markers: (view) => view.state.field(found).gutter,
  initialSpacer: () => glyphs.hint,
});

export const marks = [found, open, resting, lintGutter];
