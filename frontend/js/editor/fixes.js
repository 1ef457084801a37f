// Quick fixes by keyboard: the only one is applied, several are offered in a menu.

import { StateEffect, StateField } from "@codemirror/state";
import { EditorView, keymap, showTooltip } from "@codemirror/view";

import { element, icon, prose } from "./prose.js";

const show = StateEffect.define();

/**
 * @param {object} options
 * @param {(state: object) => object[]} options.problemsHere those at the cursor, or else on its line, with fixes
 * @param {(view: EditorView, fix: object) => void} options.apply
 */
export function fixes({ problemsHere, apply }) {
  const menu = StateField.define({
    create: () => null,
    update(value, transaction) {
      for (const effect of transaction.effects) if (effect.is(show)) return effect.value;
      return transaction.docChanged || transaction.selection ? null : value;
    },
    provide: (field) => showTooltip.from(field),
  });

  function offer(view) {
    const problems = problemsHere(view.state);
    const all = problems.flatMap((problem) => problem.fixes.map((fix) => ({ fix, problem })));
    if (all.length === 0) {
      view.dispatch({ effects: EditorView.announce.of("There is no quick fix here.") });
      return true;
    }
    if (all.length === 1) {
      apply(view, all[0].fix);
      view.dispatch({ effects: EditorView.announce.of(`Applied: ${all[0].fix.title.replaceAll("`", "")}`) });
      return true;
    }
    const pos = Math.min(...problems.map((problem) => problem.from));
    const tooltip = { pos, above: false, create: (view) => draw(view, all) };
    view.dispatch({ effects: show.of(tooltip) });
    return true;
  }

  function close(view) {
    if (view.state.field(menu)) view.dispatch({ effects: show.of(null) });
  }

  function draw(view, all) {
    const several = new Set(all.map(({ problem }) => problem)).size > 1;
    const items = all.slice(0, 9).map(({ fix, problem }) => {
      const text = element("span", "menu__text", ...prose(fix.title));
      if (several) text.append(element("span", "table__sub", ...prose(problem.message)));
      const item = element("button", "menu__item", icon("fix"), text);
      item.type = "button";
      item.tabIndex = -1;
      item.setAttribute("role", "menuitem");
      item.addEventListener("click", () => {
        close(view);
        apply(view, fix);
        view.dispatch({ effects: EditorView.announce.of(`Applied: ${fix.title.replaceAll("`", "")}`) });
      });
      return item;
    });
    const dom = element("div", "menu fixes", ...items);
    dom.setAttribute("role", "menu");
    dom.setAttribute("aria-label", "Quick fixes");
    dom.addEventListener("keydown", (event) => {
      const at = items.indexOf(document.activeElement);
      const to = {
        ArrowDown: (at + 1) % items.length,
        ArrowUp: (at + items.length - 1) % items.length,
        Home: 0,
        End: items.length - 1,
      }[event.key];
      if (to !== undefined) items[to].focus();
      else if (event.key === "Escape" || event.key === "Tab") {
        close(view);
        view.focus();
      } else return;
      event.preventDefault();
      event.stopPropagation();
    });
    dom.addEventListener("focusout", (event) => {
      // Closing moves the focus; a view must not be changed while it is being changed.
      if (!dom.contains(event.relatedTarget)) queueMicrotask(() => close(view));
    });
    return { dom, mount: () => requestAnimationFrame(() => items[0].focus()) };
  }

  return [menu, keymap.of([{ key: "Mod-.", run: offer }])];
}
