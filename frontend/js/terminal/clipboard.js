// Copy and paste, by the keys that VS Code's terminal has on each platform:
//
//              copy                                   paste
//   Mac        Command+C                              Command+V
//   Windows    Control+Shift+C, or Control+C          Control+Shift+V, or Control+V
//              while something is selected
//   elsewhere  Control+Shift+C                        Control+Shift+V
//
// and by the browser's own menu. Anything else (Control+C above all) is the program's.
//
// What a program writes can neither read the clipboard nor change it: OSC 52 stays without a handler. Reading would hand a password to
// whatever is printed, and writing would let a text that one looks at with `cat` decide what is pasted next.

import { commands, isMac, isWindows } from "./platform.js";

/** What the program in a terminal would take for more than text. Tabs and line ends are text. */
const CONTROLS = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/g;

/**
 * Copies and pastes in a terminal. `ask` is told how many lines there are when a program would run each of them as it comes; `answer` of
 * what this gives says whether it may have them.
 */
export function clipboard(terminal, element, ask) {
  let held;
  const onPaste = (event) => {
    // Ours alone: xterm would let a text end its own bracket, and run what follows.
    event.preventDefault();
    event.stopPropagation();
    paste(event.clipboardData?.getData("text/plain") ?? "");
  };
  const paste = (raw) => {
    const text = raw.replace(CONTROLS, "");
    // One line with its end is one command, which is what somebody wants who pastes it.
    const lines = text.trimEnd().split(/\r\n|\r|\n/).length;
    if (lines > 1 && !terminal.modes.bracketedPasteMode) {
      held = text;
      ask(lines);
    } else {
      terminal.paste(text);
    }
  };
  element.addEventListener("paste", onPaste, { capture: true });

  const copy = async () => {
    const text = terminal.getSelection();
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      // No clipboard for pages without TLS: what the browser's menu does.
      const area = terminal.textarea;
      area.value = text;
      area.select();
      document.execCommand("copy");
      area.value = "";
    }
  };

  return {
    /** Whether a key is one of these; then the program does not get it. */
    key(event) {
      const letter = event.key.toLowerCase();
      if (!commands(event) || (letter !== "c" && letter !== "v")) return false;
      const bare = isMac ? !event.shiftKey : event.shiftKey || isWindows;
      // The browser pastes by itself, by an event that it lets through.
      if (letter === "v") return bare;
      if (!bare || (!event.shiftKey && !isMac && !terminal.hasSelection())) return false;
      if (event.type === "keydown") {
        // Control+Shift+C opens the browser's tools otherwise.
        event.preventDefault();
        if (terminal.hasSelection()) {
          void copy();
          // The next Control+C is an interrupt again.
          if (!event.shiftKey && !isMac) terminal.clearSelection();
        }
      }
      return true;
    },
    /** What to do with the lines that were asked about. */
    answer(may) {
      if (may && held !== undefined) terminal.paste(held);
      held = undefined;
      terminal.focus();
    },
    close: () => element.removeEventListener("paste", onPaste, { capture: true }),
  };
}
