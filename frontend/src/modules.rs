//! JavaScript that a page loads when it first needs it.

use berth_texts::tf;
use js_sys::{Object, Promise, Reflect};
use wasm_bindgen::{JsCast, JsValue, prelude::wasm_bindgen};
use wasm_bindgen_futures::JsFuture;

#[wasm_bindgen]
extern "C" {
    /// The browser's `import()`.
    #[wasm_bindgen(js_name = "import")]
    fn import(address: &str) -> Promise;
}

/// The namespace of the module that `js/NAME.js` was bundled into.
///
/// The browser keeps a loaded module, so a second call costs nothing.
///
/// # Errors
/// A sentence for people when the module is not part of this build or cannot be fetched.
pub async fn load(name: &str) -> Result<Object, String> {
    let address = leptos::prelude::document()
        .query_selector(&format!("meta[name='berth:module'][data-name='{name}']"))
        .ok()
        .flatten()
        .and_then(|meta| meta.get_attribute("content"))
        .ok_or_else(|| tf!("the page's part `{name}` is missing from this build"))?;
    match JsFuture::from(import(&crate::site::resolve(&address))).await {
        Ok(module) => Ok(module.unchecked_into()),
        Err(_) => Err(tf!("the page's part `{name}` did not load: check the connection, then try again")),
    }
}

/// A function that a module exports.
///
/// # Errors
/// A sentence for people when there is none of that name.
pub fn function(module: &Object, name: &str) -> Result<js_sys::Function, String> {
    Reflect::get(module, &JsValue::from_str(name))
        .ok()
        .and_then(|value| value.dyn_into().ok())
        .ok_or_else(|| tf!("the page's script has no `{name}`: load the page again"))
}
