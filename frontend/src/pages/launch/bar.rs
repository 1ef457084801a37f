//! The launch bar: what will be launched, what it costs, and the button.

use berth_shared::api::{Plan, PlannedInstance, PlannedOffer};

use super::{
    desk::{Asking, Desk},
    files::FilesButton,
    launching,
};
use crate::{
    components::{Icon, Locked, Prose, Spot},
    format::{clock_seconds, cost, duration, machine, price},
    launch::{
        asides::asides,
        bringing, name,
        ready::{Readiness, values_in_words, variables},
        refused::{Agreement, Refused, Remedy},
    },
    pools::adding,
    prelude::*,
};

/// The bar. It never moves.
#[component]
pub(super) fn LaunchBar(desk: Desk) -> impl IntoView {
    let readiness = Memo::new(move |_| desk.readiness());
    let blocked = move || match readiness.get() {
        Readiness::Blocked(why) => Some(why),
        _ => None,
    };
    // A question that takes longer than a blink is shown; the shorter ones would only flicker.
    let pending = move || desk.plan.with(|plan| !plan.is_current() && plan.shown().is_some());
    let empty = move || {
        desk.plan.with(|plan| !matches!(plan.shown(), Some(Ok(plan)) if adding::would_be(plan).is_some()))
    };
    let launch = launching::launcher(desk);
    let mac = crate::browser::is_mac();
    view! {
        <section class="launchbar" aria-label="Launch" data-pending=move || pending().then_some("")
            data-empty=move || empty().then_some("")>
            <RefusedNotice desk/>
            <Offer desk/>
            <Show when=move || desk.locked.with(Option::is_none) fallback=move || view! { <Locked why=desk.locked/> }>
                <RunName desk/>
                <Values desk/>
                <FilesButton desk/>
            </Show>
            <Cost desk/>
            <button class="btn launchbar__go" data-kind="primary" data-size="lg" aria-keyshortcuts="Control+Enter Meta+Enter"
                disabled=move || readiness.get() != Readiness::Ready
                aria-busy=move || desk.launching.get().to_string()
                title=move || desk.locked.get().or_else(|| blocked().map(|why| tf!("Not yet: {why}")))
                on:click=move |_| launch()>
                {move || match (desk.sending.get(), desk.launching.get()) {
                    (true, _) => t!("Sending files…"),
                    (false, true) => t!("Launching…"),
                    (false, false) => t!("Launch"),
                }}
                " "<span class="kbd" aria-hidden="true">{if mac { "⌘ ↵" } else { t!("Ctrl ↵") }}</span>
            </button>
        </section>
    }
}

/// What would be tried first, or why there is nothing.
#[component]
fn Offer(desk: Desk) -> impl IntoView {
    let not_brought = move || {
        let chosen = desk.code.with(Option::is_some);
        desk.checked.with(|checked| bringing::aside(checked.configuration.as_ref(), chosen))
    };
    let content = move || {
        let invalid = desk.checked.with(|checked| checked.configuration.is_none());
        desk.plan.with(|plan| match plan.shown() {
            _ if invalid => {
                nothing(t!("Not a configuration yet"), t!("The problems are listed below the text"))
            }
            None => nothing(t!("Asking the server what it would take…"), ""),
            Some(Err(error)) => nothing(t!("No answer from the server"), &error.to_string()),
            Some(Ok(plan)) => match (adding::taken(plan), plan.offers.first()) {
                (Some(one), _) => waiting(plan, one, not_brought()),
                (None, Some(first)) => offer(plan, first, not_brought()),
                (None, None) => {
                    let why = plan.refusals.iter().flat_map(|refusal| &refusal.reasons).next();
                    nothing(
                        t!("Nothing to launch on"),
                        why.map_or(t!("No backend of this server has what the text asks for"), |why| {
                            &why.message
                        }),
                    )
                }
            },
        })
    };
    view! { <div class="launchbar__offer" aria-live="polite">{content}</div> }
}

fn nothing(title: &str, sub: &str) -> AnyView {
    let full = sub.to_owned();
    view! {
        <div class="launchbar__name">{title.to_owned()}</div>
        <div class="launchbar__sub" title=full><Prose text=sub.to_owned() capital=true/></div>
    }
    .into_any()
}

