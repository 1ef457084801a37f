// The YAML grammar knows plain scalars only as "content". What they are to a configuration (a quantity, a word
// of the language, some text) is told by their look.

import { ensureSyntaxTree, syntaxTree } from "@codemirror/language";
import { RangeSetBuilder } from "@codemirror/state";
import { Decoration, ViewPlugin } from "@codemirror/view";

const number = Decoration.mark({ class: "tok-number" });
const keyword = Decoration.mark({ class: "tok-keyword" });
const string = Decoration.mark({ class: "tok-string" });

// 4, 0.5, 24GB, 4.., ..8, 40GB..80GB, 30m, 8h
const QUANTITY = /^[-+]?(?:\.{2})?\d[\d._]*\s?(?:[kmgt]b|[smhdw])?(?:\s?\.{2}(?:\s?\d[\d._]*\s?(?:[kmgt]b)?)?)?$/i;
const WORD =
  /^(?:~|null|true|false|yes|no|on|off|auto|spot|on-demand|vscode|dev-environment|task|service|reuse|reuse-or-create|dont-destroy|destroy-after-idle)$/i;

function look(view) {
  const builder = new RangeSetBuilder();
  for (const { from, to } of view.visibleRanges) {
    const tree = ensureSyntaxTree(view.state, to, 10) ?? syntaxTree(view.state);
    tree.iterate({
      from,
      to,
      enter(node) {
        if (node.name === "Key") return false;
        if (node.name !== "Literal") return undefined;
        const text = node.to - node.from > 200 ? "" : view.state.sliceDoc(node.from, node.to);
        builder.add(node.from, node.to, QUANTITY.test(text) ? number : WORD.test(text) ? keyword : string);
        return false;
      },
    });
  }
  return builder.finish();
}

export const values = ViewPlugin.fromClass(
  class {
    constructor(view) {
      this.decorations = look(view);
      this.tree = syntaxTree(view.state);
    }

    update(update) {
      const tree = syntaxTree(update.state);
      if (update.docChanged || update.viewportChanged || tree !== this.tree) {
        this.decorations = look(update.view);
        this.tree = tree;
      }
    }
  },
  { decorations: (plugin) => plugin.decorations },
);
