// Small pieces of the page that cards, tooltips and lists share.

const SVG = "http://www.w3.org/2000/svg";
const GLYPH = { error: "i-error", warning: "i-warn", hint: "i-hint", fix: "i-fix" };

/** An icon of the page's sprite. */
export function icon(kind, extra = "") {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", extra ? `icon ${extra}` : "icon");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", `#${GLYPH[kind]}`);
  svg.append(use);
  return svg;
}

export function element(tag, className, ...children) {
  const node = document.createElement(tag);
  node.className = className;
  node.append(...children);
  return node;
}

/** Text whose literals stand in backticks. */
export function prose(text) {
  return text.split("`").map((part, i) => (i % 2 === 1 ? element("span", "mono", part) : part));
}

/** The same as a sentence of its own: diagnostics come in small letters and without a full stop. */
export function sentence(text) {
  const end = /[.!?:…]$/.test(text) ? "" : ".";
  return prose(text.charAt(0).toUpperCase() + text.slice(1) + end);
}

export const onMac = /Mac|iPhone|iPad/.test(navigator.platform);
