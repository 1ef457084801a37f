//! Machines of one's own that are reached by SSH: which there are, what they have, adding and removing one.

use std::time::Duration;

use berth_shared::{
    api::{AddSshHost, Instance, InstanceId, SshHost, SshHostStatus},
    policy::Action,
    time::Timestamp,
};
use leptos::{ev::SubmitEvent, task::spawn_local};

use crate::{
    api,
    components::{Dialog, Failed, Field, Icon, Locked, Notice, Prose, Tone, Void, toaster},
    format,
    known::Known,
    live::{Rows, use_live},
    permissions::refusal,
    prelude::*,
};

/// How often the server is asked how they are while the page is open.
const AGAIN: Duration = Duration::from_secs(5);

/// The panel; nothing where nothing is real.
#[component]
pub(super) fn Hosts() -> impl IntoView {
    let live = use_live();
    let real =
        Memo::new(move |_| live.server.with(|server| server.as_ref().is_some_and(|server| !server.demo)));
    // They are the server's, and no project's.
    let hidden = refusal(Action::SeeServer);
    view! { <Show when=move || real.get() && hidden.with(Option::is_none)><Panel/></Show> }
}

#[component]
fn Panel() -> impl IntoView {
    let known = Known::<SshHost>::follow("/api/v1/hosts", AGAIN);
    let locked = refusal(Action::ChangeHosts);
    let removing = RwSignal::new(None::<String>);
    let adding = RwSignal::new(false);
    let names = Memo::new(move |_| {
        known.all.with(|all| all.iter().flatten().map(|host| host.name.clone()).collect::<Vec<_>>())
    });
    let none = Memo::new(move |_| known.is_empty());
    view! {
        <section class="panel" aria-labelledby="hosts">
            <div class="panel__head">
                <h2 class="panel__title" id="hosts">"SSH hosts"</h2>
                <span class="meta">"machines of your own"</span>
                <span class="panel__spring"></span>
                <button class="btn" data-size="sm" aria-haspopup="dialog" disabled=move || locked.with(Option::is_some) title=move || locked.get()
                    on:click=move |_| adding.set(true)><Icon name="plus"/>"Add a host"</button>
            </div>
            <Failed why=known.failed what="hosts"/>
            <Show when=move || none.get()>
                <Void title="No hosts yet">
                    <p class="void__text">"Any Linux machine with Docker or Podman that the server reaches by SSH can take environments. Nothing is installed on it."</p>
                </Void>
            </Show>
            <ul class="pools" aria-labelledby="hosts" aria-busy=move || known.is_awaited().to_string()>
                <For each=move || names.get() key=Clone::clone let:name>
                    <Line known=known name=name removing=removing locked=locked/>
                </For>
            </ul>
            <Show when=move || locked.with(Option::is_some)><div class="panel__foot"><Locked why=locked/></div></Show>
            <Dialog open=adding title=t!("Add an SSH host").to_owned()>
                <Show when=move || adding.get()><Form known=known open=adding/></Show>
            </Dialog>
            <RemoveDialog known=known removing=removing/>
        </section>
    }
}

/// The instances that a host holds.
fn held(all: Rows<InstanceId, Instance>, name: &str) -> usize {
    all.count(|instance| {
        instance.allocation.as_ref().is_some_and(|share| share.host.as_deref() == Some(name))
    })
}

/// The wire's word for a status that pages show in the same way.
fn shown(status: SshHostStatus) -> (&'static str, &'static str) {
    match status {
        SshHostStatus::Ready => ("done", t!("Ready")),
        SshHostStatus::Connecting => ("provisioning", t!("Connecting")),
        SshHostStatus::Away => ("failed", t!("Away")),
    }
}

/// What a host has, or why it is away and since when.
fn words(host: &SshHost, held: usize, now: Timestamp) -> String {
    let holds = match held {
        0 => t!("nothing runs on it").to_owned(),
        1 => t!("1 environment").to_owned(),
        count => tf!("{count} environments"),
    };
    match (&host.problem, &host.facts) {
        (Some(problem), _) => {
            tf!("for {}: {problem}", format::duration(now.millis_since(host.since)))
        }
        (None, Some(facts)) => format!("{}; {holds}", facts.words().join(", ")),
        (None, None) => holds,
    }
}

