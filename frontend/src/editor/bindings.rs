//! What `js/editor.js` hands out.

use wasm_bindgen::prelude::wasm_bindgen;

#[wasm_bindgen]
extern "C" {
    /// The object that `createEditor` answers with.
    pub(super) type Handle;

    #[wasm_bindgen(method)]
    pub(super) fn text(this: &Handle) -> String;

    #[wasm_bindgen(method)]
    pub(super) fn length(this: &Handle) -> u32;

    #[wasm_bindgen(method, js_name = setText)]
    pub(super) fn set_text(this: &Handle, text: &str);

    #[wasm_bindgen(method, js_name = setMarks)]
    pub(super) fn set_marks(this: &Handle, json: &str);

    #[wasm_bindgen(method, js_name = setCosts)]
    pub(super) fn set_costs(this: &Handle, json: &str);

    #[wasm_bindgen(method, js_name = applyEdits)]
    pub(super) fn apply_edits(this: &Handle, json: &str);

    #[wasm_bindgen(method)]
    pub(super) fn select(this: &Handle, start_line: u32, start_column: u32, end_line: u32, end_column: u32);

    #[wasm_bindgen(method)]
    pub(super) fn focus(this: &Handle);

    #[wasm_bindgen(method)]
    pub(super) fn destroy(this: &Handle);
}
