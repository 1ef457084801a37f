//! The run's terminals: those that are open, from whatever page, and new ones.

use berth_shared::{
    api::{Run, RunPorts, RunStatus, TerminalId, TerminalInfo},
    policy::Action,
};
use leptos::task::spawn_local;

use super::{Subject, terminal::Terminal};
use crate::{
    api, browser,
    components::{Icon, Locked, Prose},
    live::use_live,
    permissions::refusal_of,
    port_links::Local,
    prelude::*,
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Shell {
    id: TerminalId,
    number: usize,
}

/// A fresh identifier; the browser's own generator needs a secure context, which 127.0.0.1 is and a plain
/// `http://` address is not.
fn new_id() -> TerminalId {
    let mut bytes = [0_u8; 16];
    let filled = leptos::prelude::window()
        .crypto()
        .and_then(|crypto| crypto.get_random_values_with_u8_array(&mut bytes));
    if filled.is_err() {
        bytes.fill_with(|| (crate::browser::random() * 256.0) as u8);
    }
    TerminalId(uuid::Builder::from_random_bytes(bytes).into_uuid())
}

/// The ports whose previews this browser can open, once something runs.
fn previews(name: String, run: Memo<Run>, running: Memo<bool>, locked: Memo<bool>) -> RwSignal<Vec<u16>> {
    let previews = RwSignal::new(Vec::new());
    let named = Memo::new(move |_| running.get() && !locked.get() && run.with(|run| !run.ports.is_empty()));
    Effect::new(move |_| {
        if !named.get() {
            return;
        }
        let path = format!("/api/v1/runs/{name}/ports");
        spawn_local(async move {
            // Without an answer addresses lead where they say.
            if let Ok(told) = api::get::<RunPorts>(&path).await {
                let ports = told.ports.iter().filter(|port| port.preview.is_some());
                previews.try_set(ports.map(|port| port.port).collect());
            }
        });
    });
    previews
}

/// The address that leads into a preview, to the place that is meant.
fn preview(name: &str, local: &Local<'_>) -> String {
    let to = String::from(js_sys::encode_uri_component(&local.target()));
    let Local { port, fragment, .. } = local;
    let open = crate::site::endpoint(&format!("/api/v1/runs/{name}/ports/{port}/open?to={to}{fragment}"));
    format!("{}{open}", browser::origin())
}

/// The panel.
#[component]
pub(super) fn Terminals(subject: Subject, count: RwSignal<usize>, shown: Signal<bool>) -> impl IntoView {
    let live = use_live();
    let shells = RwSignal::new(Vec::<Shell>::new());
    let chosen = RwSignal::new(None::<TerminalId>);
    let trouble = RwSignal::new(None::<String>);
    let asked = RwSignal::new(false);
    let run = subject.run;
    let running = Memo::new(move |_| run.with(|run| run.status == RunStatus::Running));
    let name = subject.name;
    let locked = refusal_of(Action::Work, move || Some(run.with(|run| run.owner.clone())));
    let is_locked = Memo::new(move |_| locked.with(Option::is_some));

    let add = move |id: TerminalId| {
        let number = shells
            .with_untracked(|shells| shells.iter().map(|shell| shell.number).max().unwrap_or_default())
            + 1;
        shells.update(|shells| shells.push(Shell { id, number }));
        chosen.set(Some(id));
    };
    let find = Callback::new({
        let name = name.clone();
        move |()| {
            let path = format!("/api/v1/runs/{name}/terminals");
            trouble.set(None);
            spawn_local(async move {
                match api::get::<Vec<TerminalInfo>>(&path).await {
                    Ok(open) => {
                        for shell in open.iter().filter(|shell| shell.exit_code.is_none()) {
                            add(shell.id);
                        }
                        if let Some(first) =
                            shells.try_with_untracked(|shells| shells.first().copied()).flatten()
                        {
                            chosen.set(Some(first.id));
                        } else {
                            add(new_id());
                        }
                    }
                    Err(error) => {
                        trouble.try_set(Some(error.to_string()));
                    }
                }
            });
        }
    });
    Effect::new(move |_| {
        if running.get() && !is_locked.get() && !asked.get_untracked() {
            asked.set(true);
            find.run(());
        }
    });
    Effect::new(move |_| count.set(shells.with(Vec::len)));
    let looking = RwSignal::new(0_u32);
    let previews = previews(name.clone(), run, running, is_locked);
    let own = name.clone();
    let leads = Callback::new(move |address: String| {
        Local::read(&address, &own)
            .filter(|local| previews.with_untracked(|ports| ports.contains(&local.port)))
            .map_or(address.clone(), |local| preview(&own, &local))
    });
    let close = move |id: TerminalId| {
        shells.update(|shells| shells.retain(|shell| shell.id != id));
        if chosen.get_untracked() == Some(id) {
            chosen.set(shells.with_untracked(|shells| shells.last().map(|shell| shell.id)));
        }
    };
    let replace = move |id: TerminalId| {
        close(id);
        add(new_id());
    };
    let (copies, finds) = match browser::is_mac() {
        true => ("⌘ C", t!("Find in the terminal (⌘ F)")),
        false => (t!("Ctrl Shift C"), t!("Find in the terminal (Ctrl F)")),
    };
    let none = move || shells.with(Vec::is_empty);
    let why = move || match (running.get(), run.with(|run| run.status.is_finished())) {
        (true, _) => t!("Opening a terminal…"),
        (false, true) => t!("It is over: its terminals went with it. The log stays."),
        (false, false) => t!("A terminal opens here as soon as it runs."),
    };
    view! {
        <div class="terms">
            <Show when=move || !none()>
                <div class="terms__bar" role="group" aria-label="Terminals">
                    <For each=move || shells.get() key=|shell| shell.id let:shell>
                        <button class="terms__tab terms__pick" aria-pressed=move || (chosen.get() == Some(shell.id)).to_string()
                            on:click=move |_| chosen.set(Some(shell.id))>
                            {tf!("Shell {}", shell.number)}
                        </button>
                    </For>
                    <Show when=move || running.get()>
                        <button class="btn" data-kind="quiet" data-icon="" data-size="sm" aria-label="New terminal"
                            disabled=move || is_locked.get() title=move || locked.get().unwrap_or_else(|| t!("New terminal").to_owned()) on:click=move |_| add(new_id())>
                            <Icon name="plus"/>
                        </button>
                    </Show>
                    <span class="panel__spring"></span>
                    <span class="meta terms__hint"><kbd class="kbd">{copies}</kbd>" copies, "<kbd class="kbd">"F6"</kbd>" leaves the terminal"</span>
                    <button class="btn" data-kind="quiet" data-icon="" data-size="sm" aria-label="Find in the terminal" title=finds on:click=move |_| looking.update(|looking| *looking += 1)>
                        <Icon name="search"/>
                    </button>
                </div>
            </Show>
            <For each=move || shells.get() key=|shell| shell.id let:shell>
                <Terminal name=name.clone() id=shell.id number=shell.number
                    shown=Signal::derive(move || shown.get() && chosen.get() == Some(shell.id))
                    alive=running.into() live=live looking=looking.into() leads=leads
                    on_close=Callback::new(move |()| close(shell.id)) on_new=Callback::new(move |()| replace(shell.id))/>
            </For>
            <Show when=none>
                <div class="term">
                    <Show when=move || trouble.get().is_some() && !is_locked.get() fallback=move || view! {
                        <Show when=move || is_locked.get() fallback=move || view! { <p class="log__note">{why}</p> }>
                            <div class="log__note"><Locked why=locked/></div>
                        </Show>
                    }>
                        <div class="notice" data-tone="danger" role="alert">
                            <Icon name="error"/>
                            <span class="notice__text"><Prose text=Signal::derive(move || trouble.get().unwrap_or_default())/></span>
                            <button class="btn" data-size="sm" on:click=move |_| find.run(())>"Try again"</button>
                        </div>
                    </Show>
                </div>
            </Show>
        </div>
    }
}
