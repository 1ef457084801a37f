//! How busy an environment is.

use berth_shared::api::RunId;

use super::{line::Line, watch::Watch};
use crate::{components::Spark, prelude::*, team::series::Series};

/// A small chart with the newest figure, for what runs and is in sight.
#[component]
pub(super) fn Use(
    line: Line,
    watch: Watch,
    seen: RwSignal<bool>,
    #[prop(optional)] size: Option<&'static str>,
) -> impl IntoView {
    let watched = line.watched();
    let shown = Memo::new(move |_| watched.get().filter(|_| seen.get()));
    move || shown.get().map(|(run, name, cpus)| view! { <Follow line watch run name cpus size/> })
}

#[component]
fn Follow(
    line: Line,
    watch: Watch,
    run: RunId,
    name: String,
    cpus: f64,
    size: Option<&'static str>,
) -> impl IntoView {
    let series = watch.use_of(run, name.clone(), cpus);
    let shares = Signal::derive({
        let series = series.clone();
        move || series.with(Series::shares)
    });
    let figure = Memo::new({
        let series = series.clone();
        move |_| series.with(|series| series.per_cent().map(|share| (share, series.what())))
    });
    Effect::new(move |_| {
        let rests = series.with(Series::rests_since);
        if line.rests.get_untracked() != rests {
            line.rests.set(rests);
        }
    });
    on_cleanup(move || {
        line.rests.try_set(None);
    });
    let label = Signal::derive(move || {
        let what = figure.get().map_or(t!("CPU"), |(_, what)| what);
        tf!("{what} of {name} over the last half hour")
    });
    let waste = Signal::derive(move || line.rests.get().is_some().then_some("waste"));
    view! {
        <span class="util" data-size=size>
            <Spark shares=shares label=label size=size.unwrap_or("sm") tone=waste/>
            <span class="util__n">{move || figure.get().map(|(share, what)| view! { {share}"%"<span class="sr">" "{what}</span> })}</span>
        </span>
    }
}
