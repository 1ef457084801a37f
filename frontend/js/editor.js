// The text editor: CodeMirror 6 behind the few calls that the page needs. Loaded when a page with an editor opens.
//
// Places come and go as Berth's diagnostics have them: `line` from 0 and `column` in UTF-16 code units from 0.
// CodeMirror keeps its text with LF line ends, so the text handed out has no CR.

import { defaultKeymap, history, historyKeymap, indentWithTab } from "@codemirror/commands";
import { indentUnit, syntaxHighlighting } from "@codemirror/language";
import { yaml } from "@codemirror/lang-yaml";
import { highlightSelectionMatches, search, searchKeymap } from "@codemirror/search";
import { Annotation, EditorState, Prec } from "@codemirror/state";
import {
  EditorView,
  drawSelection,
  dropCursor,
  highlightActiveLine,
  highlightActiveLineGutter,
  highlightSpecialChars,
  keymap,
  lineNumbers,
} from "@codemirror/view";
import { classHighlighter } from "@lezer/highlight";

import { about } from "./editor/about.js";
import { completion } from "./editor/complete.js";
import { fileDrop } from "./editor/files.js";
import { fixes } from "./editor/fixes.js";
import { applyEdits, goToProblem, marks, problemsAt, problemsHere, setCosts, setMarks } from "./editor/marks.js";
import { place } from "./editor/place.js";
import { mountInLayer } from "./editor/styles.js";
import { values } from "./editor/values.js";

mountInLayer();

/** Marks a change that the page itself made, so that it is not mistaken for typing. */
const byPage = Annotation.define();

/**
 * Makes an editor at the end of `parent`.
 *
 * @param {HTMLElement} parent
 * @param {object} options
 * @param {string} options.text the text to begin with
 * @param {string} options.label accessible name
 * @param {(length: number, typed: boolean) => void} options.onChange after each change of the text, before the
 *   next frame; `length` in UTF-16 code units; `typed` is false when the page made the change
 * @param {(text: string, line: number, column: number) => string} options.complete what may be written at a place
 * @param {(text: string, line: number, column: number) => string} options.hover what a place means
 * @param {() => string} options.actions what can be done with the whole text: JSON of their titles
 * @param {(index: number) => void} options.onAction does one of them
 * @param {() => void} options.onSubmit Ctrl/⌘ Enter
 * @param {(name: string, error: string) => void} options.onFile a file was dropped: its name, and why it could
 *   not be read ("" when it was)
 */
export function createEditor(parent, { text, label, complete, hover, actions, onAction, onChange, onSubmit, onFile }) {
  const view = new EditorView({
    parent,
    state: EditorState.create({
      doc: text,
      extensions: [
        Prec.highest(
          keymap.of([
            { key: "Mod-Enter", run: () => (onSubmit(), true) },
            { key: "F8", run: (view) => goToProblem(view, 1) },
            { key: "Shift-F8", run: (view) => goToProblem(view, -1) },
          ]),
        ),
        completion(complete),
        about({ ask: hover, problemsAt, apply }),
        fixes({ problemsHere, apply, actions, onAction }),
        lineNumbers(),
        marks,
        highlightActiveLineGutter(),
        highlightActiveLine(),
        highlightSpecialChars(),
        history(),
        drawSelection(),
        dropCursor(),
        EditorState.tabSize.of(2),
        indentUnit.of("  "),
        EditorView.lineWrapping,
        yaml(),
        syntaxHighlighting(classHighlighter),
        values,
        highlightSelectionMatches({ minSelectionLength: 2, maxMatches: 200 }),
        search({ top: true }),
        keymap.of([...defaultKeymap, ...historyKeymap, ...searchKeymap, indentWithTab]),
        fileDrop((view, name, content, error) => {
          if (!error) replaceAll(view, content);
          onFile(name, error);
        }),
        EditorView.contentAttributes.of({
          "aria-label": label,
          "aria-description":
            "Control and Space completes, Control and I explains, F8 goes to the next problem, Control and full stop mends it, or offers what can be done with the text. Escape, then Tab, leaves the editor",
        }),
        EditorView.updateListener.of((update) => {
          if (!update.docChanged) return;
          const typed = !update.transactions.some((transaction) => transaction.annotation(byPage));
          onChange(update.state.doc.length, typed);
        }),
      ],
    }),
  });

  return {
    /** The whole text, with LF line ends. */
    text: () => view.state.doc.toString(),
    /** How long the text is, in UTF-16 code units. */
    length: () => view.state.doc.length,
    /** Replaces the whole text; undo brings the old one back. */
    setText: (text) => replaceAll(view, text),
    /** Shows what is known about the text: JSON of `{diagnostics, hints}`. */
    setMarks: (json) => setMarks(view, JSON.parse(json)),
    /** Shows what the text costs in choice: JSON of `{notes, gains}`, gains for the diagnostics of the last marks. */
    setCosts: (json) => setCosts(view, JSON.parse(json)),
    /** Applies text edits (JSON, in places of the present text) as one change. */
    applyEdits: (json) => applyEdits(view, JSON.parse(json)),
    /** Selects a range, brings it into view and takes the focus. */
    select(startLine, startColumn, endLine, endColumn) {
      const { doc } = view.state;
      const anchor = place(doc, startLine, startColumn);
      const head = Math.max(anchor, place(doc, endLine, endColumn));
      view.dispatch({ selection: { anchor, head }, effects: EditorView.scrollIntoView(anchor, { y: "center" }) });
      view.focus();
    },
    focus: () => view.focus(),
    destroy: () => view.destroy(),
  };
}

function apply(view, fix) {
  applyEdits(view, fix.edits);
}

function replaceAll(view, text) {
  const same = view.state.doc.length === text.length && view.state.doc.toString() === text;
  if (same) return;
  view.dispatch({
    changes: { from: 0, to: view.state.doc.length, insert: text },
    selection: { anchor: 0 },
    annotations: byPage.of(true),
    scrollIntoView: true,
  });
}