#[component]
fn Line(
    known: Known<SshHost>,
    name: String,
    removing: RwSignal<Option<String>>,
    locked: Memo<Option<String>>,
) -> impl IntoView {
    let live = use_live();
    let name = StoredValue::new(name);
    let host = Memo::new(move |_| {
        known
            .all
            .with(|all| all.iter().flatten().find(|host| name.with_value(|name| host.name == *name)).cloned())
    });
    let held = Memo::new(move |_| name.with_value(|name| held(live.instances, name)));
    let status =
        Memo::new(move |_| host.with(|host| host.as_ref().map_or(("", ""), |host| shown(host.status))));
    let place = Memo::new(move |_| {
        host.with(|host| {
            host.as_ref().map_or_else(String::new, |host| {
                let through: String = host.jumps.iter().map(|jump| tf!(" through {jump}")).collect();
                let pool = host.pool.as_ref().map(|pool| tf!(", pool {pool}")).unwrap_or_default();
                format!("{}{through}{pool}", host.address)
            })
        })
    });
    let fingerprint = move || host.with(|host| host.as_ref().map(|host| host.fingerprint.clone()));
    let text = move || {
        host.with(|host| host.as_ref().map(|host| words(host, held.get(), live.now.get())))
            .unwrap_or_default()
    };
    let glyph = Signal::derive(move || format::status_glyph(status.get().0));
    view! {
        <li class="pools__line">
            <b class="table__strong pools__name">{name.get_value()}</b>
            <span class="status" data-status=move || status.get().0><crate::components::Glyph name=glyph/><span>{move || status.get().1}</span></span>
            <span class="meta" title=fingerprint>{move || place.get()}</span>
            <span class="panel__spring"></span>
            <span class="actions">
                <button class="btn" data-kind="quiet" data-icon="" data-size="sm" aria-haspopup="dialog"
                    aria-label=move || tf!("Remove host {}", name.get_value()) disabled=move || locked.with(Option::is_some)
                    title=move || locked.get().unwrap_or_else(|| tf!("Remove host {}", name.get_value()))
                    on:click=move |_| removing.set(Some(name.get_value()))><Icon name="trash"/></button>
            </span>
            <span class="hosts__words"><Prose text=Signal::derive(text)/></span>
        </li>
    }
}

#[component]
fn Form(known: Known<SshHost>, open: RwSignal<bool>) -> impl IntoView {
    let [address, name, pool, jump, key] = [(); 5].map(|()| RwSignal::new(String::new()));
    let wrong = RwSignal::new(None::<String>);
    let busy = RwSignal::new(false);
    let say = toaster();
    let some = |text: String| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
    let add = move |event: SubmitEvent| {
        event.prevent_default();
        if busy.get_untracked() || address.with_untracked(|address| address.trim().is_empty()) {
            return;
        }
        busy.set(true);
        wrong.set(None);
        let request = AddSshHost {
            address: address.get_untracked().trim().to_owned(),
            name: some(name.get_untracked()),
            pool: some(pool.get_untracked()),
            jumps: some(jump.get_untracked())
                .map(|jumps| jumps.split(',').map(|jump| jump.trim().to_owned()).collect())
                .unwrap_or_default(),
            private_key: some(key.get_untracked()).map(|key| format!("{key}\n")),
            ..AddSshHost::default()
        };
        spawn_local(async move {
            let answer = api::post::<_, SshHost>("/api/v1/hosts", &request).await;
            busy.try_set(false);
            match answer {
                Ok(host) => {
                    say(Tone::Done, tf!("{} is added. Its key is {}", host.name, host.fingerprint));
                    open.try_set(false);
                    known.ask();
                }
                Err(error) => drop(wrong.try_set(Some(error.to_string()))),
            }
        });
    };
    view! {
        <form class="values" on:submit=add>
            <p class="dialog__text">"The server connects, looks at what the machine has, and trusts the key that it shows now: compare the fingerprint afterwards."</p>
            <Field label="Where, and as whom">
                <input class="input" placeholder="ubuntu@gpu-1.example:22" autocomplete="off" spellcheck="false" autocapitalize="off" required
                    prop:value=move || address.get() on:input:target=move |event| address.set(event.target().value())/>
            </Field>
            <Field label="Name">
                <input class="input" placeholder="that of the host" autocomplete="off" spellcheck="false" maxlength="60"
                    prop:value=move || name.get() on:input:target=move |event| name.set(event.target().value())/>
            </Field>
            <Field label="Pool" hint=t!("Runs of this pool use it. One that is not there is made.").to_owned()>
                <input class="input" placeholder="the default one" autocomplete="off" spellcheck="false" maxlength="60"
                    prop:value=move || pool.get() on:input:target=move |event| pool.set(event.target().value())/>
            </Field>
            <Field label="Through" hint=t!("Hosts on the way, in order, with commas between.").to_owned()>
                <input class="input" placeholder="ada@bastion.example" autocomplete="off" spellcheck="false" autocapitalize="off"
                    prop:value=move || jump.get() on:input:target=move |event| jump.set(event.target().value())/>
            </Field>
            <Field label="Private key" hint=t!("Without a passphrase, best one of its own. It is kept sealed and never shown again. Empty: the server's SSH agent is used.").to_owned()>
                <textarea class="input add__text" rows="5" spellcheck="false" autocomplete="off" placeholder="-----BEGIN OPENSSH PRIVATE KEY-----"
                    prop:value=move || key.get() on:input:target=move |event| key.set(event.target().value())></textarea>
            </Field>
            {move || wrong.get().map(|why| view! {
                <Notice tone="danger" alert=true><Prose text=why capital=true/></Notice>
            })}
            <div class="dialog__actions">
                <button class="btn" type="button" on:click=move |_| open.set(false)>"Cancel"</button>
                <button class="btn" data-kind="primary" type="submit" aria-busy=move || busy.get().to_string()
                    disabled=move || busy.get() || address.with(|address| address.trim().is_empty())>
                    {move || if busy.get() { t!("Connecting…") } else { t!("Add") }}
                </button>
            </div>
        </form>
    }
}

