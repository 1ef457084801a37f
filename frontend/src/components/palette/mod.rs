//! The command palette: whatever there is, by a few letters, and the keys that work on every page.

mod entries;
mod row;
mod search;
mod shortcuts;

use std::time::Duration;

use leptos::ev;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement};

use super::{Icon, StopDialog, Stopper, dialog::modal};
use crate::{
    browser,
    palette::keys::{Command, Keys, Pressed},
    parts,
    prelude::*,
};
pub use row::PaletteRow;
pub(crate) use search::PaletteSearch;
use shortcuts::Shortcuts;

/// Whether they are open. Copied about freely; all copies are one.
#[derive(Clone, Copy)]
struct Open {
    palette: RwSignal<bool>,
    keys: RwSignal<bool>,
    /// What the page that is open can do.
    page: StoredValue<Vec<PageCommand>>,
    /// Asks before something is stopped from here.
    stopper: Stopper,
}

/// How long after the frame what the palette finds with is fetched: what the page shows goes first.
const AHEAD: Duration = Duration::from_secs(2);

/// Something that a page can do. Copied about freely; all copies are one.
#[derive(Clone, Copy)]
struct PageCommand {
    icon: &'static str,
    words: StoredValue<Words, LocalStorage>,
    act: StoredValue<Deed, LocalStorage>,
}

/// What stands for a command at this moment, and what stands behind that.
type Words = Box<dyn Fn() -> (String, Option<String>)>;

/// What a command does.
type Deed = Box<dyn Fn()>;

/// Has the palette offer something that the page can do, until the page is left. `words`: what it is called when the palette is
/// opened, and what is said behind that.
pub fn offer_command(
    icon: &'static str,
    words: impl Fn() -> (String, Option<String>) + 'static,
    act: impl Fn() + 'static,
) {
    let open = expect_context::<Open>();
    let command = PageCommand {
        icon,
        words: StoredValue::new_local(Box::new(words)),
        act: StoredValue::new_local(Box::new(act)),
    };
    open.page.update_value(|page| page.push(command));
    on_cleanup(move || {
        open.page.try_update_value(|page| page.retain(|other| other.act != command.act));
    });
}

/// Makes the palette's state; called once, at the root.
pub fn provide_palette() {
    provide_context(Open {
        palette: RwSignal::new(false),
        keys: RwSignal::new(false),
        page: StoredValue::new(Vec::new()),
        stopper: Stopper::new(),
    });
}

/// The button in the top bar that opens it.
#[component]
pub(super) fn Finder() -> impl IntoView {
    let open = expect_context::<Open>();
    let mac = browser::is_mac();
    view! {
        <button class="finder" aria-haspopup="dialog" title="Search or jump to" on:click=move |_| open.palette.set(true)>
            <Icon name="search"/>
            <span class="finder__text">"Search or jump to"</span>
            // Drawn, not written: the button's name is what it says.
            <span class="kbd" aria-hidden="true" data-key=if mac { "⌘ K" } else { t!("Ctrl K") }></span>
        </button>
    }
}

/// Where the keyboard is: in a field, in a terminal.
fn focus(event: &web_sys::KeyboardEvent) -> (bool, bool) {
    let Some(element) = event.target().and_then(|target| target.dyn_into::<Element>().ok()) else {
        return (false, false);
    };
    let within = |selector: &str| element.closest(selector).ok().flatten().is_some();
    let typing = within(
        "input, textarea, select, [contenteditable]:not([contenteditable='false']), [role='textbox'], dialog[open]",
    );
    (typing, within(".xterm"))
}

/// Palette, list of keys, and what listens for them. One for the frame.
#[component]
pub(super) fn Palette() -> impl IntoView {
    let open = expect_context::<Open>();
    let navigate = crate::site::use_navigate();
    let keys = StoredValue::new(Keys::default());
    let listener = window_event_listener(ev::keydown, move |event| {
        if event.default_prevented() || event.is_composing() {
            return;
        }
        let (typing, terminal) = focus(&event);
        let pressed = Pressed {
            key: &event.key(),
            command: event.ctrl_key() || event.meta_key(),
            alt: event.alt_key(),
            typing,
            terminal,
            now: browser::steady_millis(),
        };
        let Some(command) = keys.try_update_value(|keys| keys.press(pressed)).flatten() else { return };
        event.prevent_default();
        match command {
            Command::Palette => open.palette.update(|open| *open = !*open),
            Command::Keys => open.keys.set(true),
            Command::Search => to_search(),
            Command::Go(address) => navigate(&crate::site::to(address), Default::default()),
        }
    });
    on_cleanup(move || listener.remove());
    set_timeout(parts::fetch_palette, AHEAD);
    view! {
        <Window open=open.palette/>
        <Shortcuts open=open.keys/>
        <StopDialog stopper=open.stopper/>
    }
}

/// Puts the keyboard into the page's own search, where it has one.
fn to_search() {
    let field = document().query_selector("main input[type='search']").ok().flatten();
    if let Some(field) = field.and_then(|field| field.dyn_into::<HtmlElement>().ok()) {
        let _ = field.focus();
    }
}

#[component]
fn Window(open: RwSignal<bool>) -> impl IntoView {
    let (node, beside) = modal(open);
    view! {
        <dialog class="palette" node_ref=node aria-label="Search or jump to" on:close=move |_| open.set(false) on:click=beside>
            // Made anew with each opening: what there is is that of the moment.
            <Show when=move || open.get()>{parts::palette()}</Show>
        </dialog>
    }
}
