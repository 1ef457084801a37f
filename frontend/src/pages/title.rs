//! The window's title and icon.

use wasm_bindgen::JsCast;
use web_sys::HtmlLinkElement;

use crate::{favicon, prelude::*};

/// Keeps the window's title on what a page is about: `Runs · Berth`.
pub(crate) fn set_title(title: impl Fn() -> String + 'static) {
    Effect::new(move |_| document().set_title(&tf!("{} · Berth", title())));
}

/// Keeps the page's icon on a status, until the current component goes.
pub(crate) fn set_icon(status: impl Fn() -> Option<&'static str> + 'static) {
    let Some(link) = icon() else { return };
    let usual = link.href();
    let shown = link.clone();
    let own = usual.clone();
    Effect::new(move |_| {
        let address = status().and_then(favicon::address).unwrap_or_else(|| own.clone());
        if shown.href() != address {
            shown.set_href(&address);
        }
    });
    let link = StoredValue::new_local(link);
    on_cleanup(move || {
        link.try_with_value(|link| link.set_href(&usual));
    });
}

fn icon() -> Option<HtmlLinkElement> {
    document().query_selector("link[rel='icon']").ok().flatten()?.dyn_into().ok()
}
