// CodeMirror writes its own rules into a <style> element, which a content policy of `style-src 'self'` refuses.
// A constructed sheet is not inline style, so the rules go there; and into a layer, so that the page's own rules
// win whatever their specificity.

import { StyleModule } from "style-mod";

const mounted = new Map();

export function mountInLayer() {
  StyleModule.mount = (root, modules) => {
    const document = root.ownerDocument ?? root;
    let sheet = mounted.get(document);
    if (!sheet) {
      sheet = { rules: new CSSStyleSheet(), modules: [] };
      mounted.set(document, sheet);
      document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet.rules];
    }
    const fresh = [modules].flat().filter((module) => !sheet.modules.includes(module));
    if (fresh.length === 0) return;
    sheet.modules.push(...fresh);
    const text = sheet.modules.map((module) => module.getRules()).join("\n");
    sheet.rules.replaceSync(`@layer codemirror {\n${text}\n}`);
  };
}
