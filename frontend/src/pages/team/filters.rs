//! What of the instances is shown, under which headings, and how. The address holds all of it.

use super::{Ways, saved::SaveFilter};
use crate::{
    components::{Choice, Icon, Segment, Segments, Value},
    format,
    pages::lookout::Typed,
    prelude::*,
    team::{
        roster::{Fact, choices},
        view::{By, Shape, View},
    },
};

/// The bar. On a phone everything but the search stands behind a button.
#[component]
pub(super) fn FilterBar(ways: Ways) -> impl IntoView {
    let open = RwSignal::new(false);
    let lookout = ways.lookout;
    let set = Memo::new(move |_| {
        lookout.view.with(|view| {
            [&view.person, &view.pool, &view.status].into_iter().filter(|part| part.is_some()).count()
        })
    });
    view! {
        <search class="filters explore__filters team__filters" aria-label="Filters" data-open=move || open.get().then_some("")>
            <Text ways/>
            <button class="btn explore__more" aria-expanded=move || open.get().to_string() aria-controls="team-filters"
                on:click=move |_| open.update(|open| *open = !*open)>
                <Icon name="filter"/>"Filters"
                {move || (set.get() > 0).then(|| view! { " "<span class="chip__key">{set.get()}</span> })}
            </button>
            <div class="filters explore__rest" id="team-filters">
                <Headings ways/>
                <Person ways/>
                <Pool ways/>
                <Status ways/>
                <Show when=move || lookout.view.with(|view| !view.is_open())>
                    <button class="btn" data-kind="quiet" on:click=move |_| lookout.change(false, |view| *view = view.opened())>
                        <Icon name="x"/>"Clear"
                    </button>
                </Show>
                <SaveFilter ways/>
            </div>
            <span class="filters__spring"></span>
            <Shapes ways/>
        </search>
    }
}

#[component]
fn Text(ways: Ways) -> impl IntoView {
    let typed = Typed::new(ways.lookout, |view| &view.text, |view| &mut view.text);
    view! {
        <label class="search">
            <Icon name="search"/>
            <input class="search__input" type="search" placeholder="Name, person, GPU, place or tag:key=value" aria-label="Filter instances" autocomplete="off"
                spellcheck="false" prop:value=typed.text on:input:target=move |event| typed.set(event.target().value())/>
        </label>
    }
}

#[component]
fn Headings(ways: Ways) -> impl IntoView {
    let lookout = ways.lookout;
    let by = Memo::new(move |_| lookout.view.with(|view| view.by));
    let choose = move |value: String| {
        let by = By::ALL.iter().find(|(_, word, _)| *word == value).map_or_else(By::default, |(by, ..)| *by);
        lookout.change(false, move |view| view.by = by);
    };
    view! {
        <label class="pick">
            <span class="pick__key">"Group"</span>
            <select class="pick__select" aria-label="Group" on:change:target=move |event| choose(event.target().value())>
                {By::ALL.map(|(this, word, name)| view! { <option value=word prop:selected=move || by.get() == this>{name}</option> })}
            </select>
        </label>
    }
}

/// The values of a filter, from what there is.
fn values(ways: Ways, read: fn(&Fact) -> &str, word: fn(&str) -> String) -> Memo<Vec<Value>> {
    Memo::new(move |_| {
        ways.crew
            .facts
            .with(|facts| choices(facts, read))
            .into_iter()
            .map(|value| (value.clone(), word(&value)))
            .collect()
    })
}

/// A filter that is there when it could leave something out, or does.
#[component]
fn Pick(
    ways: Ways,
    label: &'static str,
    any: &'static str,
    values: Signal<Vec<Value>>,
    part: fn(&mut View) -> &mut Option<String>,
    read: fn(&View) -> &Option<String>,
) -> impl IntoView {
    let lookout = ways.lookout;
    let chosen = lookout.name(read);
    let wanted = Memo::new(move |_| values.with(Vec::len) > 1 || !chosen.get().is_empty());
    let choose = move |value: String| {
        lookout.change(false, move |view| *part(view) = (!value.is_empty()).then_some(value))
    };
    let groups = Signal::derive(move || vec![(String::new(), values.get())]);
    view! { <Show when=move || wanted.get()><Choice label any groups chosen choose/></Show> }
}

#[component]
fn Person(ways: Ways) -> impl IntoView {
    let values = values(ways, |fact| &fact.person, ToOwned::to_owned);
    view! { <Pick ways label="Person" any=t!("Everybody") values=values.into() part=|view| &mut view.person read=|view| &view.person/> }
}

#[component]
fn Pool(ways: Ways) -> impl IntoView {
    // Empty pools are among them: whoever waits for something to come into one looks at it.
    let values = Signal::derive(move || {
        ways.fleet.names().into_iter().map(|name| (name.clone(), name)).collect::<Vec<_>>()
    });
    view! { <Pick ways label="Pool" any=t!("All pools") values part=|view| &mut view.pool read=|view| &view.pool/> }
}

#[component]
fn Status(ways: Ways) -> impl IntoView {
    let values = values(ways, |fact| fact.status, format::status_word);
    view! { <Pick ways label="Status" any=t!("Any") values=values.into() part=|view| &mut view.status read=|view| &view.status/> }
}

#[component]
fn Shapes(ways: Ways) -> impl IntoView {
    let lookout = ways.lookout;
    let shape = Memo::new(move |_| lookout.view.with(|view| view.shape));
    let option = move |this: Shape, icon: &'static str, label: &'static str| {
        view! {
            <Segment attr:aria-label=label attr:title=label chosen=Signal::derive(move || shape.get() == this)
                choose=move |()| lookout.change(true, move |view| view.shape = this)>
                <Icon name=icon/>
            </Segment>
        }
    };
    view! {
        <Segments label="Shown as">
            {option(Shape::Table, "table", t!("Table"))}
            {option(Shape::Cards, "grid", t!("Cards"))}
        </Segments>
    }
}
