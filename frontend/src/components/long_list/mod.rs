//! A list of any length, of which only what is near the window is drawn, and of that a little at a time: so whatever comes, goes or is
//! filtered, the page answers the next key or press within a frame or two.

use leptos::{ev, html};
use std::{
    collections::{HashSet, VecDeque},
    hash::Hash,
};
use wasm_bindgen::JsCast;
use web_sys::Element;

use crate::{prelude::*, sight::Sight};

/// How many rows come from one frame to the next.
const STEP: usize = 6;
/// How many chunks come from one frame to the next.
const CHUNKS: usize = 8;
/// How far beyond the window rows are drawn, pixels.
const NEAR: u32 = 480;

/// What the chunks of all lists of a page share. Copied about freely; all copies are one.
#[derive(Clone, Copy)]
pub struct LongList {
    sight: Sight,
    /// Chunks that want rows, the first come first.
    queue: StoredValue<VecDeque<Job>, LocalStorage>,
    /// Whether the next frame goes on with the queue.
    waits: StoredValue<bool>,
    /// Whether something was pressed since the last frame: the next one is for what comes of that alone.
    pressed: StoredValue<bool>,
    made: StoredValue<u64>,
}

/// Draws a few rows of a chunk.
type Job = Box<dyn FnMut() -> Step>;

/// What a step came to.
#[derive(Clone, Copy)]
struct Step {
    /// Whether it drew something.
    drew: bool,
    /// Whether something is left.
    more: More,
}

/// When a job goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum More {
    /// It is done.
    Never,
    /// Before all others.
    Next,
    /// After all others.
    Last,
}

impl LongList {
    /// One for each page.
    #[must_use]
    #[expect(clippy::new_without_default, reason = "it belongs to the component in which it is made")]
    pub fn new() -> Self {
        let pressed = StoredValue::new(false);
        let press = move || pressed.try_update_value(|pressed| *pressed = true).unwrap_or_default();
        let keys = window_event_listener(ev::keydown, move |_| press());
        let pointer = window_event_listener(ev::pointerdown, move |_| press());
        on_cleanup(move || {
            keys.remove();
            pointer.remove();
        });
        Self {
            sight: Sight::new(NEAR),
            queue: StoredValue::new_local(VecDeque::new()),
            waits: StoredValue::new(false),
            pressed,
            made: StoredValue::new(0),
        }
    }

    /// An element's id that no other chunk has.
    fn id(self) -> String {
        let number = self.made.try_update_value(|made| {
            *made += 1;
            *made
        });
        format!("chunk-{}", number.unwrap_or_default())
    }

    fn draw(self, job: Job) {
        let _ = self.queue.try_update_value(|queue| queue.push_back(job));
        self.wait(true);
    }

    /// Has the next frame go on, before it is painted; where it `yields` to what was pressed, the one after that, so that a key that is
    /// held does not keep the list empty.
    fn wait(self, yields: bool) {
        if self.waits.try_get_value() != Some(false) {
            return;
        }
        self.waits.try_set_value(true);
        request_animation_frame(move || {
            self.waits.try_set_value(false);
            let pressed = self.pressed.try_update_value(std::mem::take) == Some(true);
            if pressed && yields {
                self.wait(false);
            } else {
                self.turn();
            }
        });
    }

    /// Goes on until something was drawn; the next frame draws what is left.
    fn turn(self) {
        // Not in the queue while it is at work: what it draws may ask for more.
        while let Some(mut job) = self.queue.try_update_value(VecDeque::pop_front).flatten() {
            let Step { drew, more } = job();
            let _ = self.queue.try_update_value(|queue| match more {
                More::Never => {}
                More::Next => queue.push_front(job),
                More::Last => queue.push_back(job),
            });
            if drew {
                break;
            }
        }
        if self.queue.try_with_value(VecDeque::is_empty) == Some(false) {
            self.wait(true);
        }
    }
}

/// What a list's rows are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Rows of a table with so many columns; each chunk is a `tbody`.
    Rows(&'static str),
    /// Cards in a grid.
    Cards,
}

impl Form {
    /// How many are in a chunk. Of cards as many as fill the lines of a grid of one to six columns.
    const fn size(self) -> usize {
        match self {
            Self::Rows(_) => 24,
            Self::Cards => 60,
        }
    }

    /// About how tall so many are, pixels, until they have been drawn.
    fn guess(self, count: usize) -> f64 {
        match self {
            Self::Rows(_) => 37.0 * count as f64,
            Self::Cards => 160.0 * count.div_ceil(4) as f64,
        }
    }
}

/// A list in chunks. Those out of sight keep their place, as tall as they were.
#[component]
pub fn Chunks<K, V>(
    /// What it shares with the page's other lists.
    long: LongList,
    /// What is listed, in order.
    ids: Memo<Vec<K>>,
    /// What its rows are.
    form: Form,
    /// The one that an address leads to: it is drawn wherever it is.
    #[prop(optional_no_strip)]
    meant: Option<K>,
    /// Whether it is the first of its page: it is begun at once, so that no frame is without rows.
    #[prop(default = true)]
    first: bool,
    /// A row.
    row: impl Fn(K) -> V + Copy + Send + Sync + 'static,
) -> impl IntoView
where
    K: Copy + Eq + Hash + Send + Sync + 'static,
    V: IntoView + 'static,
{
    let count = Memo::new(move |_| ids.with(|ids| ids.len().div_ceil(form.size())));
    // A chunk costs a little even while it is out of sight; hundreds of them, when a filter is taken back, a frame or two.
    let made = RwSignal::new(count.get_untracked().min(CHUNKS));
    Effect::new(move |_| match count.get() {
        count if count <= made.get_untracked() => made.set(count),
        _ => long.draw(Box::new(move || grow(count, made))),
    });
    let rest = Memo::new(move |_| ids.with(|ids| ids.len().saturating_sub(made.get() * form.size())));
    let height = move || format!("{:.1}px", form.guess(rest.get()));
    let space = move || {
        match form {
        Form::Rows(columns) => view! {
            <tbody aria-hidden="true"><tr class="longlist__space"><td colspan=columns style:height=height></td></tr></tbody>
        }
        .into_any(),
        Form::Cards => view! { <div class="longlist__space" style:height=height></div> }.into_any(),
    }
    };
    view! {
        <For each=move || 0..made.get() key=|at| *at let:at>
            <Chunk long ids form begin=first && at == 0 meant row at/>
        </For>
        <Show when=move || { rest.get() > 0 }>{space()}</Show>
    }
}