/// An instance that waits.
fn waiting(plan: &Plan, one: &PlannedInstance, not_brought: Option<String>) -> AnyView {
    let spot = one.offer.spot;
    let backend = one.offer.backend.clone();
    let kind = one.offer.instance_type.clone();
    let else_new =
        if plan.offers.is_empty() { "" } else { t!("; if it is gone by then, another one is made") };
    let sub = tf!("{} waits and is used, at once{else_new}", one.name);
    let sub = std::iter::once(sub).chain(not_brought).collect::<Vec<_>>().join("; ");
    let full = sub.clone();
    let catalog = plan.catalog_version.clone();
    view! {
        <div class="launchbar__line">
            <span class="backend">
                <span class="backend__mark" aria-hidden="true">{machine::plate(&backend)}</span>
                <span class="sr">{backend.clone()}</span>
            </span>
            <span class="launchbar__name">
                {machine::hardware(&one.offer)}
                <span class="launchbar__type">", "{kind}</span>
            </span>
            <Spot spot/>
            <span class="launchbar__catalog">"catalogue "<span class="mono">{catalog}</span></span>
        </div>
        <div class="launchbar__sub" title=full><Prose text=sub/></div>
    }
    .into_any()
}

fn offer(plan: &Plan, first: &PlannedOffer, not_brought: Option<String>) -> AnyView {
    let own = first.offer.backend == "local";
    let hardware = machine::hardware(&first.share());
    let (title, kind) = if own {
        (tf!("This machine, {hardware}"), None)
    } else {
        (hardware, Some(first.offer.instance_type.clone()))
    };
    let others = plan.total.max(plan.offers.len() as u64).saturating_sub(1);
    let note = first.notes.first().map(|note| note.message.clone());
    let sub = match (own, others, note) {
        (_, 0, Some(note)) => note,
        (true, 0, None) => t!("Your own hardware, in an environment of its own").to_owned(),
        (_, 0, None) => machine::place(&first.offer),
        (_, others, _) => {
            tf!("{} first, then {others} more in price order", machine::place(&first.offer))
        }
    };
    let sub = std::iter::once(sub.trim_end_matches('.').to_owned())
        .chain(not_brought)
        .chain(asides(plan))
        .collect::<Vec<_>>()
        .join("; ");
    let seen = first.observed_at.map(|at| tf!("; seen at {}", clock_seconds(at))).unwrap_or_default();
    let priced = first.offer.as_of.as_ref().map(|date| tf!("; price of {date}")).unwrap_or_default();
    let catalog = plan.catalog_version.clone();
    let full = tf!("{sub}{seen}{priced}; catalogue {catalog}");
    view! {
        <div class="launchbar__line">
            <span class="backend">
                <span class="backend__mark" aria-hidden="true">{machine::plate(&first.offer.backend)}</span>
                <span class="sr">{first.offer.backend.clone()}</span>
            </span>
            <span class="launchbar__name">
                {title}
                {kind.map(|kind| view! { <span class="launchbar__type">", "{kind}</span> })}
            </span>
            {(!own).then(|| view! { <Spot spot=first.offer.spot/> })}
            <span class="launchbar__catalog">"catalogue "<span class="mono">{catalog}</span></span>
        </div>
        <div class="launchbar__sub" title=full><Prose text=sub capital=true/></div>
    }
    .into_any()
}

/// The run's name, when somebody wants to choose it.
#[component]
fn RunName(desk: Desk) -> impl IntoView {
    let complaint = move || desk.run_name.with(|name| name::complaint(name));
    view! {
        <div class="launchbar__run">
            <input class="input" data-size="sm" aria-label="Run name" placeholder="Name: made up" autocomplete="off"
                spellcheck="false" maxlength="60" prop:value=move || desk.run_name.get()
                aria-invalid=move || complaint().is_some().then_some("true") aria-describedby="run-name-error"
                on:input:target=move |event| desk.run_name.set(event.target().value().trim().to_owned())/>
            <span class="field__error" id="run-name-error" role="alert" hidden=move || complaint().is_none()>{complaint}</span>
        </div>
    }
}