#[component]
fn RemoveDialog(known: Known<SshHost>, removing: RwSignal<Option<String>>) -> impl IntoView {
    let live = use_live();
    let say = toaster();
    let open = RwSignal::new(false);
    Effect::new(move |_| open.set(removing.with(Option::is_some)));
    Effect::new(move |_| {
        if !open.get() && removing.with_untracked(Option::is_some) {
            removing.set(None);
        }
    });
    let name = Memo::new(move |_| removing.get().unwrap_or_default());
    let force = Memo::new(move |_| {
        let away = known.all.with(|all| {
            all.iter()
                .flatten()
                .any(|host| name.with(|name| host.name == *name) && host.status != SshHostStatus::Ready)
        });
        (name.with(|name| held(live.instances, name)), away)
    });
    let text = move || match force.get() {
        (0, false) => {
            t!("The server forgets how to get there. Nothing is removed from the machine.").to_owned()
        }
        (0, true) => t!("It is away: what may still be on it stays there, and is nobody's.").to_owned(),
        (1, _) => t!(
            "1 environment is on it, which stays there and can no longer be reached from here. Stop it first."
        )
        .to_owned(),
        (count, _) => {
            tf!(
                "{count} environments are on it, which stay there and can no longer be reached from here. Stop them first."
            )
        }
    };
    let go = move |_| {
        let (host, (held, away)) = (name.get_untracked(), force.get_untracked());
        removing.set(None);
        let forced = if held > 0 || away { "?force=true" } else { "" };
        let path = format!("/api/v1/hosts/{}{forced}", js_sys::encode_uri_component(&host));
        spawn_local(async move {
            match api::delete(&path).await {
                Ok(()) => known.ask(),
                Err(error) => say(Tone::Failed, tf!("The host {host} was not removed. {error}")),
            }
        });
    };
    view! {
        <Dialog open=open title=Signal::derive(move || tf!("Remove the host {}?", name.get()))>
            <p class="dialog__text">{text}</p>
            <div class="dialog__actions">
                <button class="btn" on:click=move |_| removing.set(None)>"Keep it"</button>
                <button class="btn" data-kind="danger-fill" on:click=go>
                    <Icon name="trash"/>{move || if force.get() == (0, false) { t!("Remove") } else { t!("Remove all the same") }}
                </button>
            </div>
        </Dialog>
    }
}

#[cfg(test)]
mod tests {
    use berth_shared::api::{SshHostFacts, SshHostGpu, SshLogin};

    use super::*;

    #[test]
    fn a_host_is_told_by_what_it_has_or_why_it_is_away() {
        let ready = SshHost {
            name: "gpu-1".into(),
            address: "ubuntu@gpu-1:22".into(),
            jumps: Vec::new(),
            login: SshLogin::Key,
            fingerprint: String::new(),
            status: SshHostStatus::Ready,
            problem: None,
            since: Timestamp(0),
            facts: Some(SshHostFacts {
                arch: "amd64".into(),
                cpus: 64.0,
                memory_bytes: 512 << 30,
                disk_free_bytes: 1800 << 30,
                gpus: vec![SshHostGpu { name: "A100".into(), memory_gib: 80.0 }; 2],
                engine: "Docker 27.1".into(),
            }),
            pool: None,
            added_by: "ada".into(),
            added_at: Timestamp(0),
        };
        assert_eq!(
            words(&ready, 1, Timestamp(0)),
            "2 x A100 80 GB, 64 vCPUs, 512 GB of memory, 1800 GB of disk free, Docker 27.1; 1 environment"
        );
        let away = SshHost { problem: Some("no answer in time".into()), facts: None, ..ready };
        assert_eq!(words(&away, 0, Timestamp(90_000)), "for 1 min 30 s: no answer in time");
    }
}
