//! The text editor: CodeMirror, loaded when it is first needed.

mod bindings;

use berth_shared::{
    config::InlineHint,
    diagnostics::{Diagnostic, Range, TextEdit},
};
use berth_texts::t;
use js_sys::{Object, Reflect};
use serde::Serialize;
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use web_sys::HtmlElement;

use crate::modules;
use bindings::Handle;

/// More marks than this in one text help nobody, and drawing them would slow the typing down.
const MOST_MARKS: usize = 200;

/// What an editor tells. Each is called within the browser's event, before the next frame.
pub struct Callbacks {
    /// The text is another now: its length in UTF-16 code units, and whether somebody typed or pasted it
    /// (as opposed to [`Editor::set_text`] or a dropped file).
    pub changed: Box<dyn Fn(usize, bool)>,
    /// What may be written at a place (line from 0, column in UTF-16 code units) of a text, as JSON of `Completions`.
    pub complete: Box<dyn Fn(String, usize, usize) -> String>,
    /// What a place of a text means, as JSON of `Hover`, or `null`.
    pub hover: Box<dyn Fn(String, usize, usize) -> String>,
    /// What can be done with the whole text, as JSON of the titles.
    pub actions: Box<dyn Fn() -> String>,
    /// One of them was chosen, by its index.
    pub acted: Box<dyn Fn(usize)>,
    /// Ctrl/⌘ Enter was pressed.
    pub submitted: Box<dyn Fn()>,
    /// A file was dropped: its name, and why it could not be read, in words.
    pub file: Box<dyn Fn(String, Option<String>)>,
}

/// An editor in the page; it goes when this is dropped.
pub struct Editor {
    handle: Handle,
    _changed: Closure<dyn Fn(u32, bool)>,
    _complete: Closure<dyn Fn(String, u32, u32) -> String>,
    _hover: Closure<dyn Fn(String, u32, u32) -> String>,
    _actions: Closure<dyn Fn() -> String>,
    _acted: Closure<dyn Fn(u32)>,
    _submitted: Closure<dyn Fn()>,
    _file: Closure<dyn Fn(String, String)>,
}

impl Editor {
    /// Makes an editor at the end of `parent`, with an accessible name.
    ///
    /// # Errors
    /// A sentence for people when the editor's script does not load.
    pub async fn create(
        parent: &HtmlElement,
        label: &str,
        text: &str,
        callbacks: Callbacks,
    ) -> Result<Self, String> {
        let module = modules::load("editor").await?;
        let create = modules::function(&module, "createEditor")?;
        let Callbacks { changed, complete, hover, actions, acted, submitted, file } = callbacks;
        let changed = Closure::<dyn Fn(u32, bool)>::new(move |length: u32, typed| {
            changed(usize::try_from(length).unwrap_or(usize::MAX), typed);
        });
        let [complete, hover] = [complete, hover].map(|ask| {
            Closure::<dyn Fn(String, u32, u32) -> String>::new(move |text, line: u32, column: u32| {
                ask(text, line as usize, column as usize)
            })
        });
        let actions = Closure::<dyn Fn() -> String>::new(actions);
        let acted = Closure::<dyn Fn(u32)>::new(move |index: u32| acted(index as usize));
        let submitted = Closure::<dyn Fn()>::new(submitted);
        let file = Closure::<dyn Fn(String, String)>::new(move |name, error: String| {
            file(name, (!error.is_empty()).then_some(error));
        });
        let options = Object::new();
        for (name, value) in [
            ("text", JsValue::from_str(text)),
            ("label", JsValue::from_str(label)),
            ("onChange", changed.as_ref().clone()),
            ("complete", complete.as_ref().clone()),
            ("hover", hover.as_ref().clone()),
            ("actions", actions.as_ref().clone()),
            ("onAction", acted.as_ref().clone()),
            ("onSubmit", submitted.as_ref().clone()),
            ("onFile", file.as_ref().clone()),
        ] {
            // Setting a property of a plain object cannot fail.
            let _ = Reflect::set(&options, &JsValue::from_str(name), &value);
        }
        let handle = create
            .call2(&JsValue::NULL, parent, &options)
            .map_err(|_| t!("the editor did not start: load the page again").to_owned())?
            .unchecked_into();
        Ok(Self {
            handle,
            _changed: changed,
            _complete: complete,
            _hover: hover,
            _actions: actions,
            _acted: acted,
            _submitted: submitted,
            _file: file,
        })
    }

    /// The text, with LF line ends.
    #[must_use]
    pub fn text(&self) -> String {
        self.handle.text()
    }

    /// How long the text is, in UTF-16 code units.
    #[must_use]
    pub fn len_utf16(&self) -> usize {
        self.handle.length() as usize
    }

    /// Replaces the text; undo brings the old one back.
    pub fn set_text(&self, text: &str) {
        self.handle.set_text(text);
    }

    /// Shows what is known about the present text: at most 200 diagnostics and as many remarks.
    pub fn set_marks(&self, diagnostics: &[Diagnostic], hints: &[InlineHint]) {
        #[derive(Serialize)]
        struct Marks<'a> {
            diagnostics: &'a [Diagnostic],
            hints: &'a [InlineHint],
        }
        let marks = Marks {
            diagnostics: &diagnostics[..diagnostics.len().min(MOST_MARKS)],
            hints: &hints[..hints.len().min(MOST_MARKS)],
        };
        if let Ok(json) = serde_json::to_string(&marks) {
            self.handle.set_marks(&json);
        }
    }

    /// Shows what the present text costs in choice: notes beside lines, and for each diagnostic of the last
    /// [`Self::set_marks`] how many more offers its fixes bring.
    pub fn set_costs(&self, notes: &[InlineHint], gains: &[Vec<Option<i64>>]) {
        #[derive(Serialize)]
        struct Costs<'a> {
            notes: &'a [InlineHint],
            gains: &'a [Vec<Option<i64>>],
        }
        if let Ok(json) = serde_json::to_string(&Costs { notes, gains }) {
            self.handle.set_costs(&json);
        }
    }

    /// Applies edits of the present text as one change, which undo takes back.
    pub fn apply_edits(&self, edits: &[TextEdit]) {
        if let Ok(json) = serde_json::to_string(edits) {
            self.handle.apply_edits(&json);
        }
    }

    /// Selects a range of the text, brings it into view and takes the focus.
    pub fn select(&self, range: Range) {
        let number = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        self.handle.select(
            number(range.start.line),
            number(range.start.column),
            number(range.end.line),
            number(range.end.column),
        );
    }

    /// Takes the focus.
    pub fn focus(&self) {
        self.handle.focus();
    }
}

impl Drop for Editor {
    fn drop(&mut self) {
        self.handle.destroy();
    }
}
