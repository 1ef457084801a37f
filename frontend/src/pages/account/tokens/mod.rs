//! API tokens: which there are, a new one, and revoking one.

mod new;

use berth_shared::api::{ApiToken, NewToken};
use leptos::task::spawn_local;

use crate::{
    api,
    components::{Bone, CopyLine, Dialog, Failed, Icon, Tag, Time, TimeAs, Tone, Void, toaster},
    known::Known,
    live::use_live,
    prelude::*,
};
use new::New;

/// Days before its end from which on a token's end stands out, milliseconds.
const SOON: i64 = 14 * 86_400_000;

/// The panel.
#[component]
pub(super) fn Tokens(known: Known<ApiToken>) -> impl IntoView {
    let revoking = RwSignal::new(None::<String>);
    let made = RwSignal::new(None::<NewToken>);
    let empty = Memo::new(move |_| known.is_empty());
    view! {
        <section class="panel" id="tokens" aria-labelledby="tokens-title">
            <div class="panel__head">
                <h2 class="panel__title" id="tokens-title">"API tokens"</h2>
                <span class="meta">"for scripts and the command line"</span>
            </div>
            <Failed why=known.failed what="tokens"/>
            <Show when=move || !empty.get() fallback=Nothing>
                <Table known revoking/>
            </Show>
            {move || made.get().map(|token| view! { <Made token made/> })}
            <New made known/>
        </section>
        <RevokeDialog known revoking/>
    }
}

#[component]
fn Nothing() -> impl IntoView {
    view! {
        <Void title="No token yet">
            <p class="void__text">
                "A script sends one as "<code class="mono">"Authorization: Bearer TOKEN"</code>", and "<code class="mono">"berth login"</code>
                " makes one of its own. It may do what you may, or less."
            </p>
        </Void>
    }
}

/// The secret of a new token, this once.
#[component]
fn Made(token: NewToken, made: RwSignal<Option<NewToken>>) -> impl IntoView {
    view! {
        <div class="panel__body" data-rule="start" data-stack="">
            <div class="notice" data-tone="accent" role="status">
                <Icon name="key"/>
                <span class="notice__text">"This is the token "<b>{token.label}</b>". Copy it now: it is not shown again."</span>
                <button class="btn" data-size="sm" on:click=move |_| made.set(None)>"I have it"</button>
            </div>
            <CopyLine text=token.token what="token"/>
        </div>
    }
}

#[component]
fn Table(known: Known<ApiToken>, revoking: RwSignal<Option<String>>) -> impl IntoView {
    let rows = move || known.all.get().unwrap_or_default();
    view! {
        <table class="table" data-stack="" role="table" aria-labelledby="tokens-title" aria-busy=move || known.is_awaited().to_string()>
            <thead role="rowgroup"><tr role="row">
                <th role="columnheader">"For"</th>
                <th role="columnheader">"May do"</th>
                <th role="columnheader" data-priority="3">"Last used"</th>
                <th role="columnheader" data-priority="2">"Ends"</th>
                <th role="columnheader"><span class="sr">"Actions"</span></th>
            </tr></thead>
            <tbody role="rowgroup">
                <For each=rows key=|token| (token.label.clone(), token.created_at, token.last_used_at) let:token>
                    <Row token revoking/>
                </For>
                <Show when=move || known.is_awaited() && known.failed.with(Option::is_none)>
                    <tr role="row" aria-hidden="true"><td role="cell" colspan="5" data-cell="1s"><Bone width="12rem"/></td></tr>
                </Show>
            </tbody>
        </table>
    }
}

#[component]
fn Row(token: ApiToken, revoking: RwSignal<Option<String>>) -> impl IntoView {
    let live = use_live();
    let ApiToken { label, role, expires_at, last_used_at, .. } = token;
    let may = role.map_or_else(|| t!("all that you may").to_owned(), |role| tf!("as a {role}"));
    let soon =
        move || expires_at.is_some_and(|at| at.0.saturating_sub(live.now.get().0) < SOON).then_some("warn");
    let what = tf!("Revoke the token {label}");
    let revoke = {
        let label = label.clone();
        move |_| revoking.set(Some(label.clone()))
    };
    view! {
        <tr role="row">
            <td role="cell" data-cell="1s"><span class="table__strong keys__name">{label}</span></td>
            <td role="cell" data-cell="2s"><Tag>{may}</Tag></td>
            <td role="cell" data-priority="3"><span class="meta">{last_used_at.map_or_else(|| t!("never").into_any(), |at| view! { <Time at/> }.into_any())}</span></td>
            <td role="cell" data-priority="2" data-cell="2e"><span class="meta ends" data-tone=soon>{expires_at.map_or_else(|| t!("never").into_any(), |at| view! { <Time at how=TimeAs::Ahead/> }.into_any())}</span></td>
            <td role="cell" data-cell="1e" data-num="">
                <button class="btn" data-kind="quiet" data-icon="" data-size="sm" aria-haspopup="dialog" aria-label=what.clone() title=what on:click=revoke>
                    <Icon name="trash"/>
                </button>
            </td>
        </tr>
    }
}

#[component]
fn RevokeDialog(known: Known<ApiToken>, revoking: RwSignal<Option<String>>) -> impl IntoView {
    let say = toaster();
    let open = RwSignal::new(false);
    Effect::new(move |_| open.set(revoking.with(Option::is_some)));
    Effect::new(move |_| {
        if !open.get() && revoking.with_untracked(Option::is_some) {
            revoking.set(None);
        }
    });
    let label = Memo::new(move |_| revoking.get().unwrap_or_default());
    let go = move |_| {
        let label = label.get_untracked();
        revoking.set(None);
        spawn_local(async move {
            let path = format!("/api/v1/tokens/{}", js_sys::encode_uri_component(&label));
            if let Err(error) = api::delete(&path).await {
                say(Tone::Failed, tf!("The token {label} was not revoked. {error}"));
            }
            known.ask();
        });
    };
    view! {
        <Dialog open=open title=Signal::derive(move || tf!("Revoke the token {}?", label.get()))>
            <p class="dialog__text">"What uses it is refused from now on, and what it follows or has open ends at once."</p>
            <div class="dialog__actions">
                <button class="btn" on:click=move |_| revoking.set(None)>"Keep it"</button>
                <button class="btn" data-kind="danger-fill" on:click=go><Icon name="trash"/>"Revoke"</button>
            </div>
        </Dialog>
    }
}
