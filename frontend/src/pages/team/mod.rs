//! *Team*: the instances that exist, who has them, what they cost, when they go.

mod add;
mod card;
mod crew;
mod filters;
mod fleet;
mod hosts;
mod line;
mod list;
mod lookout;
mod orphans;
mod overview;
mod pools;
mod remove;
mod row;
mod saved;
mod stops;
mod tabs;
mod uses;
mod watch;

use berth_shared::api::Instance;

pub(super) use crate::team::roster::is_billed;
use crate::{
    components::{StopDialog, Stopper, TopBar, Void},
    format,
    live::use_live,
    pages::title::set_title,
    prelude::*,
};
use add::Add;
use crew::Crew;
use filters::FilterBar;
use fleet::Fleet;
use hosts::Hosts;
use list::List;
use lookout::Lookout;
use orphans::Orphans;
use overview::Overview;
use pools::Pools;
use remove::{RemoveDialog, Remover};
use saved::{SavedFilters, Shelf};
pub(super) use tabs::TeamTabs;
use watch::Watch;

/// What the parts of the page share. Copied about freely; all copies are one.
#[derive(Clone, Copy)]
struct Ways {
    lookout: Lookout,
    crew: Crew,
    fleet: Fleet,
    watch: Watch,
    shelf: Shelf,
    stopper: Stopper,
    remover: Remover,
}

/// The page at `/team`.
#[component]
pub fn Team() -> impl IntoView {
    let live = use_live();
    let lookout = Lookout::new();
    let ways = Ways {
        lookout,
        crew: Crew::follow(),
        fleet: Fleet::follow(lookout),
        watch: Watch::new(),
        shelf: Shelf::follow(),
        stopper: Stopper::new(),
        remover: Remover::new(),
    };
    let Ways { fleet, stopper, remover, .. } = ways;
    let sums = overview::follow(ways.crew);
    set_title(move || tf!("Team · {}/h", format::rate(sums.with(|sums| sums.rate))));
    let nothing = Memo::new(move |_| live.loaded.get() && live.instances.is_empty());
    view! {
        <TopBar><h1 class="topbar__title">"Team"</h1></TopBar>
        <main class="page" id="main" tabindex="-1">
            <TeamTabs/>
            <Orphans fleet=fleet/>
            <Overview sums ways/>
            <section class="panel" aria-labelledby="active">
                <div class="panel__head">
                    <h2 class="panel__title" id="active">"Active"</h2>
                    <span class="meta">{move || live.loaded.get().then(|| live.instances.len())}</span>
                    <SavedFilters ways/>
                    <span class="panel__spring"></span>
                    <Add fleet=fleet/>
                </div>
                <Show when=move || !nothing.get() fallback=Nothing>
                    <div class="panel__tools"><FilterBar ways/></div>
                    <List ways/>
                </Show>
            </section>
            <Pools fleet=fleet/>
            <Hosts/>
            <StopDialog stopper=stopper/>
            <RemoveDialog remover=remover/>
        </main>
    }
}

/// What those of them that count cost together, US dollars an hour.
pub(super) fn rate_of(instances: &[Instance], which: fn(&Instance) -> bool) -> f64 {
    instances.iter().filter(|instance| which(instance)).map(|instance| instance.offer.price).sum()
}

#[component]
fn Nothing() -> impl IntoView {
    view! {
        <Void title="Nothing is running">
            <p class="void__text">"Machines appear here the moment they are asked for, with who has them, what they cost and when they stop by themselves."</p>
            <div class="actions">
                <a class="btn" data-kind="primary" href=crate::site::at("/")>"Launch an environment"</a>
                <a class="btn" href=crate::site::at("/runs")>"See finished runs"</a>
            </div>
        </Void>
    }
}
