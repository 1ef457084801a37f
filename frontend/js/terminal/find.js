// Search in what a terminal has shown.

import { SearchAddon } from "@xterm/addon-search";
import { marks } from "./theme.js";

/** How many places are marked and counted at most: all of them are looked for anew with each piece of output. */
const MOST = 1000;

/**
 * Finds texts in a terminal. `told` gets the number of the place that is gone to, from 0 on, and how many there are; the number is -1 when
 * there are more than are counted.
 */
export function find(terminal, told) {
  const search = new SearchAddon({ highlightLimit: MOST });
  terminal.loadAddon(search);
  search.onDidChangeResults(({ resultIndex, resultCount }) => told(resultIndex, resultCount));
  let last;

  const stop = () => {
    last = undefined;
    search.clearDecorations();
  };
  const options = () => ({ caseSensitive: last.matchCase, regex: last.pattern, decorations: marks() });

  return {
    /**
     * Looks for a text, from the end on, where the newest output is; `step` 1 and -1 go to the next place and the one before. False for a
     * pattern that is none.
     */
    look(text, matchCase, pattern, step) {
      if (pattern && !finds(text)) {
        stop();
        return false;
      }
      if (text === "") {
        stop();
        terminal.clearSelection();
        return true;
      }
      // Of itself it would go on with what was found by the old ones.
      if (last?.matchCase !== matchCase || last?.pattern !== pattern) search.clearDecorations();
      last = { text, matchCase, pattern };
      if (step > 0) search.findNext(text, options());
      else search.findPrevious(text, options());
      return true;
    },
    /** What was found stays selected, and nothing else is marked. */
    stop,
    /** The colours of the page are others now. */
    repaint() {
      if (!last) return;
      const { text } = last;
      search.clearDecorations();
      search.findPrevious(text, options());
    },
  };
}

/** Whether this is a pattern, and one that finds something: what fits between any two letters would be found without end. */
function finds(text) {
  try {
    return text === "" || !new RegExp(text).test("");
  } catch {
    return false;
  }
}
