// xterm.js as the dashboard uses it: made by `open`, driven by the functions of what that returns.

import { FitAddon } from "@xterm/addon-fit";
import { Terminal } from "@xterm/xterm";

/** The page's colours, as plain values: xterm.js knows nothing of custom properties. */
function theme() {
  const probe = document.createElement("span");
  probe.hidden = true;
  document.body.append(probe);
  const colour = (name) => {
    probe.style.color = `var(${name})`;
    return getComputedStyle(probe).color;
  };
  const [text, dim, faint] = ["--text", "--text-2", "--text-3"].map(colour);
  const colours = {
    background: colour("--sunken"),
    foreground: text,
    cursor: text,
    cursorAccent: colour("--sunken"),
    selectionBackground: colour("--selection"),
    scrollbarSliderBackground: colour("--grey-6"),
    scrollbarSliderHoverBackground: colour("--grey-7"),
    scrollbarSliderActiveBackground: colour("--grey-7"),
    black: faint,
    red: colour("--danger-text"),
    green: colour("--ok-text"),
    yellow: colour("--warn-text"),
    blue: colour("--blue-11"),
    magenta: colour("--blue-8"),
    cyan: colour("--accent-text"),
    white: dim,
    brightBlack: faint,
    brightRed: colour("--danger"),
    brightGreen: colour("--ok"),
    brightYellow: colour("--warn"),
    brightBlue: colour("--blue-8"),
    brightMagenta: colour("--blue-11"),
    brightCyan: colour("--accent"),
    brightWhite: text,
  };
  probe.remove();
  return colours;
}

/**
 * Shows a terminal in an element. `onInput` gets the bytes that the reader types, `onResize` columns and rows
 * whenever they change.
 */
export function open(element, label, onInput, onResize) {
  const style = getComputedStyle(document.documentElement);
  const terminal = new Terminal({
    allowProposedApi: false,
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

  // Tab belongs to the shell, so the keyboard needs another way out.
  terminal.attachCustomKeyEventHandler((event) => {
    if (event.key !== "F6") return true;
    if (event.type === "keydown") {
      event.preventDefault();
      const panel = element.closest("[role=tabpanel]");
      document.getElementById(panel?.getAttribute("aria-labelledby") ?? "")?.focus();
    }
    return false;
  });

  const encoder = new TextEncoder();
  terminal.onData((text) => onInput(encoder.encode(text)));
  terminal.onBinary((text) => onInput(Uint8Array.from(text, (letter) => letter.charCodeAt(0) & 255)));
  terminal.onResize(({ cols, rows }) => onResize(cols, rows));

  // A hidden terminal has no size: it keeps the one it had.
  const refit = () => element.clientWidth > 0 && element.clientHeight > 0 && fit.fit();
  const watched = new ResizeObserver(refit);
  watched.observe(element);
  refit();

  const repaint = () => (terminal.options.theme = theme());
  const themed = new MutationObserver(repaint);
  themed.observe(document.documentElement, { attributeFilter: ["data-theme"] });
  const scheme = matchMedia("(prefers-color-scheme: dark)");
  scheme.addEventListener("change", repaint);

  return {
    // A copy: xterm reads it later, when what it came from (the memory of the wasm) holds something else.
    write: (bytes) => terminal.write(bytes.slice()),
    reset: () => terminal.reset(),
    focus: () => terminal.focus(),
    cols: () => terminal.cols,
    rows: () => terminal.rows,
    close() {
      watched.disconnect();
      themed.disconnect();
      scheme.removeEventListener("change", repaint);
      terminal.dispose();
    },
  };
}
