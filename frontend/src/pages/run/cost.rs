//! What it has cost, and when it stops.

use berth_shared::{api::InstanceStatus, catalog::PriceBasis, policy::Action};

use super::Subject;
use crate::{
    attempts,
    components::basis_text,
    format,
    live::use_live,
    pages::keep::{Keep, Kept},
    permissions::refusal_of,
    pools::clock,
    prelude::*,
};

/// The panel with the one figure of this page.
#[component]
pub(super) fn Cost(subject: Subject) -> impl IntoView {
    let live = use_live();
    let run = subject.run;
    let cost = Memo::new(move |_| run.with(|run| format::cost(run.cost(live.now.get()))));
    let note = Memo::new(move |_| {
        run.with(|run| match &run.offer {
            None => t!("no machine yet").to_owned(),
            Some(offer) if offer.basis == PriceBasis::Own => t!("own machine: nothing is paid").to_owned(),
            Some(offer) => {
                format!(
                    "{}/h{}, {}",
                    format::price(offer.price),
                    if offer.spot { t!(" spot") } else { "" },
                    basis_text(offer)
                )
            }
        })
    });
    let earlier = Memo::new(move |_| run.with(attempts::earlier));
    let over = Memo::new(move |_| run.with(|run| run.status.is_finished()));
    // How much of `max_duration` is used up, and the most that it can cost.
    let limit = Memo::new(move |_| {
        let now = live.now.get();
        run.with(|run| {
            let (from, until) = (run.started_at?, run.stops_at?);
            let whole = until.millis_since(from).max(1);
            let used = run.finished_at.unwrap_or(now).millis_since(from).min(whole);
            let words = tf!("{} of {}", format::duration(used), format::duration(whole));
            let most = match (&run.offer, run.billed_from) {
                (Some(offer), Some(billed)) if offer.basis != PriceBasis::Own => Some(tf!(
                    "at most {}",
                    format::cost(berth_shared::time::cost(offer.price, billed, until))
                )),
                _ => None,
            };
            Some((100.0 * used as f64 / whole as f64, words, most))
        })
    });
    let stops = Memo::new(move |_| {
        run.with(|run| run.stops_at.map(|at| (format::clock_when(at, live.now.get()), format::exact(at))))
    });
    let idle = Memo::new(move |_| {
        let instance = run.with(|run| run.instance_id).and_then(|id| live.instances.row(id))?;
        instance.with(|one| one.idle_stop_at.filter(|_| one.status == InstanceStatus::Idle))
    });
    let alone = Memo::new(move |_| run.with(|run| Some((run.inactivity_seconds?, run.inactive_at))));
    let can_keep = Memo::new(move |_| run.with(|run| clock::can_keep_run(run, live.now.get())));
    let kept = Memo::new(move |_| Kept::Run(run.with(|run| run.name.clone())));
    let locked = refusal_of(Action::ChangeRun, move || Some(run.with(|run| run.owner.clone())));
    view! {
        <section class="panel" aria-label="Cost">
            <div class="panel__body" data-stack="">
                <div class="figure" data-bare="">
                    <span class="figure__label">{move || if over.get() { t!("It cost") } else { t!("Cost so far") }}</span>
                    <span class="figure__value" data-size="lg">{move || cost.get()}</span>
                    <span class="figure__note">{move || note.get()}</span>
                    {move || earlier.get().map(|words| view! { <span class="figure__note">{words}</span> })}
                </div>
                {move || limit.get().map(|(share, words, most)| view! {
                    <div class="loadline">
                        <div class="loadline__track" style:--at=format!("{share:.1}%") role="img" aria-label=tf!("{share:.0} per cent of max_duration")>
                            <span class="loadline__fill"></span>
                        </div>
                        <div class="bars__axis"><span>{words}</span><span>{most}</span></div>
                    </div>
                })}
                <Show when=move || !over.get()>
                    <dl class="facts">
                        <Show when=move || stops.with(Option::is_some) || alone.with(Option::is_none)>
                            <dt>"Stops at"</dt>
                            <dd>{move || match stops.get() {
                                Some((when, exact)) => view! { <span title=exact>{when}" "<span class="meta">"max_duration"</span></span> }.into_any(),
                                None => view! { <span>"no limit of its own"</span> }.into_any(),
                            }}</dd>
                        </Show>
                        <Show when=move || alone.get().is_some()>
                            <dt>"Without anybody"</dt>
                            <dd title=move || alone.get().and_then(|(_, at)| at.map(format::exact))>
                                <span>{move || alone.get().map(|(seconds, at)| match at {
                                    Some(at) => tf!("stops in {}", clock::left(at, live.now.get())),
                                    None => tf!("stops after {}", clock::length(seconds)),
                                })}</span>" "
                                <Show when=move || can_keep.get()><Keep what=kept locked=locked/></Show>
                            </dd>
                        </Show>
                        {move || idle.get().map(|at| view! { <dt>"Machine goes in"</dt><dd>{move || format::countdown(at, live.now.get())}</dd> })}
                    </dl>
                </Show>
            </div>
        </section>
    }
}
