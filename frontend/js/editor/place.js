// Places as Berth has them (line from 0, column in UTF-16 code units) and as CodeMirror has them (offsets).

/** The offset of a place; the nearest one where the text is shorter. */
export function place(doc, line, column) {
  const found = doc.line(Math.min(Math.max(line, 0) + 1, doc.lines));
  return Math.min(found.from + Math.max(column, 0), found.to);
}

export function span(doc, range) {
  const from = place(doc, range.start.line, range.start.column);
  return { from, to: Math.max(from, place(doc, range.end.line, range.end.column)) };
}

/** Line and column of an offset. */
export function where(doc, offset) {
  const line = doc.lineAt(offset);
  return [line.number - 1, offset - line.from];
}
