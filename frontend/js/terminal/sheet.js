// In the place of xterm's style elements: see `xterm.mjs` beside the bundler.

/** Takes rules as a style element does, by its `textContent`, and has them in a constructed sheet until it is removed. */
export function sheet(document) {
  // Something that can be put where xterm puts its element, and is never shown.
  const place = document.createElement("template");
  const rules = new document.defaultView.CSSStyleSheet();
  document.adoptedStyleSheets = [...document.adoptedStyleSheets, rules];
  Object.defineProperty(place, "textContent", { set: (text) => rules.replaceSync(text) });
  place.remove = () => {
    document.adoptedStyleSheets = document.adoptedStyleSheets.filter((other) => other !== rules);
    Element.prototype.remove.call(place);
  };
  return place;
}
