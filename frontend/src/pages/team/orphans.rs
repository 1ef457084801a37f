//! What providers have and nobody here knows of.

use berth_shared::{
    api::{DecideOrphan, Orphan},
    policy::Action,
};
use leptos::task::spawn_local;

use super::fleet::Fleet;
use crate::{
    api,
    components::{Backend, Icon, Locked, Tone, toaster},
    format,
    live::use_live,
    permissions::refusal,
    pools::orphan,
    prelude::*,
};

/// A notice, only when there is something.
#[component]
pub(super) fn Orphans(fleet: Fleet) -> impl IntoView {
    let locked = refusal(Action::SettleOrphans);
    let any = Memo::new(move |_| fleet.orphans.with(|orphans| !orphans.is_empty()));
    let key =
        |orphan: &Orphan| (orphan.backend.clone(), orphan.handle.clone(), orphan.remove_at, orphan.billed_to);
    view! {
        <Show when=move || any.get()>
            <section class="notice orphans" data-tone="warn" aria-label="Unknown machines">
                <Icon name="warn"/>
                <p class="notice__text">"Providers have machines that nobody here has asked for. Those of this server are removed unless somebody keeps them."</p>
                <ul class="orphans__list">
                    <For each=move || fleet.orphans.get() key=key let:one><Line fleet=fleet one=one locked=locked/></For>
                </ul>
                <Locked why=locked/>
            </section>
        </Show>
    }
}

#[component]
fn Line(fleet: Fleet, one: Orphan, locked: Memo<Option<String>>) -> impl IntoView {
    let live = use_live();
    let say = toaster();
    let busy = RwSignal::new(false);
    let what = one.name.clone().unwrap_or_else(|| one.handle.clone());
    let named = one.name.is_some().then(|| one.handle.clone());
    let since = one.billed_from.unwrap_or(one.found_at);
    let decide = {
        let (backend, handle) = (one.backend.clone(), one.handle.clone());
        move |keep: bool| {
            if busy.get_untracked() {
                return;
            }
            busy.set(true);
            let request = DecideOrphan { backend: backend.clone(), handle: handle.clone(), keep };
            spawn_local(async move {
                let answer = api::post::<_, Orphan>("/api/v1/orphans/decide", &request).await;
                busy.try_set(false);
                match answer {
                    Ok(_) => fleet.soon(),
                    Err(error) => say(Tone::Failed, tf!("Nothing was decided. {error}")),
                }
            });
        }
    };
    let removing = move |orphan: &Orphan| orphan.remove_at.is_none_or(|at| at > live.now.get());
    let (keep, remove) = (decide.clone(), decide);
    let (can_keep, can_remove) = (one.ours && one.remove_at.is_some(), {
        let one = one.clone();
        move || one.ours && removing(&one)
    });
    let (keep_label, remove_label) = (tf!("Keep {what}"), tf!("Remove now: {what}"));
    let words = {
        let one = one.clone();
        move || format!("{}; {}", orphan::costs(&one, live.now.get()), orphan::fate(&one, live.now.get()))
    };
    view! {
        <li class="orphans__line" aria-busy=move || busy.get().to_string()>
            <Backend backend=one.backend.clone() name=one.backend.clone()/>
            <b class="table__strong">{what}</b>
            {named.map(|handle| view! { <span class="mono meta">{handle}</span> })}
            <span class="orphans__words" title=format::exact(since)>
                "since "{move || format::clock_when(since, live.now.get())}", "{words}
            </span>
            <span class="actions">
                {can_keep.then(|| view! {
                    <button class="btn" data-size="sm" aria-label=keep_label disabled=move || locked.with(Option::is_some) title=move || locked.get() on:click=move |_| keep(true)>"Keep"</button>
                })}
                <Show when=can_remove>
                    <button class="btn" data-kind="danger" data-size="sm" aria-label=remove_label.clone() disabled=move || locked.with(Option::is_some) title=move || locked.get() on:click={
                        let remove = remove.clone();
                        move |_| remove(false)
                    }>"Remove now"</button>
                </Show>
            </span>
        </li>
    }
}
