// A file dropped on the editor replaces the text.

import { Prec } from "@codemirror/state";
import { EditorView } from "@codemirror/view";

/** Larger files are no configurations; reading them would only freeze the page. */
const MOST_BYTES = 4 * 1024 * 1024;

/** @param {(view: EditorView, name: string, content: string, error: string) => void} taken */
export function fileDrop(taken) {
  return Prec.high(
    EditorView.domEventHandlers({
      drop(event, view) {
        const file = event.dataTransfer?.files?.[0];
        if (!file) return false;
        event.preventDefault();
        read(file).then(
          (content) => taken(view, file.name, content, ""),
          (error) => taken(view, file.name, "", error.message),
        );
        return true;
      },
    }),
  );
}

async function read(file) {
  if (file.size > MOST_BYTES) {
    throw new Error(`it has ${Math.ceil(file.size / 1024 / 1024)} MB, a configuration at most 256 KB`);
  }
  return file.text();
}
