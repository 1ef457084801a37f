//! Logs, terminal, usage, what was asked for, and what was offered.

use leptos_router::hooks::use_location;

use super::{Subject, asked::Asked, logs::Logs, offered::Offered, terminals::Terminals, usage::Usage};
use crate::{
    components::{Switch, Tab, TabList},
    prelude::*,
};

/// The panel with the tabs. A panel is made when it is first looked at, and then kept.
#[component]
pub(super) fn Work(subject: Subject) -> impl IntoView {
    let chosen = RwSignal::new("log");
    // An address may mean one of them: `#terminal`.
    let hash = use_location().hash;
    Effect::new(move |_| {
        if hash.with(|hash| hash.trim_start_matches('#') == "terminal") {
            chosen.set("term");
        }
    });
    let follow = RwSignal::new(true);
    let terminals = RwSignal::new(0_usize);
    let seen = move |key: &'static str| {
        Memo::new(move |seen: Option<&bool>| seen == Some(&true) || chosen.get() == key)
    };
    let (terminal_seen, usage_seen, offered_seen) = (seen("term"), seen("use"), seen("off"));
    let tabs = vec![
        Tab { key: "log", label: t!("Logs"), count: None },
        Tab { key: "term", label: t!("Terminal"), count: Some(terminals.into()) },
        Tab { key: "use", label: t!("Usage"), count: None },
        Tab { key: "conf", label: t!("Asked for"), count: None },
        Tab { key: "off", label: t!("Offered"), count: None },
    ];
    let hidden = move |key: &'static str| move || chosen.get() != key;
    let (for_terminal, for_usage, for_offered) = (subject.clone(), subject.clone(), subject.clone());
    view! {
        <section class="panel" aria-label="Work">
            <div class="panel__head" data-tabs="">
                <TabList label="Work" tabs=tabs chosen=chosen/>
                <span class="panel__spring"></span>
                <Show when=move || chosen.get() == "log">
                    <Switch on=follow flip=move |()| follow.update(|follow| *follow = !*follow)>"Follow"</Switch>
                </Show>
            </div>
            <div role="tabpanel" id="p-log" aria-labelledby="t-log" hidden=hidden("log")>
                <Logs subject=subject.clone() follow=follow shown=Signal::derive(move || chosen.get() == "log")/>
            </div>
            <div role="tabpanel" id="p-term" aria-labelledby="t-term" hidden=hidden("term")>
                {move || terminal_seen.get().then(|| view! {
                    <Terminals subject=for_terminal.clone() count=terminals shown=Signal::derive(move || chosen.get() == "term")/>
                })}
            </div>
            <div role="tabpanel" id="p-use" aria-labelledby="t-use" hidden=hidden("use")>
                {move || usage_seen.get().then(|| view! { <Usage subject=for_usage.clone()/> })}
            </div>
            <div role="tabpanel" id="p-conf" aria-labelledby="t-conf" hidden=hidden("conf")>
                <Asked subject=subject/>
            </div>
            <div role="tabpanel" id="p-off" aria-labelledby="t-off" hidden=hidden("off")>
                {move || offered_seen.get().then(|| view! { <Offered subject=for_offered.clone()/> })}
            </div>
        </section>
    }
}