/// Variables that the text asks for.
#[component]
fn Values(desk: Desk) -> impl IntoView {
    let asked = Memo::new(move |_| {
        desk.checked.with(|checked| checked.configuration.as_ref().map(variables).unwrap_or_default())
    });
    view! {
        <Show when=move || asked.with(|asked| !asked.is_empty())>
            <button class="btn launchbar__vars" aria-haspopup="dialog" on:click=move |_| desk.asking.set(Some(Asking::Later))>
                <Icon name="key"/>
                {move || asked.with(|asked| desk.values.with(|given| values_in_words(asked, given)))}
                " "<Icon name="down"/>
            </button>
        </Show>
    }
}

/// What it costs, and what it can come to.
#[component]
fn Cost(desk: Desk) -> impl IntoView {
    let first = Memo::new(move |_| {
        desk.plan.with(|plan| match plan.shown() {
            Some(Ok(plan)) => adding::would_be(plan).cloned(),
            _ => None,
        })
    });
    let limit = move || {
        desk.checked.with(|checked| {
            checked.configuration.as_ref().and_then(|configuration| configuration.max_duration_seconds())
        })
    };
    let below = move || {
        let offer = first.get()?;
        let limit = limit().filter(|seconds| *seconds > 0);
        Some(match limit {
            _ if offer.backend == "local" => t!("your own machine").to_owned(),
            Some(seconds) => {
                tf!(
                    "at most {} in {}",
                    cost(offer.price * seconds as f64 / 3600.0),
                    duration(seconds.saturating_mul(1000))
                )
            }
            None => t!("until it is stopped").to_owned(),
        })
    };
    view! {
        <div class="launchbar__cost">
            <div class="launchbar__price">
                {move || match first.get() {
                    None => view! { "–" }.into_any(),
                    Some(offer) if offer.price == 0.0 => view! { "$0"<span class="price__per">"/h"</span> }.into_any(),
                    Some(offer) => view! { {price(offer.price)}<span class="price__per">"/h"</span> }.into_any(),
                }}
            </div>
            <div class="meta">{below}</div>
        </div>
    }
}

/// Why the last launch was refused, and what can be done.
#[component]
fn RefusedNotice(desk: Desk) -> impl IntoView {
    let launch = launching::launcher_at(desk);
    view! {
        <div class="launchbar__notice" role="alert">
            {move || desk.refused.get().map(|refused| {
                let launch = launch.clone();
                notice(desk, refused, launch)
            })}
        </div>
    }
}

fn notice(
    desk: Desk,
    refused: Refused,
    launch: impl Fn(Option<Agreement>) + Clone + 'static,
) -> impl IntoView {
    let Refused { message, remedy, request_id, price: agreement } = refused;
    let again = match (remedy, &agreement) {
        (Remedy::AgreeToPrice, Some(agreement)) => Some(tf!("Launch at {}/h", price(agreement.price))),
        // Without a price in the answer there is only the new plan's to agree to.
        (Remedy::AgreeToPrice, None) => Some(t!("Agree and launch").to_owned()),
        (Remedy::TryAgain, _) => Some(t!("Try again").to_owned()),
        (Remedy::GiveValues, _) => Some(t!("Give values").to_owned()),
        (Remedy::Rename | Remedy::MendText | Remedy::LogIn, _) => None,
    };
    let plan_decides = remedy == Remedy::AgreeToPrice && agreement.is_none();
    let act = move |_| match remedy {
        Remedy::GiveValues => {
            desk.refused.set(None);
            desk.asking.set(Some(Asking::ToLaunch));
        }
        _ => launch(agreement.clone()),
    };
    let waiting = move || plan_decides && desk.plan.with(|plan| !plan.is_current());
    view! {
        <div class="notice" data-tone=if remedy == Remedy::AgreeToPrice { "warn" } else { "danger" }>
            <Icon name=if remedy == Remedy::AgreeToPrice { "warn" } else { "error" }/>
            <span class="notice__text">
                <Prose text=message capital=true/>
                {(!request_id.is_empty()).then(|| view! { " "<span class="meta mono" title="For whoever looks into the server’s log">{request_id}</span> })}
            </span>
            {again.map(|word| view! { <button class="btn" data-size="sm" disabled=waiting on:click=act>{word}</button> })}
            <button class="btn" data-kind="quiet" data-icon data-size="sm" aria-label="Dismiss" on:click=move |_| desk.refused.set(None)>
                <Icon name="x"/>
            </button>
        </div>
    }
}
