//! The filters over the cards.

use berth_shared::explore::NO_GPU;

use super::{backends::Backends, shelf::Shelf};
use crate::{
    components::{Choice, Icon, Segment, Segments, Spot, Value},
    explore::query::{Order, View},
    format::{gib, grouped, number, vendor},
    prelude::*,
};

/// The bar. On a phone everything but the search stands behind a button.
#[component]
pub(super) fn FilterBar(shelf: Shelf) -> impl IntoView {
    let open = RwSignal::new(false);
    let count = Memo::new(move |_| shelf.view.with(|(view, _)| how_many(view)));
    view! {
        <search class="filters explore__filters" aria-label="Filters" data-open=move || open.get().then_some("")>
            <Text shelf/>
            <button class="btn explore__more" aria-expanded=move || open.get().to_string() aria-controls="more-filters"
                on:click=move |_| open.update(|open| *open = !*open)>
                <Icon name="filter"/>"Filters"
                {move || (count.get() > 0).then(|| view! { " "<span class="chip__key">{count.get()}</span> })}
            </button>
            <div class="filters explore__rest" id="more-filters">
                <Vendor shelf/>
                <Memory shelf/>
                <Count shelf/>
                <Capability shelf/>
                <Backends shelf/>
                <Region shelf/>
                <Kind shelf/>
                <MaxPrice shelf/>
                <Show when=move || shelf.view.with(|(view, _)| !view.is_open())>
                    <button class="btn" data-kind="quiet" on:click=move |_| shelf.change(false, |view| view.wanted = Default::default())>
                        <Icon name="x"/>"Clear"
                    </button>
                </Show>
            </div>
            <span class="filters__spring"></span>
            <Summary shelf/>
            <Sort shelf/>
        </search>
    }
}

/// How many filters are set beside the text.
fn how_many(view: &View) -> usize {
    let wanted = &view.wanted;
    [
        wanted.vendor.is_some(),
        wanted.memory_gib.is_some(),
        wanted.count.is_some(),
        wanted.capability.is_some(),
        !wanted.backends.is_empty(),
        wanted.region.is_some(),
        wanted.spot.is_some(),
        wanted.max_price.is_some(),
    ]
    .iter()
    .filter(|set| **set)
    .count()
}

/// A part of the view, as a signal.
pub(super) fn part<T: PartialEq + Clone + Send + Sync + 'static>(
    shelf: Shelf,
    read: fn(&View) -> T,
) -> Memo<T> {
    Memo::new(move |_| shelf.view.with(|(view, _)| read(view)))
}

#[component]
fn Text(shelf: Shelf) -> impl IntoView {
    let text = part(shelf, |view| view.wanted.text.clone());
    // What is being typed ends in a space now and then; the address does without.
    let typed = RwSignal::new(text.get_untracked());
    Effect::new(move |_| {
        let text = text.get();
        if typed.with_untracked(|typed| typed.split_whitespace().ne(text.split_whitespace())) {
            typed.set(text);
        }
    });
    let change = move |value: String| {
        // One step back leads to before the search, not through its letters.
        let replace = typed.with_untracked(|typed| !typed.trim().is_empty());
        typed.set(value.clone());
        shelf.change(replace, |view| view.wanted.text = value);
    };
    view! {
        <label class="search">
            <Icon name="search"/>
            <input class="search__input" type="search" placeholder="GPU, type or region" aria-label="Search offers" autocomplete="off"
                spellcheck="false" prop:value=typed on:input:target=move |event| change(event.target().value())/>
        </label>
    }
}

/// The values of a list without groups.
fn plain(values: impl IntoIterator<Item = Value>) -> Vec<(String, Vec<Value>)> {
    vec![(String::new(), values.into_iter().collect())]
}

/// Reads a value back as the address does, and puts it into the view.
fn choose(shelf: Shelf, key: &'static str, value: &str, clear: fn(&mut View)) {
    let (read, _) = View::parse([(key, value)]);
    shelf.change(false, |view| {
        clear(view);
        let wanted = read.wanted;
        let now = &mut view.wanted;
        now.vendor = wanted.vendor.or(now.vendor.take());
        now.memory_gib = wanted.memory_gib.or(now.memory_gib);
        now.count = wanted.count.or(now.count);
        now.capability = wanted.capability.or(now.capability);
        now.region = wanted.region.or(now.region.take());
    });
}

#[component]
fn Vendor(shelf: Shelf) -> impl IntoView {
    let groups = Memo::new(move |_| {
        shelf.choices.with(|choices| {
            let none = choices.without_gpu.then(|| (NO_GPU.to_owned(), t!("No GPU").to_owned()));
            plain(choices.vendors.iter().map(|name| (name.clone(), vendor(name))).chain(none))
        })
    });
    let chosen = part(shelf, |view| view.wanted.vendor.clone().unwrap_or_default());
    view! {
        <Choice label="Maker" any=t!("Any") groups chosen
            choose=move |value: String| choose(shelf, "vendor", &value, |view| view.wanted.vendor = None)/>
    }
}

#[component]
fn Memory(shelf: Shelf) -> impl IntoView {
    let groups = Memo::new(move |_| {
        shelf.choices.with(|choices| {
            plain(
                choices.memory_gib.iter().map(|memory| (memory.to_string(), tf!("{} or more", gib(*memory)))),
            )
        })
    });
    let chosen =
        part(shelf, |view| view.wanted.memory_gib.map(|memory| memory.to_string()).unwrap_or_default());
    view! {
        <Choice label="Memory" any=t!("Any") groups chosen
            choose=move |value: String| choose(shelf, "memory", &value, |view| view.wanted.memory_gib = None)/>
    }
}

