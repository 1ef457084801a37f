// How one diagnostic is told in the editor, below its line and in tooltips alike.

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

function element(tag, className, ...children) {
  const node = document.createElement(tag);
  node.className = className;
  node.append(...children);
  return node;
}

/** Text whose literals stand in backticks. */
function prose(text) {
  return text.split("`").map((part, i) => (i % 2 === 1 ? element("span", "mono", part) : part));
}

/** The same as a sentence of its own: diagnostics come in small letters and without a full stop. */
function sentence(text) {
  const end = /[.!?:…]$/.test(text) ? "" : ".";
  return prose(text.charAt(0).toUpperCase() + text.slice(1) + end);
}

/**
 * @param {object} problem a diagnostic
 * @param {(fix: object) => void} apply
 */
export function card(problem, apply) {
  const body = element("div", "diag__body", element("p", "diag__msg", ...sentence(problem.message)));
  const help = element("p", "diag__help");
  if (problem.help) help.append(...sentence(problem.help), " ");
  help.append(element("span", "diag__code", problem.code));
  body.append(help);
  if (problem.fixes.length > 0) {
    const fixes = problem.fixes.slice(0, 4).map((fix, i) => {
      const button = element("button", "fix", icon("fix"), element("span", "", ...prose(fix.title)));
      button.type = "button";
      button.addEventListener("click", () => apply(fix));
      if (i === 0) button.setAttribute("aria-keyshortcuts", "Control+. Meta+.");
      return button;
    });
    const keys = element("span", "kbd", /Mac|iPhone|iPad/.test(navigator.platform) ? "⌘ ." : "Ctrl .");
    keys.setAttribute("aria-hidden", "true");
    body.append(element("div", "diag__fixes", ...fixes, keys));
  }
  const node = element("div", "diag", icon(problem.severity, "diag__icon"), body);
  node.dataset.severity = problem.severity;
  return node;
}
