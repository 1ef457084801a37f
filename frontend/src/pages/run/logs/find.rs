//! Looking for words in a log, wherever in it they are: the server looks, and the page goes from one to the next.

use berth_shared::{api::LogHits, log::Needle};
use leptos::{ev::KeyboardEvent, task::spawn_local};

use super::view::View;
use crate::{api, components::Icon, prelude::*};

/// How many rows are gone through at most; a word that more have wants to be longer.
const HITS: usize = 10_000;
/// How many are asked for at once.
const PAGE: usize = 1000;
/// How long typing rests before it is looked for, milliseconds.
const REST: u32 = 250;

/// A search. Copied about freely; all copies are one.
#[derive(Clone, Copy)]
struct Find {
    view: View,
    text: RwSignal<String>,
    /// Where the rows are that were found, in order.
    hits: RwSignal<Vec<u64>>,
    /// Which of them was gone to.
    at: RwSignal<usize>,
    state: RwSignal<State>,
    /// Counts searches, so that answers to an earlier one are dropped.
    turn: StoredValue<u64>,
}

#[derive(Clone, Debug, PartialEq)]
enum State {
    Nothing,
    Looking,
    /// The whole log was looked through.
    Done,
    /// There are more than [`HITS`].
    TooMany,
    Failed(String),
}

impl Find {
    fn new(view: View) -> Self {
        Self {
            view,
            text: RwSignal::new(String::new()),
            hits: RwSignal::default(),
            at: RwSignal::new(0),
            state: RwSignal::new(State::Nothing),
            turn: StoredValue::new(0),
        }
    }

    /// Looks for what was typed, once the typing rests.
    fn typed(self, text: String) {
        self.text.set(text.clone());
        self.turn.update_value(|turn| *turn += 1);
        let turn = self.turn.get_value();
        self.hits.set(Vec::new());
        self.at.set(0);
        self.view.current.set(None);
        let needle = Needle::new(&text);
        self.view.needle.set(needle.clone());
        self.view.soon();
        if needle.is_none() {
            self.state.set(State::Nothing);
            return;
        }
        self.state.set(State::Looking);
        spawn_local(async move {
            gloo_timers::future::TimeoutFuture::new(REST).await;
            self.look(turn, &text).await;
        });
    }

    async fn look(self, turn: u64, text: &str) {
        let stale = || self.turn.try_get_value() != Some(turn);
        let words = String::from(js_sys::encode_uri_component(text));
        let mut after = 0;
        while !stale() {
            let path =
                format!("/api/v1/runs/{}/logs/search?q={words}&after={after}&limit={PAGE}", self.view.name());
            let answer = api::get::<LogHits>(&path).await;
            if stale() {
                return;
            }
            let found = match answer {
                Ok(found) => found,
                Err(error) => return self.state.set(State::Failed(error.to_string())),
            };
            let first = self.hits.with_untracked(Vec::is_empty);
            self.hits.update(|hits| hits.extend(found.hits.iter().map(|hit| hit.offset)));
            if let Some(hit) = found.hits.first().filter(|_| first) {
                self.view.go(hit.offset);
            }
            match found.next {
                None => return self.state.set(State::Done),
                Some(_) if self.hits.with_untracked(Vec::len) >= HITS => {
                    return self.state.set(State::TooMany);
                }
                Some(next) => after = next,
            }
        }
    }

    /// Goes to the next one, or the one before; round at the ends.
    fn step(self, back: bool) {
        let count = self.hits.with_untracked(Vec::len);
        if count == 0 {
            return;
        }
        let at = (self.at.get_untracked() + if back { count - 1 } else { 1 }) % count;
        self.at.set(at);
        if let Some(offset) = self.hits.with_untracked(|hits| hits.get(at).copied()) {
            self.view.go(offset);
        }
    }

    fn key(self, event: &KeyboardEvent) {
        match event.key().as_str() {
            "Enter" => {
                event.prevent_default();
                self.step(event.shift_key());
            }
            "Escape" if !self.text.with_untracked(String::is_empty) => {
                event.prevent_default();
                self.typed(String::new());
            }
            _ => {}
        }
    }

    fn told(self) -> String {
        let count = self.hits.with(Vec::len);
        match self.state.get() {
            State::Nothing => String::new(),
            State::Failed(why) => why,
            State::Looking if count == 0 => t!("Looking…").to_owned(),
            State::Looking => tf!("{} of {count}…", self.at.get() + 1),
            State::Done if count == 0 => t!("Not found").to_owned(),
            State::Done => tf!("{} of {count}", self.at.get() + 1),
            State::TooMany => tf!("{} of the first {count}", self.at.get() + 1),
        }
    }
}

/// The box, and the way from one row to the next.
#[component]
pub(super) fn FindBar(view: View) -> impl IntoView {
    let find = Find::new(view);
    let none = move || find.hits.with(Vec::is_empty);
    view! {
        <search class="logbar__find" aria-label="Log">
            <label class="search">
                <Icon name="search"/>
                <input class="search__input" type="search" placeholder="Search the log" aria-label="Search the log" autocomplete="off"
                    prop:value=find.text
                    on:input:target=move |event| find.typed(event.target().value())
                    on:keydown=move |event| find.key(&event)/>
            </label>
            <button class="btn" data-kind="quiet" data-icon="" data-size="sm" aria-label="Previous match" title="Previous match (Shift Enter)" disabled=none on:click=move |_| find.step(true)><Icon name="up"/></button>
            <button class="btn" data-kind="quiet" data-icon="" data-size="sm" aria-label="Next match" title="Next match (Enter)" disabled=none on:click=move |_| find.step(false)><Icon name="down"/></button>
            <output class="logbar__told" aria-live="polite">{move || find.told()}</output>
        </search>
    }
}