#[component]
fn Count(shelf: Shelf) -> impl IntoView {
    let groups = Memo::new(move |_| {
        shelf
            .choices
            .with(|choices| plain(choices.counts.iter().map(|count| (count.to_string(), count.to_string()))))
    });
    let chosen = part(shelf, |view| view.wanted.count.map(|count| count.to_string()).unwrap_or_default());
    view! {
        <Choice label="GPUs" any=t!("Any number") groups chosen
            choose=move |value: String| choose(shelf, "count", &value, |view| view.wanted.count = None)/>
    }
}

#[component]
fn Capability(shelf: Shelf) -> impl IntoView {
    let word = |(major, minor): (u32, u32)| format!("{major}.{minor}");
    let groups = Memo::new(move |_| {
        shelf.choices.with(|choices| {
            plain(choices.capabilities.iter().map(|one| (word(*one), tf!("{} or more", word(*one)))))
        })
    });
    let chosen = part(shelf, |view| {
        view.wanted.capability.map(|(major, minor)| format!("{major}.{minor}")).unwrap_or_default()
    });
    view! {
        <Choice label="Compute" any=t!("Any") groups chosen
            choose=move |value: String| choose(shelf, "capability", &value, |view| view.wanted.capability = None)/>
    }
}

#[component]
fn Region(shelf: Shelf) -> impl IntoView {
    let groups = Memo::new(move |_| {
        let backends = part(shelf, |view| view.wanted.backends.clone()).get();
        shelf.choices.with(|choices| {
            choices
                .backends
                .iter()
                .filter(|(backend, _)| backends.is_empty() || backends.contains(backend))
                .map(|(backend, regions)| {
                    (backend.clone(), regions.iter().map(|name| (name.clone(), name.clone())).collect())
                })
                .collect::<Vec<_>>()
        })
    });
    let chosen = part(shelf, |view| view.wanted.region.clone().unwrap_or_default());
    view! {
        <Choice label="Region" any=t!("Any") groups chosen
            choose=move |value: String| choose(shelf, "region", &value, |view| view.wanted.region = None)/>
    }
}

#[component]
fn Kind(shelf: Shelf) -> impl IntoView {
    let spot = part(shelf, |view| view.wanted.spot);
    let option = move |kind: Option<bool>, word: &'static str| {
        view! {
            <Segment chosen=Signal::derive(move || spot.get() == kind)
                choose=move |()| shelf.change(false, |view| view.wanted.spot = kind)>
                {kind.map(|spot| view! { <Spot spot bare=true/> })}
                {word}
            </Segment>
        }
    };
    view! {
        <Segments label="Kind">
            {option(None, t!("All"))}{option(Some(false), t!("On-demand"))}{option(Some(true), t!("Spot"))}
        </Segments>
    }
}

#[component]
fn MaxPrice(shelf: Shelf) -> impl IntoView {
    let price = part(shelf, |view| view.wanted.max_price);
    let wrong = RwSignal::new(false);
    let change = move |text: String| {
        let text = text.trim().trim_start_matches('$');
        let (read, ignored) = View::parse([("price", text)]);
        wrong.set(!ignored.is_empty());
        if ignored.is_empty() {
            shelf.change(price.get_untracked().is_some(), |view| {
                view.wanted.max_price = read.wanted.max_price
            });
        }
    };
    view! {
        <label class="pick" data-set=move || price.get().is_some().then_some("")>
            <span class="pick__key">"At most $"</span>
            <input class="pick__input" aria-label="At most $ /h" inputmode="decimal" autocomplete="off" placeholder="any" aria-invalid=move || wrong.get().then_some("true")
                title="US dollars an hour for the machine"
                prop:value=move || price.get().map(|price| price.to_string()).unwrap_or_default()
                on:change:target=move |event| change(event.target().value())/>
            <span class="pick__key">"/h"</span>
        </label>
    }
}

#[component]
fn Sort(shelf: Shelf) -> impl IntoView {
    let order = part(shelf, |view| view.order);
    let opened = part(shelf, |view| view.opened.is_some());
    view! {
        <label class="pick explore__sort" hidden=move || opened.get()>
            <span class="pick__key">"Sort"</span>
            <select class="pick__select" aria-label="Sort" on:change:target=move |event| {
                let value = event.target().value();
                let (read, _) = View::parse([("sort", value.as_str())]);
                shelf.change(false, |view| view.order = read.order);
            }>
                {Order::ALL.map(|(this, word, label)| view! {
                    <option value=word prop:selected=move || order.get() == this>{label}</option>
                }).collect_view()}
            </select>
        </label>
    }
}

/// What there is.
#[component]
fn Summary(shelf: Shelf) -> impl IntoView {
    let words = move || {
        shelf.explored.with(|explored| {
            let explored = explored.as_ref()?;
            let gpus = explored.cards.iter().filter(|card| card.gpu.is_some()).count();
            let gpus = if gpus == 1 { t!("1 GPU").to_owned() } else { tf!("{} GPUs", number(gpus as f64)) };
            Some(tf!("{gpus} in {} offers", grouped(explored.offers as u64)))
        })
    };
    view! { <span class="meta explore__sum" role="status">{words}</span> }
}
