// xterm.js writes style elements, and style attributes as text: inline styles, which the dashboard's Content-Security-Policy refuses. What a
// script does by way of a constructed sheet or an element's `style` is none. So while xterm is bundled, those places are written anew: each
// of them, or the bundle is not made, since a version that has others has to be looked at first.

import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const sheet = join(dirname(fileURLToPath(import.meta.url)), "terminal/sheet.js");

/** What is written anew, how, and how often it is there. */
const PLACES = [
  [/([\w$.]+)\.createElement\("style"\)/g, (_, document) => `berthSheet(${document})`, 3],
  [
    /([\w$]+)\.setAttribute\("style",`\$\{\1\.getAttribute\("style"\)\|\|""\}\$\{([\w$]+)\};`\)/g,
    (_, element, style) => `${element}.style.cssText+=${style}+";"`,
    1,
  ],
];

/** Whatever would be another inline style. */
const LEFT = /createElement\(["'`]style|setAttribute\(["'`]style/;

export const withoutInlineStyles = {
  name: "xterm without inline styles",
  setup(bundler) {
    bundler.onLoad({ filter: /@xterm\/xterm\/lib\/xterm\.mjs$/ }, async ({ path }) => {
      let text = await readFile(path, "utf8");
      for (const [pattern, anew, times] of PLACES) {
        const found = text.match(pattern)?.length ?? 0;
        if (found !== times) throw new Error(`${path}: ${found} times ${pattern}, not ${times}; see xterm.mjs`);
        text = text.replace(pattern, anew);
      }
      if (LEFT.test(text)) throw new Error(`${path}: an inline style is left; see xterm.mjs`);
      return { contents: `import { sheet as berthSheet } from ${JSON.stringify(sheet)};\n${text}`, loader: "js" };
    });
  },
};
