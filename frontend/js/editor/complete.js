// Completion: what to offer is decided in Rust; here it is asked for, shown and put into the text.

import { autocompletion, pickedCompletion, startCompletion } from "@codemirror/autocomplete";

import { place, where } from "./place.js";
import { element, prose } from "./prose.js";

/**
 * @param {(text: string, line: number, column: number) => string} ask JSON of Rust's `Completions`
 */
export function completion(ask) {
  return autocompletion({
    override: [(context) => find(ask, context, context.explicit)],
    icons: false,
    maxRenderedOptions: 100,
    // Enter right after a list has opened was meant for the text.
    interactionDelay: 100,
    activateOnTypingDelay: 40,
  });
}

function find(ask, context, explicit) {
  const { doc } = context.state;
  const found = JSON.parse(ask(doc.toString(), ...where(doc, context.pos)));
  const from = place(doc, found.range.start.line, found.range.start.column);
  const typed = doc.sliceString(from, context.pos).replace(/^["']/, "").toLowerCase();
  const items = explicit ? found.items : unasked(found, typed);
  if (items.length === 0) return null;
  return {
    from,
    to: place(doc, found.range.end.line, found.range.end.column),
    filter: false,
    getMatch: (completion) => {
      const at = typed ? completion.label.toLowerCase().indexOf(typed) : -1;
      return at < 0 ? [] : [at, at + typed.length];
    },
    options: items.map(option),
    update: (_result, _from, _to, context) => find(ask, context, explicit),
  };
}

/**
 * What to offer while somebody types. An open list takes the Enter key, so it opens only where it surely helps: when
 * something is typed that begins a name, and that is not one already.
 */
function unasked(found, typed) {
  if (typed === "" || found.exact) return [];
  const begins = ({ label }) => {
    const at = label.toLowerCase().indexOf(typed);
    return at === 0 || (at > 0 && /[^a-z\d]/i.test(label[at - 1]));
  };
  return found.items.filter((item) => item.kind !== "example" && begins(item));
}

function option(item) {
  return {
    label: item.label,
    type: item.kind,
    detail: item.detail,
    info: item.documentation ? () => about(item) : undefined,
    apply: (view, completion, from, to) => put(view, item, completion, from, to),
  };
}

function about(item) {
  return element("div", "complete__about", element("p", "", ...prose(item.documentation)));
}

function put(view, item, completion, from, to) {
  const { select, insert } = item;
  // The head stands before what is to be typed over, so that nothing of it counts as typed.
  const selection = select
    ? { anchor: from + select.end, head: from + select.start }
    : { anchor: from + insert.length };
  view.dispatch({
    changes: { from, to, insert },
    selection,
    scrollIntoView: true,
    userEvent: "input.complete",
    annotations: pickedCompletion.of(completion),
  });
  if (item.again) startCompletion(view);
}
