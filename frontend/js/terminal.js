// xterm.js as the dashboard uses it: made by `open`, driven by the functions of what that returns.

import { FitAddon } from "@xterm/addon-fit";
import { Terminal } from "@xterm/xterm";
import { clipboard } from "./terminal/clipboard.js";
import { find } from "./terminal/find.js";
import { links } from "./terminal/links.js";
import { commands } from "./terminal/platform.js";
import { theme } from "./terminal/theme.js";

/** After how many bytes that are shown this is told. */
const TOLD_EVERY = 32 * 1024;

/**
 * How many bytes may wait while the page is in the background, where browsers slow xterm down: what a program writes there should not hold
 * it up. xterm itself throws away what is more than 50 MB.
 */
const BACKGROUND = 8 * 1024 * 1024;

/**
 * Shows a terminal in an element. What it wants of the page:
 *
 * - `onInput(bytes)`: the reader types;
 * - `onResize(columns, rows)`: whenever they change;
 * - `onBehind(bytes)`: so much of what was written is not shown yet; told each time that much more of it is;
 * - `onFind()`: the reader wants to look for something;
 * - `onFound(at, count)`: see `find`;
 * - `onManyLines(count)`: so many lines would be run as they are pasted; `answerPaste` says whether they may;
 * - `leads(address)`: where an address that a program wrote is for the reader.
 */
export function open(element, label, { onInput, onResize, onBehind, onFind, onFound, onManyLines, leads }) {
  const style = getComputedStyle(document.documentElement);
  const terminal = new Terminal({
    // What the search marks is drawn by an interface that xterm may still change; its version is pinned.
    allowProposedApi: true,
    cursorBlink: !matchMedia("(prefers-reduced-motion: reduce)").matches,
    fontFamily: style.getPropertyValue("--font-mono").trim(),
    fontSize: 13,
    lineHeight: 1.25,
    minimumContrastRatio: 4.5,
    scrollback: 10_000,
    theme: theme(),
  });
  const fit = new FitAddon();
  terminal.loadAddon(fit);
  terminal.open(element);
  terminal.textarea?.setAttribute("aria-label", label);
  links(terminal, element, leads);
  const finder = find(terminal, onFound);
  const board = clipboard(terminal, element, onManyLines);

  terminal.attachCustomKeyEventHandler((event) => {
    // Tab belongs to the shell, so the keyboard needs another way out.
    if (event.key === "F6") {
      if (event.type === "keydown") {
        event.preventDefault();
        const panel = element.closest("[role=tabpanel]");
        document.getElementById(panel?.getAttribute("aria-labelledby") ?? "")?.focus();
      }
      return false;
    }
    // A program that has the whole screen (an editor, a pager) has this key too: there it is a page forward, and its own search is better.
    const whole = terminal.buffer.active.type === "alternate";
    if (event.key.toLowerCase() === "f" && commands(event) && !event.shiftKey && !whole) {
      if (event.type === "keydown") {
        event.preventDefault();
        onFind();
      }
      return false;
    }
    return !board.key(event);
  });

  const encoder = new TextEncoder();
  // While old bytes are shown, what begins with an escape is xterm's answer to a question in them, which had one when it was asked. The
  // shell would take another one for keys.
  let isOld = false;
  terminal.onData((text) => {
    if (!isOld || !text.startsWith("\x1b")) onInput(encoder.encode(text));
  });
  terminal.onBinary((text) => onInput(Uint8Array.from(text, (letter) => letter.charCodeAt(0) & 255)));
  terminal.onResize(({ cols, rows }) => onResize(cols, rows));

  // A hidden terminal has no size: it keeps the one it had.
  const refit = () => element.clientWidth > 0 && element.clientHeight > 0 && fit.fit();
  const watched = new ResizeObserver(refit);
  watched.observe(element);
  refit();

  const repaint = () => {
    terminal.options.theme = theme();
    finder.repaint();
  };
  const themed = new MutationObserver(repaint);
  themed.observe(document.documentElement, { attributeFilter: ["data-theme"] });
  const scheme = matchMedia("(prefers-color-scheme: dark)");
  scheme.addEventListener("change", repaint);

  // xterm shows what it is given later, in its order; what is done between two pieces has to wait for its turn.
  const inTurn = (act) => terminal.write("", act);
  let behind = 0;
  let untold = 0;
  const tell = (bytes) => {
    untold += bytes;
    if (untold < TOLD_EVERY) return;
    untold = 0;
    onBehind(document.hidden ? Math.max(0, behind - BACKGROUND) : behind);
  };

  return {
    write(bytes, old) {
      const { length } = bytes;
      behind += length;
      if (old) inTurn(() => (isOld = true));
      // A copy: it is read when what it came from (the memory of the wasm) holds something else.
      terminal.write(bytes.slice(), () => {
        isOld = false;
        behind -= length;
        tell(length);
      });
      if (document.hidden) tell(length);
    },
    reset: () => inTurn(() => terminal.reset()),
    focus: () => terminal.focus(),
    cols: () => terminal.cols,
    rows: () => terminal.rows,
    look: finder.look,
    stopLooking: finder.stop,
    answerPaste: board.answer,
    close() {
      watched.disconnect();
      themed.disconnect();
      scheme.removeEventListener("change", repaint);
      board.close();
      terminal.dispose();
    },
  };
}
