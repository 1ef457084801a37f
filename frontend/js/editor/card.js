// How one diagnostic is told in the editor, below its line and in tooltips alike.

import { element, icon, onMac, prose, sentence } from "./prose.js";

/** Where a rule's page is: beside the dashboard's other pages, wherever those are (site.rs). */
function reference(code) {
  const { server, root = "" } = document.documentElement.dataset;
  return `${root}/reference/problems/${code}${server === "none" ? "/" : ""}`;
}

/**
 * @param {object} problem a diagnostic
 * @param {(fix: object) => void} apply
 */
export function card(problem, apply) {
  const body = element("div", "diag__body", element("p", "diag__msg", ...sentence(problem.message)));
  const help = element("p", "diag__help");
  if (problem.help) help.append(...sentence(problem.help), " ");
  const code = element("a", "diag__code", problem.code);
  // The page of the rule; beside this one, so that nothing typed is lost.
  Object.assign(code, { href: reference(problem.code), target: "_blank", rel: "noopener" });
  help.append(code);
  body.append(help);
  if (problem.fixes.length > 0) {
    const fixes = problem.fixes.slice(0, 4).map((fix, i) => {
      const button = element("button", "fix", icon("fix"), element("span", "", ...prose(fix.title)));
      button.type = "button";
      if (fix.gain) {
        const [sign, count] = fix.gain > 0 ? ["+", fix.gain] : ["−", -fix.gain];
        const offers = count === 1 ? "offer" : "offers";
        button.append(element("span", "fix__gain", `${sign}${count.toLocaleString("en")} ${offers}`));
      }
      button.addEventListener("click", () => apply(fix));
      if (i === 0) button.setAttribute("aria-keyshortcuts", "Control+. Meta+.");
      return button;
    });
    const keys = element("span", "kbd", onMac ? "⌘ ." : "Ctrl .");
    keys.setAttribute("aria-hidden", "true");
    body.append(element("div", "diag__fixes", ...fixes, keys));
  }
  const node = element("div", "diag", icon(problem.severity, "diag__icon"), body);
  node.dataset.severity = problem.severity;
  return node;
}