/// Makes a few chunks more, up to `count` of them.
fn grow(count: Memo<usize>, made: RwSignal<usize>) -> Step {
    let (Some(count), Some(there)) = (count.try_get_untracked(), made.try_get_untracked()) else {
        return OVER;
    };
    let next = count.min(there + CHUNKS);
    if next <= there {
        return OVER;
    }
    made.set(next);
    Step { drew: true, more: if next < count { More::Last } else { More::Never } }
}

#[component]
fn Chunk<K, V>(
    long: LongList,
    ids: Memo<Vec<K>>,
    form: Form,
    begin: bool,
    meant: Option<K>,
    row: impl Fn(K) -> V + Copy + Send + Sync + 'static,
    at: usize,
) -> impl IntoView
where
    K: Copy + Eq + Hash + Send + Sync + 'static,
    V: IntoView + 'static,
{
    let own = Memo::new(move |_| {
        ids.with(|ids| ids.chunks(form.size()).nth(at).map(<[K]>::to_vec).unwrap_or_default())
    });
    let id = long.id();
    let (body, grid) = (NodeRef::<html::Tbody>::new(), NodeRef::<html::Div>::new());
    let element = move || -> Option<Element> {
        body.get().map(|body| body.unchecked_into()).or_else(|| grid.get().map(|grid| grid.unchecked_into()))
    };
    let near = long.sight.see(id.clone(), element);
    let drawn =
        RwSignal::new(begin || meant.is_some_and(|meant| own.with_untracked(|own| own.contains(&meant))));
    let tall = RwSignal::new(None::<f64>);
    Effect::new(move |before: Option<bool>| {
        let near = near.get();
        match (before, near) {
            (_, true) => drawn.set(true),
            (Some(true), false) => {
                let Some(element) = untrack(element) else { return near };
                // Where the keyboard is, things stay.
                if !document().active_element().is_some_and(|focus| element.contains(Some(&focus))) {
                    tall.set(Some(element.get_bounding_client_rect().height()));
                    drawn.set(false);
                }
            }
            _ => {}
        }
        near
    });
    let shown = RwSignal::new(Vec::<K>::new());
    Effect::new(move |_| {
        if !drawn.get() {
            shown.set(Vec::new());
            return;
        }
        own.track();
        long.draw(Box::new(move || step(own, drawn, shown)));
    });
    let space = Memo::new(move |_| {
        let (all, there) = (own.with(Vec::len), shown.with(Vec::len));
        let share = all.saturating_sub(there) as f64 / all.max(1) as f64;
        share * tall.get().unwrap_or_else(|| form.guess(all))
    });
    let is_short = Memo::new(move |_| space.get() > 0.0);
    let rows = move || view! { <For each=move || shown.get() key=|id| *id let:id>{row(id)}</For> };
    let height = move || format!("{:.1}px", space.get());
    match form {
        Form::Rows(columns) => view! {
            <tbody id=id node_ref=body>
                {rows()}
                <Show when=move || is_short.get()><tr class="longlist__space" aria-hidden="true"><td colspan=columns style:height=height></td></tr></Show>
            </tbody>
        }
        .into_any(),
        Form::Cards => view! {
            <div class="cards" id=id node_ref=grid>
                {rows()}
                <Show when=move || is_short.get()><div class="longlist__space" style:height=height></div></Show>
            </div>
        }
        .into_any(),
    }
}

/// There is nothing to do any more.
const OVER: Step = Step { drew: false, more: More::Never };

/// Lets go of what is not wanted any more, and draws a few of those that are missing.
fn step<K: Copy + Eq + Hash + Send + Sync + 'static>(
    own: Memo<Vec<K>>,
    drawn: RwSignal<bool>,
    shown: RwSignal<Vec<K>>,
) -> Step {
    if drawn.try_get_untracked() != Some(true) {
        return OVER;
    }
    let (Some(wanted), Some(before)) = (own.try_get_untracked(), shown.try_get_untracked()) else {
        return OVER;
    };
    let next = next_rows(&wanted, &before, STEP);
    let step =
        Step { drew: next != before, more: if next.len() < wanted.len() { More::Next } else { More::Never } };
    if step.drew {
        shown.set(next);
    }
    step
}

/// What is shown next: of `wanted`, in order, what is there already and the first `most` that are not.
fn next_rows<K: Copy + Eq + Hash>(wanted: &[K], before: &[K], most: usize) -> Vec<K> {
    let there: HashSet<K> = before.iter().copied().collect();
    let mut room = most;
    let mut comes = |id: &K| {
        if there.contains(id) {
            return true;
        }
        let has_room = room > 0;
        room = room.saturating_sub(1);
        has_room
    };
    wanted.iter().copied().filter(|id| comes(id)).collect()
}
