//! Small services of the browser that pages share.

use std::time::Duration;
use wasm_bindgen_futures::JsFuture;
use web_sys::Storage;

/// The key in the session's storage under which a page leaves a text for *Launch* to open.
pub const INCOMING_DRAFT: &str = "berth.draft.incoming";

fn local() -> Option<Storage> {
    leptos::prelude::window().local_storage().ok().flatten()
}

fn session() -> Option<Storage> {
    leptos::prelude::window().session_storage().ok().flatten()
}

/// A value kept for this browser; `None` when there is none or storage is closed to the page.
#[must_use]
pub fn recall(key: &str) -> Option<String> {
    local()?.get_item(key).ok().flatten()
}

/// Keeps a value for this browser, or forgets it; does nothing where storage is closed to the page.
pub fn keep(key: &str, value: Option<&str>) {
    let Some(storage) = local() else { return };
    let _ = match value {
        Some(value) => storage.set_item(key, value),
        None => storage.remove_item(key),
    };
}

/// Leaves a text for *Launch* to open; whether the browser took it.
pub fn leave_draft(text: &str) -> bool {
    session().is_some_and(|storage| storage.set_item(INCOMING_DRAFT, text).is_ok())
}

/// Takes the text that another page left for *Launch*; it is gone afterwards.
#[must_use]
pub fn take_draft() -> Option<String> {
    let storage = session()?;
    let text = storage.get_item(INCOMING_DRAFT).ok().flatten()?;
    let _ = storage.remove_item(INCOMING_DRAFT);
    Some(text)
}

/// Where the page comes from: `https://berth.example`.
#[must_use]
pub fn origin() -> String {
    leptos::prelude::window().location().origin().unwrap_or_default()
}

/// What follows `mark` at the start of the address's fragment; it is gone from the address afterwards, and from the
/// browser's history.
#[must_use]
pub fn take_fragment(mark: &str) -> Option<String> {
    let window = leptos::prelude::window();
    let location = window.location();
    let hash = location.hash().ok()?;
    let rest = hash.strip_prefix('#')?.strip_prefix(mark)?.to_owned();
    let address = format!("{}{}", location.pathname().ok()?, location.search().ok()?);
    let history = window.history().ok()?;
    let state = history.state().unwrap_or_default();
    let _ = history.replace_state_with_url(&state, "", Some(&address));
    Some(rest)
}

/// Leaves the dashboard for another address.
pub fn leave_for(url: &str) {
    // A browser that refuses has nothing that could be done about it.
    let _ = leptos::prelude::window().location().set_href(url);
}

/// What the fragment of a link with a text in it begins with.
pub const LINK_MARK: &str = "config=";

/// Takes the text of such a link out of the address. It waits in the session: whoever has to log in first finds it afterwards.
pub fn take_link() {
    if let Some(packed) = take_fragment(LINK_MARK) {
        wait_with_link(Some(&packed));
    }
}

/// The key in the session's storage of a link that waits to be opened.
const LINK: &str = "berth.link";

/// Keeps a link's text, packed, until it is opened; or forgets it.
pub fn wait_with_link(packed: Option<&str>) {
    let Some(storage) = session() else { return };
    let _ = match packed {
        Some(packed) => storage.set_item(LINK, packed),
        None => storage.remove_item(LINK),
    };
}

/// The link's text that waits, packed.
#[must_use]
pub fn waiting_link() -> Option<String> {
    session()?.get_item(LINK).ok().flatten()
}

/// Puts a text on the clipboard; whether the browser allowed it.
pub async fn copy(text: &str) -> bool {
    let clipboard = leptos::prelude::window().navigator().clipboard();
    JsFuture::from(clipboard.write_text(text)).await.is_ok()
}

/// Whether the reader sits at a Mac, where Command is what Control is elsewhere.
#[must_use]
pub fn is_mac() -> bool {
    let platform = leptos::prelude::window().navigator().platform();
    platform.is_ok_and(|name| name.starts_with("Mac") || name.starts_with("iP"))
}

/// Milliseconds since 1970 by this machine's clock.
#[must_use]
pub fn wall_millis() -> i64 {
    js_sys::Date::now() as i64
}

/// Milliseconds that only ever grow, from an arbitrary start.
#[must_use]
pub fn steady_millis() -> u64 {
    leptos::prelude::window().performance().map_or(0.0, |performance| performance.now()) as u64
}

/// The same with the fractions that the browser gives, for measuring.
#[must_use]
pub fn precise_millis() -> f64 {
    leptos::prelude::window().performance().map_or(0.0, |performance| performance.now())
}

/// Acts once the next frame is on the screen: what was pressed or typed is seen first, whatever takes longer follows. At once where
/// nobody sees the page, since it has no frames then.
pub fn after_paint(act: impl FnOnce() + 'static) {
    if leptos::prelude::document().hidden() {
        act();
        return;
    }
    leptos::prelude::request_animation_frame(move || leptos::prelude::set_timeout(act, Duration::ZERO));
}

/// A random number from 0 up to 1.
#[must_use]
pub fn random() -> f64 {
    js_sys::Math::random()
}

/// How far the reader's clock is ahead of UTC now, minutes; below 0 west of it.
#[must_use]
pub fn minutes_east() -> i32 {
    -js_sys::Date::new_0().get_timezone_offset() as i32
}

/// Says which language the page is in, for whatever reads it out or offers to translate it.
pub fn set_language(tag: &str) {
    if let Some(page) = leptos::prelude::document().document_element() {
        let _ = page.set_attribute("lang", tag);
    }
}
