// Addresses in what programs write: underlined below the pointer, opened by Control+click (Command+click on a Mac), as in VS Code's
// terminal. A click alone stays a click, for programs that want it and for selecting. Where nothing hovers, there are no such keys either,
// and a tap opens.

import { WebLinksAddon } from "@xterm/addon-web-links";
import { commands, isMac } from "./platform.js";

const touch = matchMedia("(hover: none)");

/**
 * Makes links of addresses in a terminal. `leads` gives the address at which the reader finds what a program calls so; where that
 * is elsewhere, it is a preview of a port. What is below the pointer is told in a line at the foot of `element`, since a program may show
 * one address and mean another.
 */
export function links(terminal, element, leads) {
  const tip = document.createElement("div");
  tip.className = "term__tip";
  tip.hidden = true;
  const target = tip.appendChild(document.createElement("span"));
  target.className = "term__target";
  const hint = tip.appendChild(document.createElement("span"));
  hint.className = "term__tiphint";
  element.append(tip);

  // As browsers write it: what is not ASCII is escaped.
  const destination = (text) => {
    const { href } = new URL(text);
    const address = leads(href);
    return { address, elsewhere: address !== href };
  };
  const handler = {
    allowNonHttpProtocols: false,
    activate(event, text) {
      if (!touch.matches && !commands(event)) return;
      // No other kind of address comes here: see the option above and the pattern of the add-on.
      window.open(destination(text).address, "_blank", "noopener,noreferrer");
    },
    hover(_event, text) {
      target.textContent = destination(text).elsewhere ? `Preview of ${text}` : text;
      hint.textContent = touch.matches ? "" : `${isMac ? "⌘" : "Ctrl"}+click opens it`;
      tip.hidden = false;
    },
    leave: () => (tip.hidden = true),
  };
  terminal.options.linkHandler = handler;

  // xterm keeps what it found on the row below the pointer until the pointer is on another row, whatever is written there meanwhile. There
  // is no official way to have it look again; its version is pinned, and a test would notice.
  let isStale = false;
  terminal.onWriteParsed(() => (isStale = true));
  const lookAgain = () => {
    const { linkifier } = terminal._core;
    if (isStale && linkifier) linkifier._activeLine = undefined;
    isStale = false;
  };
  terminal.element.addEventListener("mousemove", lookAgain, { capture: true });
  terminal.loadAddon(new WebLinksAddon(handler.activate, handler));
}
