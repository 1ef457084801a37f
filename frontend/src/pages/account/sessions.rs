//! The browsers in which the account is signed in.

use berth_shared::api::SessionInfo;
use leptos::task::spawn_local;

use crate::{
    api,
    components::{Bone, Failed, Icon, Tag, Time, TimeAs, Tone, leave, toaster},
    format,
    known::Known,
    live::use_live,
    prelude::*,
};

/// The panel.
#[component]
pub(super) fn Sessions(known: Known<SessionInfo>) -> impl IntoView {
    let say = toaster();
    let rows = move || known.all.get().unwrap_or_default();
    let others = Memo::new(move |_| {
        let other = |session: &&SessionInfo| !session.current;
        known.all.with(|all| {
            all.iter().flatten().filter(other).map(|session| session.id.clone()).collect::<Vec<_>>()
        })
    });
    let busy = RwSignal::new(false);
    let end_others = move |_| {
        if busy.get_untracked() {
            return;
        }
        busy.set(true);
        let others = others.get_untracked();
        spawn_local(async move {
            for id in others {
                if let Err(error) = end(&id).await {
                    say(Tone::Failed, tf!("A session was not ended. {error}"));
                }
            }
            busy.try_set(false);
            known.ask();
        });
    };
    view! {
        <section class="panel" id="sessions" aria-labelledby="sessions-title">
            <div class="panel__head">
                <h2 class="panel__title" id="sessions-title">"Sessions"</h2>
                <span class="meta">"where you are signed in"</span>
                <span class="panel__spring"></span>
                <Show when=move || { others.with(Vec::len) > 1 }>
                    <button class="btn" data-kind="danger" data-size="sm" aria-busy=move || busy.get().to_string() on:click=end_others>
                        {move || if busy.get() { t!("Ending…") } else { t!("End all others") }}
                    </button>
                </Show>
            </div>
            <Failed why=known.failed what="sessions"/>
            <table class="table" data-stack="" role="table" aria-labelledby="sessions-title" aria-busy=move || known.is_awaited().to_string()>
                <thead role="rowgroup"><tr role="row">
                    <th role="columnheader">"Browser"</th>
                    <th role="columnheader" data-priority="2">"Address"</th>
                    <th role="columnheader" data-priority="2">"Last used"</th>
                    <th role="columnheader" data-priority="3">"Ends by itself"</th>
                    <th role="columnheader"><span class="sr">"Actions"</span></th>
                </tr></thead>
                <tbody role="rowgroup">
                    <For each=rows key=|session| (session.id.clone(), session.last_seen_at, session.address.clone()) let:session>
                        <Row known session/>
                    </For>
                    <Show when=move || known.is_awaited() && known.failed.with(Option::is_none)>
                        <tr role="row" aria-hidden="true"><td role="cell" colspan="5" data-cell="1s"><Bone width="12rem"/></td></tr>
                    </Show>
                </tbody>
            </table>
        </section>
    }
}

async fn end(id: &str) -> Result<(), api::ApiError> {
    api::delete(&format!("/api/v1/me/sessions/{}", js_sys::encode_uri_component(id))).await
}

#[component]
fn Row(known: Known<SessionInfo>, session: SessionInfo) -> impl IntoView {
    let live = use_live();
    let say = toaster();
    let leave = leave();
    let SessionInfo { id, current, expires_at, last_seen_at, address, agent, .. } = session;
    let program = format::program(&agent);
    let seen = move || if current { t!("now").to_owned() } else { format::ago(last_seen_at, live.now.get()) };
    let busy = RwSignal::new(false);
    let label = if current {
        t!("Sign out here").to_owned()
    } else {
        tf!("End the session of {program} at {address}")
    };
    let go = move |_| {
        if current {
            return leave();
        }
        if busy.get_untracked() {
            return;
        }
        busy.set(true);
        let id = id.clone();
        spawn_local(async move {
            if let Err(error) = end(&id).await {
                say(Tone::Failed, tf!("The session was not ended. {error}"));
            }
            busy.try_set(false);
            known.ask();
        });
    };
    view! {
        <tr role="row">
            <td role="cell" data-cell="1s">
                <span class="table__strong" title=agent>{program}</span>
                {current.then(|| view! { " "<Tag tone="accent">"this one"</Tag> })}
                <span class="table__sub" data-only="narrow">{address.clone()}", "{seen}</span>
            </td>
            <td role="cell" data-priority="2"><span class="mono">{address}</span></td>
            <td role="cell" data-priority="2">{if current { view! { <span class="meta">"now"</span> }.into_any() } else { view! { <Time at=last_seen_at class="meta"/> }.into_any() }}</td>
            <td role="cell" data-priority="3"><Time at=expires_at how=TimeAs::Ahead class="meta"/></td>
            <td role="cell" data-cell="1e" data-num="">
                <button class="btn" data-kind="quiet" data-size="sm" aria-label=label aria-busy=move || busy.get().to_string() on:click=go>
                    {if current { view! { <Icon name="leave"/>"Sign out" }.into_any() } else { t!("End").into_any() }}
                </button>
            </td>
        </tr>
    }
}
