//! What is looked for in the palette, and what is found. A part of the wasm of its own (`parts`), since the frame is there before
//! anybody looks for something.

use leptos::{ev, html};
use leptos_router::hooks::use_location;

use super::{
    Open, PaletteRow,
    entries::{self, Entry, Gathered},
};
use crate::{
    browser,
    components::{Icon, toaster},
    live::use_live,
    prelude::*,
};

/// What is in the palette while it is open.
#[component]
pub(crate) fn PaletteSearch() -> impl IntoView {
    let Open { palette: open, keys, page, stopper } = expect_context();
    let typed = RwSignal::new(String::new());
    let chosen = RwSignal::new(0_usize);
    let path = StoredValue::new(use_location().pathname.get_untracked());
    let act = entries::actor(stopper, keys, toaster());
    // What is looked for: what is typed, once that is seen; nothing before the window itself is.
    let asked = RwSignal::new(None::<String>);
    let source = RwSignal::new(None::<entries::Source>);
    let live = use_live();
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
