//! Filters under names, kept for each person in this browser.

use leptos::ev::SubmitEvent;

use super::Ways;
use crate::{
    browser,
    components::{Dialog, Icon, Wrong},
    live::use_live,
    prelude::*,
    team::saved::{self, NAME, Saved},
};

/// What the reader has saved. Copied about freely; all copies are one.
#[derive(Clone, Copy)]
pub(super) struct Shelf {
    pub(super) all: RwSignal<Vec<Saved>>,
    /// Whose it is.
    person: Memo<Option<String>>,
}

impl Shelf {
    pub(super) fn follow() -> Self {
        let live = use_live();
        let shelf = Self {
            all: RwSignal::new(Vec::new()),
            person: Memo::new(move |_| live.user.with(|user| user.as_ref().map(|user| user.name.clone()))),
        };
        Effect::new(move |_| {
            let kept = shelf.person.get().and_then(|person| browser::recall(&saved::key(&person)));
            shelf.all.set(saved::read(kept.as_deref()));
        });
        shelf
    }

    fn keep(self, all: Vec<Saved>) {
        if let Some(person) = self.person.get_untracked() {
            browser::keep(&saved::key(&person), saved::write(&all).as_deref());
        }
        self.all.set(all);
    }
}

/// Those that are saved: each leads to its address, and can be removed.
#[component]
pub(super) fn SavedFilters(ways: Ways) -> impl IntoView {
    let shelf = ways.shelf;
    let now = Memo::new(move |_| ways.lookout.view.with(crate::team::view::View::to_query));
    let one = move |Saved { name, query }: Saved| {
        let (address, gone) = (format!("/team{query}"), name.clone());
        let current = move || (now.get() == query).then_some("true");
        view! {
            <li class="saved__one">
                <a class="chip" href=crate::site::at(&address) aria-current=current>{name.clone()}</a>
                <button class="btn" data-kind="quiet" data-icon="" data-size="sm" aria-label=tf!("Remove the filter {name}") title=tf!("Remove the filter {name}")
                    on:click=move |_| shelf.keep(saved::without(&shelf.all.get_untracked(), &gone))><Icon name="x"/></button>
            </li>
        }
    };
    view! {
        <Show when=move || shelf.all.with(|all| !all.is_empty())>
            <ul class="saved" aria-label="Saved filters">
                <For each=move || shelf.all.get() key=|saved| (saved.name.clone(), saved.query.clone()) children=one/>
            </ul>
        </Show>
    }
}

/// Saves what is shown now, where that is not saved yet.
#[component]
pub(super) fn SaveFilter(ways: Ways) -> impl IntoView {
    let open = RwSignal::new(false);
    let now = Memo::new(move |_| ways.lookout.view.with(crate::team::view::View::to_query));
    let worth = Memo::new(move |_| {
        now.with(|now| {
            !now.is_empty() && ways.shelf.all.with(|all| all.iter().all(|saved| saved.query != *now))
        })
    });
    view! {
        <Show when=move || worth.get()>
            <button class="btn" data-kind="quiet" aria-haspopup="dialog" on:click=move |_| open.set(true)><Icon name="save"/>"Save"<span class="sr">" this filter"</span></button>
        </Show>
        <Dialog open=open title=t!("Save this filter").to_owned()>
            <Show when=move || open.get()><Form ways open query=now/></Show>
        </Dialog>
    }
}

#[component]
fn Form(ways: Ways, open: RwSignal<bool>, query: Memo<String>) -> impl IntoView {
    let name = RwSignal::new(String::new());
    let wrong = RwSignal::new(None::<String>);
    let keep = move |event: SubmitEvent| {
        event.prevent_default();
        let all = ways.shelf.all.get_untracked();
        match saved::save(&all, &name.get_untracked(), &query.get_untracked()) {
            Ok(all) => {
                ways.shelf.keep(all);
                open.set(false);
            }
            Err(why) => wrong.set(Some(why)),
        }
    };
    view! {
        <form class="values" on:submit=keep>
            <div class="field">
                <label class="field__label" for="filter-name-field">"Name"</label>
                <input id="filter-name-field" class="input" autocomplete="off" spellcheck="false" maxlength=NAME.to_string() required aria-describedby="filter-name" prop:value=name
                    on:input:target=move |event| { name.set(event.target().value()); wrong.set(None); }/>
                <span class="field__hint" id="filter-name">"It is kept for you in this browser. A filter of the same name gives way to it."</span>
            </div>
            <Wrong why=wrong/>
            <div class="dialog__actions">
                <button class="btn" type="button" on:click=move |_| open.set(false)>"Cancel"</button>
                <button class="btn" data-kind="primary" type="submit" disabled=move || name.with(|name| name.trim().is_empty())>"Save"</button>
            </div>
        </form>
    }
}
