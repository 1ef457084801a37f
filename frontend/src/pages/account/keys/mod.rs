//! The SSH keys by which the account comes into its runs.

mod add;

use berth_shared::api::{SshKey, flag_of};
use leptos::task::spawn_local;

use crate::{
    api,
    components::{CopyLine, Dialog, Failed, Icon, Time, Tone, Void, toaster},
    known::Known,
    live::use_live,
    pages::run::ssh_command,
    prelude::*,
    site,
};
use add::Add;

/// The panels: the keys, and how one comes in with them.
#[component]
pub(super) fn Keys(ring: Known<SshKey>) -> impl IntoView {
    let removing = RwSignal::new(None::<SshKey>);
    let empty = Memo::new(move |_| ring.is_empty());
    view! {
        <section class="panel" id="keys" aria-labelledby="keys-title">
            <div class="panel__head">
                <h2 class="panel__title" id="keys-title">"SSH keys"</h2>
                <span class="meta">"with them you come into the runs that you may work in"</span>
            </div>
            <Failed why=ring.failed what="keys"/>
            <Show when=move || !empty.get() fallback=Nothing>
                <Table ring removing/>
            </Show>
            <Add done=move || ring.ask()/>
        </section>
        <Where/>
        <RemoveDialog ring removing/>
    }
}

#[component]
fn Nothing() -> impl IntoView {
    view! {
        <Void title="No key yet">
            <p class="void__text">
                "Paste the public half of one below: the line of a "<code class="mono">".pub"</code>" file, such as "
                <code class="mono">"~/.ssh/id_ed25519.pub"</code>". "<code class="mono">"berth key add"</code>" does it on the command line."
            </p>
        </Void>
    }
}

#[component]
fn Table(ring: Known<SshKey>, removing: RwSignal<Option<SshKey>>) -> impl IntoView {
    let rows = move || ring.all.get().unwrap_or_default();
    view! {
        <table class="table" data-stack="" aria-labelledby="keys-title" role="table" aria-busy=move || ring.is_awaited().to_string()>
            <thead role="rowgroup"><tr role="row">
                <th role="columnheader">"Name"</th>
                <th role="columnheader" data-priority="1">"Fingerprint"</th>
                <th role="columnheader" data-priority="3">"Added"</th>
                <th role="columnheader"><span class="sr">"Actions"</span></th>
            </tr></thead>
            <tbody role="rowgroup">
                <For each=rows key=|key| key.fingerprint.clone() let:key>
                    {
                        let (label, fingerprint, created) = (key.label.clone(), key.fingerprint.clone(), key.created_at);
                        let kind = key.public_key.split(' ').next().unwrap_or_default().to_owned();
                        let what = tf!("Remove the key {label}");
                        view! {
                            <tr role="row">
                                <td role="cell" data-cell="1s"><span class="table__strong keys__name">{label}</span><span class="table__sub">{kind}</span></td>
                                <td role="cell" data-cell="2" data-priority="1"><span class="mono keys__print">{fingerprint}</span></td>
                                <td role="cell" data-priority="3"><Time at=created class="meta"/></td>
                                <td role="cell" data-cell="1e" data-num="">
                                    <button class="btn" data-kind="quiet" data-icon="" data-size="sm" aria-haspopup="dialog" aria-label=what.clone() title=what
                                        on:click=move |_| removing.set(Some(key.clone()))><Icon name="trash"/></button>
                                </td>
                            </tr>
                        }
                    }
                </For>
            </tbody>
        </table>
    }
}

/// Where the server takes connections, or that it takes none.
#[component]
fn Where() -> impl IntoView {
    let live = use_live();
    let gateway =
        Memo::new(move |_| live.server.with(|server| server.as_ref().map(|server| server.ssh.clone())));
    let attach = || tf!("berth attach RUN{}", flag_of(&site::project()));
    view! {
        <section class="panel" aria-labelledby="ways">
            <div class="panel__head"><h2 class="panel__title" id="ways">"How to come in"</h2></div>
            <div class="panel__body" data-stack="">
                {move || match gateway.get() {
                    None => ().into_any(),
                    Some(None) => view! {
                        <p class="meta">"This server takes no SSH connections. Whoever runs it can start it with "<code class="mono">"--ssh-listen"</code>"; keys can be added before."</p>
                    }.into_any(),
                    Some(Some(gateway)) => view! {
                        <CopyLine text=ssh_command("RUN", &gateway)/>
                        <p class="meta">
                            "RUN is the name of a run that is running; its page has the command ready to copy. "<code class="mono">{attach()}</code>
                            " makes the run a host of your own SSH, for VS Code too, and brings its ports to your machine."
                        </p>
                    }.into_any(),
                }}
            </div>
        </section>
    }
}

#[component]
fn RemoveDialog(ring: Known<SshKey>, removing: RwSignal<Option<SshKey>>) -> impl IntoView {
    let say = toaster();
    let open = RwSignal::new(false);
    Effect::new(move |_| open.set(removing.with(Option::is_some)));
    Effect::new(move |_| {
        if !open.get() && removing.with_untracked(Option::is_some) {
            removing.set(None);
        }
    });
    let label = Memo::new(move |_| {
        removing.with(|key| key.as_ref().map(|key| key.label.clone()).unwrap_or_default())
    });
    let go = move |_| {
        let Some(key) = removing.get_untracked() else { return };
        removing.set(None);
        spawn_local(async move {
            let path = format!("/api/v1/keys/{}", js_sys::encode_uri_component(&key.label));
            match api::delete(&path).await {
                Ok(()) => ring.ask(),
                Err(error) => {
                    say(Tone::Failed, tf!("The key {} was not removed. {error}", key.label));
                    ring.ask();
                }
            }
        });
    };
    view! {
        <Dialog open=open title=Signal::derive(move || tf!("Remove the key {}?", label.get()))>
            <p class="dialog__text">"Connections that were opened with it end at once."</p>
            <div class="dialog__actions">
                <button class="btn" on:click=move |_| removing.set(None)>"Keep it"</button>
                <button class="btn" data-kind="danger-fill" on:click=go><Icon name="trash"/>"Remove"</button>
            </div>
        </Dialog>
    }
}
