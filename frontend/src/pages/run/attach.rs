//! The ways in, and how it is kept apart from its machine.

use berth_shared::{
    api::{Isolation, RunCode, RunStatus, SshGateway, flag_of, ssh_name_of},
    ide::Ide,
    policy::Action,
};

use super::{Subject, ports};
use crate::{
    components::{CopyLine, Locked, Prose},
    format,
    live::use_live,
    permissions::refusal_of,
    prelude::*,
    site,
};

/// What is in force, in one line.
fn in_force(isolation: &Isolation, local: bool) -> String {
    let mut parts = Vec::new();
    if !isolation.namespaces.is_empty() {
        parts.push(tf!("{} of its own", isolation.namespaces.join(", ")));
    }
    if !isolation.limits.is_empty() {
        let groups = isolation.cgroup.as_ref().map(|version| tf!(" (cgroup {version})")).unwrap_or_default();
        parts.push(tf!("{} limited{groups}", isolation.limits.join(", ")));
    }
    if parts.is_empty() && !local {
        if site::is_demo() { t!("A simulated machine") } else { t!("A machine of its own") }.to_owned()
    } else if parts.is_empty() {
        t!("None: it is a process like any other").to_owned()
    } else {
        format::capitalised(&parts.join("; "))
    }
}

/// The command that leads into a run over SSH.
pub(crate) fn ssh_command(name: &str, gateway: &SshGateway) -> String {
    let own = || window().location().hostname().unwrap_or_default();
    let host = gateway.host.clone().unwrap_or_else(own);
    tf!("ssh {}@{host} -p {}", ssh_name_of(&site::project(), name), gateway.port)
}

/// Over SSH, by one's own programs.
#[component]
fn OverSsh(name: String, gateway: SshGateway, ide: Option<Ide>, running: Memo<bool>) -> impl IntoView {
    let command = ssh_command(&name, &gateway);
    let attach = tf!("berth attach {name}{}", flag_of(&site::project()));
    let name = ssh_name_of(&site::project(), &name);
    let label = ide.map_or_else(|| t!("Ports").to_owned(), |ide| tf!("{} and ports", ide.title()));
    view! {
        <div class="attach__way">
            <span class="attach__label">"SSH"</span>
            <CopyLine text=command what="SSH command"/>
            <span class="meta">
                "with "<a class="link" href=crate::site::at("/account#keys")>"a key of your account"</a>
                {move || (!running.get()).then_some(t!(", as soon as it runs"))}
            </span>
        </div>
        <div class="attach__way">
            <span class="attach__label">{label}</span>
            <CopyLine text=attach what="attach command"/>
            <span class="meta">
                "on your own machine"
                {ide.map(|ide| view! {
                    ", first; then "<a class="link" href=ide.link(&name)>{tf!("open it in {}", ide.title())}</a>
                })}
            </span>
        </div>
    }
}

/// The panel; it goes when there is nothing to attach to any more.
#[component]
pub(super) fn Attach(subject: Subject) -> impl IntoView {
    let live = use_live();
    let run = subject.run;
    let shown = Memo::new(move |_| run.with(|run| !run.status.is_finished()));
    let running = Memo::new(move |_| run.with(|run| run.status == RunStatus::Running));
    let instance = Memo::new(move |_| {
        run.with(|run| run.instance_id).and_then(|id| live.instances.row(id)).map(|row| row.get())
    });
    let command = StoredValue::new(tf!("berth attach --local {}{}", subject.name, flag_of(&site::project())));
    // Who is on the server's machine reaches environments on that machine.
    let local =
        Memo::new(move |_| run.with(|run| run.offer.as_ref().is_none_or(|offer| offer.backend == "local")));
    let code = Memo::new(move |_| run.with(|run| run.code.as_ref().map(RunCode::summary)));
    let name = StoredValue::new(subject.name.clone());
    let gateway =
        Memo::new(move |_| live.server.with(|server| server.as_ref().and_then(|server| server.ssh.clone())));
    let ide = Memo::new(move |_| run.with(|run| run.ide.as_deref().and_then(Ide::of)));
    let locked = refusal_of(Action::Work, move || Some(run.with(|run| run.owner.clone())));
    let is_locked = Memo::new(move |_| locked.with(Option::is_some));
    let limits = Memo::new(move |_| {
        instance.with(|instance| {
            instance.as_ref().and_then(|one| one.allocation.as_ref()).map(|part| {
                tf!("up to {} vCPU and {} RAM", format::number(part.cpus), format::bytes(part.memory_bytes))
            })
        })
    });
    view! {
        <Show when=move || shown.get()>
            <section class="panel" aria-label="Attach">
                <div class="attach">
                    <div class="attach__way">
                        <span class="attach__label">"Shell"</span>
                        <Locked why=locked/>
                        {move || (local.get() && !is_locked.get()).then(|| view! { <CopyLine text=command.get_value()/> })}
                        {move || (!is_locked.get()).then(|| view! { <span class="meta">{move || match (local.get(), running.get()) {
                            (true, true) => t!("in a terminal on the server’s machine, or in the tab Terminal below"),
                            (true, false) => t!("in a terminal on the server’s machine, as soon as it runs"),
                            (false, true) => t!("in the tab Terminal below"),
                            (false, false) => t!("in the tab Terminal below, as soon as it runs"),
                        }}</span> })}
                    </div>
                    <ports::Ports subject=subject.clone()/>
                    {move || gateway.get().filter(|_| !is_locked.get()).map(|gateway| view! { <OverSsh name=name.get_value() gateway ide=ide.get() running=running/> })}
                    {move || code.get().map(|code| view! {
                        <div class="attach__way">
                            <span class="attach__label">"Code"</span>
                            <span class="attach__code">{code}</span>
                            <span class="meta">"in "<code class="mono">"/workflow"</code></span>
                        </div>
                    })}
                    {move || instance.with(|instance| instance.as_ref().and_then(|one| one.isolation.clone())).map(|isolation| view! {
                        <div class="attach__way">
                            <span class="attach__label">"Isolation in force"</span>
                            <span>{in_force(&isolation, local.get())}</span>
                            {move || limits.get().map(|limits| view! { <span class="meta">{limits}</span> })}
                            {match (isolation.missing.is_empty(), local.get()) {
                                (true, _) => ().into_any(),
                                (false, true) => view! {
                                    <details class="meta details">
                                    <summary>{tf!("What is not in force ({})", isolation.missing.len())}</summary>
                                    <ul>{isolation.missing.iter().map(|why| view! { <li><Prose text=why.clone() capital=true/></li> }).collect_view()}</ul>
                                    </details>
                                }.into_any(),
                                (false, false) => isolation.missing.iter().map(|why| view! {
                                    <span class="meta"><Prose text=why.clone() capital=true/></span>
                                }).collect_view().into_any(),
                            }}
                        </div>
                    })}
                </div>
            </section>
        </Show>
    }
}
