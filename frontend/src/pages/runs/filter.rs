//! Which runs are shown.

use berth_shared::api::{Run, RunStatus, User};

use crate::{
    components::{Icon, Segment, Segments},
    format,
    live::use_live,
    prelude::*,
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    All,
    Active,
    Failed,
}

/// What the reader wants to see.
#[derive(Clone, Copy)]
pub(super) struct Filter {
    text: RwSignal<String>,
    state: RwSignal<State>,
    mine: RwSignal<bool>,
}

impl Filter {
    pub(super) fn new() -> Self {
        Self {
            text: RwSignal::new(String::new()),
            state: RwSignal::new(State::All),
            mine: RwSignal::new(false),
        }
    }

    pub(super) fn clear(self) {
        self.text.set(String::new());
        self.state.set(State::All);
        self.mine.set(false);
    }

    /// Whether a run is shown; tracks the filter.
    pub(super) fn accepts(self, run: &Run, reader: Option<&User>) -> bool {
        in_state(run, self.state.get())
            && (!self.mine.get() || reader.is_some_and(|reader| reader.name == run.owner))
            && self.text.with(|text| {
                let mut words = text.split_whitespace().map(str::to_lowercase).peekable();
                if words.peek().is_none() {
                    return true;
                }
                let hay = haystack(run);
                words.all(|word| hay.contains(&word))
            })
    }
}

fn in_state(run: &Run, state: State) -> bool {
    match state {
        State::All => true,
        State::Active => !run.status.is_finished(),
        State::Failed => run.status == RunStatus::Failed,
    }
}

fn haystack(run: &Run) -> String {
    let machine = run.offer.as_ref().map(|offer| {
        format!(
            "{} {} {} {}",
            offer.backend,
            offer.region,
            offer.instance_type,
            format::machine::hardware(offer, None)
        )
    });
    format!("{} {} {} {}", run.name, run.owner, run.status, machine.unwrap_or_default()).to_lowercase()
}

/// The bar over the table.
#[component]
pub(super) fn FilterBar(filter: Filter) -> impl IntoView {
    let live = use_live();
    let count = move |state: State| Memo::new(move |_| live.runs.count(|run| in_state(run, state)));
    let mine = Memo::new(move |_| {
        let reader = live.user.get().map(|user| user.name).unwrap_or_default();
        live.runs.count(|run| run.owner == reader)
    });
    let options = [(t!("All"), State::All), (t!("Active"), State::Active), (t!("Failed"), State::Failed)];
    view! {
        <div class="filters">
            <label class="search">
                <Icon name="search"/>
                <input class="search__input" type="search" placeholder="Name, person, GPU or backend" aria-label="Filter runs"
                    prop:value=filter.text on:input:target=move |event| filter.text.set(event.target().value())/>
            </label>
            <Segments label="State">
                {options.map(|(word, state)| {
                    let count = count(state);
                    view! {
                        <Segment chosen=Signal::derive(move || filter.state.get() == state) choose=move |()| filter.state.set(state)
                            count=Signal::derive(move || count.get().to_string())>{word}</Segment>
                    }
                }).collect_view()}
            </Segments>
            <button class="chip" aria-pressed=move || filter.mine.get().to_string() on:click=move |_| filter.mine.update(|mine| *mine = !*mine)>
                "Mine" <span class="chip__key">{move || mine.get()}</span>
            </button>
            <span class="filters__spring"></span>
            <a class="btn" data-kind="primary" href=crate::site::at("/")><Icon name="plus"/>"New environment"</a>
        </div>
    }
}
