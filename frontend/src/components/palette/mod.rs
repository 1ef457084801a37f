//! The command palette: whatever there is, by a few letters, and the keys that work on every page.

mod entries;
mod row;
mod shortcuts;

use leptos::{ev, html};
use leptos_router::hooks::use_location;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement};

use super::{Icon, StopDialog, Stopper, dialog::modal, toaster};
use crate::{
    browser,
    live::use_live,
    palette::keys::{Command, Keys, Pressed},
    prelude::*,
};
use entries::{Entry, Gathered};
pub use row::PaletteRow;
use shortcuts::Shortcuts;

/// Whether they are open. Copied about freely; all copies are one.
#[derive(Clone, Copy)]
struct Open {
    palette: RwSignal<bool>,
    keys: RwSignal<bool>,
    /// What the page that is open can do.
    page: StoredValue<Vec<PageCommand>>,
}

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
    let stopper = Stopper::new();
    view! {
        <Window open=open.palette keys=open.keys stopper/>
        <Shortcuts open=open.keys/>
        <StopDialog stopper=stopper/>
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
fn Window(open: RwSignal<bool>, keys: RwSignal<bool>, stopper: Stopper) -> impl IntoView {
    let (node, beside) = modal(open);
    view! {
        <dialog class="palette" node_ref=node aria-label="Search or jump to" on:close=move |_| open.set(false) on:click=beside>
            // Made anew with each opening: what there is is that of the moment.
            <Show when=move || open.get()><Search open keys stopper/></Show>
        </dialog>
    }
}

#[component]
fn Search(open: RwSignal<bool>, keys: RwSignal<bool>, stopper: Stopper) -> impl IntoView {
    let typed = RwSignal::new(String::new());
    let chosen = RwSignal::new(0_usize);
    let path = StoredValue::new(use_location().pathname.get_untracked());
    let act = entries::actor(stopper, keys, toaster());
    // What is looked for: what is typed, once that is seen; nothing before the window itself is.
    let asked = RwSignal::new(None::<String>);
    let source = RwSignal::new(None::<entries::Source>);
    let live = use_live();
    let page = expect_context::<Open>().page;
    let look = move || {
        let Some(typed) = typed.try_get_untracked() else { return };
        if source.with_untracked(Option::is_none) {
            let page = page.get_value();
            source.set(Some(path.with_value(|path| entries::Source::new(live, path, &page))));
        }
        if asked.with_untracked(|asked| asked.as_ref() != Some(&typed)) {
            asked.set(Some(typed));
            chosen.set(0);
        }
    };
    browser::after_paint(look);
    let found = Memo::new(move |_| {
        asked.with(|asked| {
            let asked = asked.as_ref()?;
            source.with(|source| source.as_ref().map(|source| source.find(asked)))
        })
    });
    let list: Memo<Vec<Entry>> = Memo::new(move |_| {
        found.with(|groups| groups.iter().flatten().flat_map(|group| group.entries.iter().cloned()).collect())
    });
    let input = NodeRef::<html::Input>::new();
    Effect::new(move |_| {
        if let Some(input) = input.get() {
            let _ = input.focus();
        }
    });
    // What is chosen stays in sight.
    Effect::new(move |_| {
        let id = option_id(chosen.get());
        request_animation_frame(move || {
            if let Some(option) = document().get_element_by_id(&id) {
                let options = web_sys::ScrollIntoViewOptions::new();
                options.set_block(web_sys::ScrollLogicalPosition::Nearest);
                option.scroll_into_view_with_scroll_into_view_options(&options);
            }
        });
    });
    let go = move |at: usize| {
        let entry = list.with_untracked(|list| list.get(at).cloned());
        if let Some(entry) = entry {
            open.set(false);
            act(entry.act);
        }
    };
    let go = StoredValue::new_local(go);
    let on_key = move |event: ev::KeyboardEvent| {
        // A key that acts on what was found acts on what is typed by now.
        if matches!(event.key().as_str(), "Enter" | "ArrowDown" | "ArrowUp") {
            look();
        }
        let count = list.with_untracked(Vec::len);
        let last = count.saturating_sub(1);
        let now = chosen.get_untracked().min(last);
        let next = match event.key().as_str() {
            "ArrowDown" if now >= last => 0,
            "ArrowDown" => now + 1,
            "ArrowUp" if now == 0 => last,
            "ArrowUp" => now - 1,
            "PageDown" => (now + 8).min(last),
            "PageUp" => now.saturating_sub(8),
            "Enter" if !event.is_composing() => {
                event.prevent_default();
                return go.with_value(|go| go(now));
            }
            _ => return,
        };
        event.prevent_default();
        chosen.set(next);
    };
    let none = Memo::new(move |_| found.with(|found| found.as_ref().is_some_and(Vec::is_empty)));
    let count = move || match list.with(Vec::len) {
        0 if !none.get() => String::new(),
        0 => t!("nothing found").to_owned(),
        1 => t!("1 result").to_owned(),
        count => tf!("{count} results"),
    };
    view! {
        <div class="palette__input">
            <Icon name="search"/>
            <input node_ref=input role="combobox" aria-label="Search or jump to" aria-expanded="true" aria-autocomplete="list" aria-controls="palette-list"
                aria-activedescendant=move || (!list.with(Vec::is_empty)).then(|| option_id(chosen.get())) placeholder="A run, a page, something to do" autocomplete="off" autocapitalize="none" spellcheck="false"
                maxlength="100" prop:value=typed on:input:target=move |event| { typed.set(event.target().value()); browser::after_paint(look); } on:keydown=on_key/>
            <span class="kbd" aria-hidden="true">"Esc"</span>
        </div>
        <div class="palette__list" role="listbox" id="palette-list" aria-label="Results" tabindex="-1">
            {move || {
                let mut from = 0;
                found.get().unwrap_or_default().into_iter().map(|group| {
                    let first = from;
                    from += group.entries.len();
                    view! { <Group group first chosen go/> }
                }).collect_view()
            }}
        </div>
        <Show when=move || none.get()><p class="palette__none">"Nothing is called that."</p></Show>
        <p class="sr" role="status">{count}</p>
        <div class="palette__foot" aria-hidden="true">
            <span><span class="kbd">"↑↓"</span>" choose"</span>
            <span><span class="kbd">"↵"</span>" do it"</span>
            <span><span class="kbd">"?"</span>" all keys, outside of fields"</span>
        </div>
    }
}

fn option_id(at: usize) -> String {
    format!("palette-{at}")
}

#[component]
fn Group<F: Fn(usize) + 'static>(
    group: Gathered,
    first: usize,
    chosen: RwSignal<usize>,
    go: StoredValue<F, LocalStorage>,
) -> impl IntoView {
    let title = group.title;
    let options = group
        .entries
        .into_iter()
        .enumerate()
        .map(|(at, entry)| {
            let at = first + at;
            let Entry { icon, text, at: meant, status, more, .. } = entry;
            view! {
                <PaletteRow icon text meant status more chosen=Signal::derive(move || chosen.get() == at) attr:id=option_id(at)
                    on:pointermove=move |_| if chosen.get_untracked() != at { chosen.set(at) } on:click=move |_| go.with_value(|go| go(at))/>
            }
        })
        .collect_view();
    view! {
        <div role="group" aria-label=title>
            <div class="palette__group" aria-hidden="true">{title}</div>
            {options}
        </div>
    }
}
