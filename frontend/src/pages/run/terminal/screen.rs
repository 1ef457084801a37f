//! The screen that `js/terminal.js` makes, and what it asks of the page.

use js_sys::{Object, Reflect};
use wasm_bindgen::{JsValue, closure::Closure, prelude::wasm_bindgen};

#[wasm_bindgen]
extern "C" {
    /// What `js/terminal.js` makes.
    #[derive(Clone)]
    pub(super) type Screen;
    /// Shows bytes. In `old` ones questions of programs stay without an answer: they had one.
    #[wasm_bindgen(method)]
    pub(super) fn write(this: &Screen, bytes: &[u8], old: bool);
    /// Clears everything, once what it was given is shown.
    #[wasm_bindgen(method)]
    pub(super) fn reset(this: &Screen);
    #[wasm_bindgen(method)]
    pub(super) fn focus(this: &Screen);
    #[wasm_bindgen(method)]
    pub(super) fn cols(this: &Screen) -> u16;
    #[wasm_bindgen(method)]
    pub(super) fn rows(this: &Screen) -> u16;
    /// Looks for a text: 1 for the next place, -1 for the one before, 0 as it is typed. False for a pattern that is none.
    #[wasm_bindgen(method)]
    pub(super) fn look(this: &Screen, text: &str, match_case: bool, pattern: bool, step: i32) -> bool;
    #[wasm_bindgen(method, js_name = "stopLooking")]
    pub(super) fn stop_looking(this: &Screen);
    /// Whether the lines that were asked about may be pasted.
    #[wasm_bindgen(method, js_name = "answerPaste")]
    pub(super) fn answer_paste(this: &Screen, may: bool);
    #[wasm_bindgen(method)]
    pub(super) fn close(this: &Screen);

    /// That module.
    pub(super) type Module;
    #[wasm_bindgen(method)]
    pub(super) fn open(this: &Module, element: &web_sys::HtmlElement, label: &str, wants: &Object) -> Screen;
}

/// What a screen calls; to be kept for as long as it may.
pub(super) struct Wants {
    /// Bytes that are typed.
    pub(super) input: Closure<dyn FnMut(Vec<u8>)>,
    /// Columns and rows.
    pub(super) resize: Closure<dyn FnMut(u16, u16)>,
    /// How many bytes it was given and has not shown yet; told now and then.
    pub(super) behind: Closure<dyn FnMut(u32)>,
    /// The reader wants to look for something.
    pub(super) find: Closure<dyn FnMut()>,
    /// Which place a search has gone to, and how many there are.
    pub(super) found: Closure<dyn FnMut(i32, u32)>,
    /// How many lines are to be pasted that a program would run as they come.
    pub(super) many_lines: Closure<dyn FnMut(u32)>,
    /// Where an address is for the reader.
    pub(super) leads: Closure<dyn FnMut(String) -> String>,
}

impl Wants {
    /// The same, as the module takes them.
    pub(super) fn object(&self) -> Object {
        let object = Object::new();
        let all: [(&str, &JsValue); 7] = [
            ("onInput", self.input.as_ref()),
            ("onResize", self.resize.as_ref()),
            ("onBehind", self.behind.as_ref()),
            ("onFind", self.find.as_ref()),
            ("onFound", self.found.as_ref()),
            ("onManyLines", self.many_lines.as_ref()),
            ("leads", self.leads.as_ref()),
        ];
        for (name, function) in all {
            // A plain object takes any property.
            let _ = Reflect::set(&object, &JsValue::from_str(name), function);
        }
        object
    }
}
