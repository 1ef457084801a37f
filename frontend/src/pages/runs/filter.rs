//! Which runs are shown. The address holds all of it.

use crate::{
    components::{Icon, Segment, Segments},
    live::use_live,
    pages::lookout::{Lookout, Query, Typed},
    prelude::*,
    runs::{State, View},
};

/// What the reader wants to see, and the way to another view.
pub(super) type Filter = Lookout<View>;

impl Query for View {
    const PAGE: &'static str = "/runs";

    fn of_pairs<'a>(pairs: impl Iterator<Item = (&'a str, &'a str)>) -> Self {
        Self::parse(pairs)
    }

    fn query(&self) -> String {
        self.to_query()
    }
}

/// The bar over the table.
#[component]
pub(super) fn FilterBar(filter: Filter) -> impl IntoView {
    let live = use_live();
    let typed = Typed::new(filter, |view| &view.text, |view| &mut view.text);
    let state = Memo::new(move |_| filter.view.with(|view| view.state));
    let only_mine = Memo::new(move |_| filter.view.with(|view| view.mine));
    let count = move |state: State| Memo::new(move |_| live.runs.count(|run| state.accepts(run)));
    let mine = Memo::new(move |_| {
        let reader = live.user.get().map(|user| user.name).unwrap_or_default();
        live.runs.count(|run| run.owner == reader)
    });
    view! {
        <div class="filters">
            <label class="search">
                <Icon name="search"/>
                <input class="search__input" type="search" placeholder="Name, person, GPU or tag:key=value" aria-label="Filter runs"
                    autocomplete="off" spellcheck="false" prop:value=typed.text on:input:target=move |event| typed.set(event.target().value())/>
            </label>
            <Segments label="State">
                {State::ALL.map(|(this, _, word)| {
                    let count = count(this);
                    view! {
                        <Segment chosen=Signal::derive(move || state.get() == this) choose=move |()| filter.change(false, move |view| view.state = this)
                            count=Signal::derive(move || count.get().to_string())>{word}</Segment>
                    }
                }).collect_view()}
            </Segments>
            <button class="chip" aria-pressed=move || only_mine.get().to_string() on:click=move |_| filter.change(false, |view| view.mine = !view.mine)>
                "Mine" <span class="chip__key">{move || mine.get()}</span>
            </button>
            <span class="filters__spring"></span>
            <a class="btn" data-kind="primary" href=crate::site::at("/")><Icon name="plus"/>"New environment"</a>
        </div>
    }
}
