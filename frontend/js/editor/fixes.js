// Quick fixes by keyboard: the only one is applied, several are offered in a menu, and what can be done with the whole text after them.

import { StateEffect, StateField } from "@codemirror/state";
import { EditorView, keymap, showTooltip } from "@codemirror/view";

import { element, icon, prose } from "./prose.js";

const show = StateEffect.define();

/**
 * @param {object} options
 * @param {(state: object) => object[]} options.problemsHere those at the cursor, or else on its line, with fixes
 * @param {(view: EditorView, fix: object) => void} options.apply
 * @param {() => string} options.actions what can be done with the whole text: JSON of their titles
 * @param {(index: number) => void} options.onAction does one of them
 */
export function fixes({ problemsHere, apply, actions, onAction }) {
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
    const mends = problems.flatMap((problem) =>
      problem.fixes.map((fix) => ({ title: fix.title, problem, run: () => apply(view, fix) })),
    );
    if (mends.length === 1) {
      mends[0].run();
      announce(view, mends[0]);
      return true;
    }
    const rest = JSON.parse(actions()).map((title, i) => ({ title, run: () => onAction(i) }));
    const all = [...mends.slice(0, 9), ...rest];
    if (all.length === 0) {
      view.dispatch({ effects: EditorView.announce.of("There is no quick fix here.") });
      return true;
    }
    const pos = mends.length ? Math.min(...problems.map((problem) => problem.from)) : view.state.selection.main.head;
    const tooltip = { pos, above: false, create: (view) => draw(view, all) };
    view.dispatch({ effects: show.of(tooltip) });
    return true;
  }

  function close(view) {
    if (view.state.field(menu)) view.dispatch({ effects: show.of(null) });
  }

  function announce(view, { title }) {
    view.dispatch({ effects: EditorView.announce.of(`Applied: ${title.replaceAll("`", "")}`) });
  }

  function draw(view, all) {
    const several = new Set(all.flatMap(({ problem }) => problem ?? [])).size > 1;
    const items = all.map((one) => {
      const text = element("span", "menu__text", ...prose(one.title));
      if (several && one.problem) text.append(element("span", "table__sub", ...prose(one.problem.message)));
      const item = element("button", "menu__item", icon("fix"), text);
      item.type = "button";
      item.tabIndex = -1;
      item.setAttribute("role", "menuitem");
      item.addEventListener("click", () => {
        close(view);
        one.run();
        announce(view, one);
        view.focus();
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
