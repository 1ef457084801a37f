//! The ports of a run: where each is shown, whether something listens, and where `berth attach` brings it.

use berth_shared::{
    api::{RunPort, RunPorts, RunStatus},
    policy::Action,
};
use gloo_timers::future::TimeoutFuture;
use leptos::task::spawn_local;

use super::Subject;
use crate::{
    api,
    components::{Glyph, Icon, Prose},
    permissions::refusal_of,
    prelude::*,
};

/// How often it is asked whether something listens, milliseconds.
const EVERY: u32 = 3_000;

/// One of the ways in; nothing when the configuration names no port.
#[component]
pub(super) fn Ports(subject: Subject) -> impl IntoView {
    let Subject { name, run, .. } = subject;
    let named = Memo::new(move |_| run.with(|run| run.ports.clone()));
    let running = Memo::new(move |_| run.with(|run| run.status == RunStatus::Running));
    let locked = refusal_of(Action::Work, move || Some(run.with(|run| run.owner.clone())));
    let is_locked = Memo::new(move |_| locked.with(Option::is_some));
    let told = RwSignal::new(None::<RunPorts>);
    let asking = name.clone();
    spawn_local(async move {
        // Asked for as long as somebody looks: each time somebody knocks at the ports.
        while let Some(is_wanted) = running.try_get_untracked() {
            let is_wanted = is_wanted && !named.with_untracked(Vec::is_empty) && !document().hidden();
            // Whoever may not work in it may not knock at its ports either.
            let may = is_locked.try_get_untracked() == Some(false);
            if may && (is_wanted || told.try_with_untracked(Option::is_none) == Some(true)) {
                // What was told stays while the server does not answer.
                if let Ok(ports) = api::get::<RunPorts>(&format!("/api/v1/runs/{asking}/ports")).await {
                    told.try_set(Some(ports));
                }
            }
            TimeoutFuture::new(EVERY).await;
        }
    });
    let shown = Memo::new(move |_| {
        // Of one that does not run, what the configuration says is known.
        let told = told.get().filter(|_| running.get());
        told.map_or_else(|| named.with(|named| named.iter().filter_map(unseen).collect()), |told| told.ports)
    });
    let without = Memo::new(move |_| told.get().and_then(|told| told.without_previews));
    let row = move |index: usize| {
        let port = Memo::new(move |_| shown.with(|shown| shown.get(index).cloned()));
        let name = name.clone();
        let number = move || {
            let port = port.get()?;
            let open = crate::site::endpoint(&format!("/api/v1/runs/{name}/ports/{}/open", port.port));
            Some(match port.preview.is_some() && running.get() && !is_locked.get() {
                true => view! {
                    <a class="link port__number" href=open target="_blank" rel="noopener noreferrer" aria-label=tf!("Preview of port {} in a new tab", port.port)>
                        {port.port}<Icon name="out"/>
                    </a>
                }
                .into_any(),
                false => view! { <span class="port__number">{port.port}</span> }.into_any(),
            })
        };
        let listens = Memo::new(move |_| port.get().and_then(|port| port.listening));
        let glyph = Signal::derive(move || if listens.get() == Some(true) { "running" } else { "submitted" });
        let mapped = move || {
            port.get().map(|port| match port.local_port {
                Some(local) => tf!("attach: {local}"),
                None => t!("attach: any free port").to_owned(),
            })
        };
        view! {
            <li class="port" data-listens=move || (listens.get() == Some(true)).then_some("")>
                {number}
                <span class="status"><Glyph name=glyph/>{move || match (listens.get().filter(|_| !is_locked.get()), running.get()) {
                    (Some(true), _) => "listens",
                    (Some(false), _) => t!("nothing listens yet"),
                    (None, true) if is_locked.get() => t!("for whoever works in it"),
                    (None, true) => t!("not known yet"),
                    (None, false) => t!("does not run yet"),
                }}</span>
                <span class="meta">{mapped}</span>
            </li>
        }
    };
    let row = StoredValue::new(row);
    view! {
        <Show when=move || !named.with(Vec::is_empty)>
            <div class="attach__way">
                <span class="attach__label" id="ports">"Ports"</span>
                <ul class="ports" aria-labelledby="ports">
                    <For each=move || 0..shown.with(Vec::len) key=|index| *index children=move |index| row.with_value(|row| row(index))/>
                </ul>
                {move || match without.get() {
                    _ if is_locked.get() => ().into_any(),
                    Some(why) => view! { <span class="meta"><Prose text=why capital=true/>"."</span> }.into_any(),
                    None => view! {
                        <span class="meta">"A preview opens in a new tab, for whoever is signed in. "<code>"berth attach"</code>" brings the ports to your machine."</span>
                    }.into_any(),
                }}
            </div>
        </Show>
    }
}

/// A port as the configuration names it.
fn unseen(&(local, port): &(Option<u32>, u32)) -> Option<RunPort> {
    let number = |port: u32| u16::try_from(port).ok();
    let (port, local_port) = (number(port)?, local.and_then(number));
    Some(RunPort { port, local_port, listening: None, preview: None })
}
