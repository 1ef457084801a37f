//! Who is in the project, and as what.

use std::time::Duration;

use berth_shared::{
    api::{Member, Role, SetMember},
    policy::Action,
};
use leptos::{ev::SubmitEvent, html, task::spawn_local};

use super::role::show_role;
use crate::{
    api,
    components::{Avatar, Failed, Icon, Locked, RoleOptions, RoleTag, Tone, toaster},
    known::Known,
    permissions::refusal,
    prelude::*,
    site,
};

/// How often the server is asked who is in the project while the page is open.
const AGAIN: Duration = Duration::from_secs(5);

fn address(person: &str) -> String {
    format!("/api/v1/members/{}", js_sys::encode_uri_component(person))
}

/// The panel.
#[component]
pub(super) fn Members() -> impl IntoView {
    let known = Known::<Member>::follow("/api/v1/members", AGAIN);
    let refused = refusal(Action::ChangeMembers);
    let names = Memo::new(move |_| {
        known.all.with(|all| all.iter().flatten().map(|member| member.person.clone()).collect::<Vec<_>>())
    });
    view! {
        <section class="panel" aria-labelledby="members">
            <div class="panel__head">
                <h2 class="panel__title" id="members">"Who is in "<span class="mono">{site::project()}</span></h2>
                <span class="meta">{move || known.all.with(|all| all.as_ref().map(Vec::len))}</span>
            </div>
            <Failed why=known.failed what="members"/>
            <ul class="projects" aria-busy=move || known.is_awaited().to_string()>
                <For each=move || names.get() key=Clone::clone let:name><Line known name refused/></For>
            </ul>
            <div class="panel__foot">
                {move || match refused.get() {
                    None => view! { <Add known/> }.into_any(),
                    Some(_) => view! { <Locked why=refused/> }.into_any(),
                }}
            </div>
        </section>
    }
}

#[component]
fn Line(known: Known<Member>, name: String, refused: Memo<Option<String>>) -> impl IntoView {
    let called = StoredValue::new(name.clone());
    let say = toaster();
    let member = Memo::new(move |_| {
        known.all.with(|all| {
            all.iter().flatten().find(|one| called.with_value(|name| one.person == *name)).cloned()
        })
    });
    let role = Signal::derive(move || member.with(|member| member.as_ref().map(|member| member.role)));
    let by_project = Memo::new(move |_| {
        member.with(|member| member.as_ref().is_some_and(|one| one.member_role.is_some()))
    });
    let by_server = Memo::new(move |_| {
        member.with(|member| member.as_ref().map(|one| one.server_role).filter(|role| *role > Role::Guest))
    });
    let set = move |to: Option<Role>| {
        // The line may be gone before the answer comes.
        let name = called.get_value();
        spawn_local(async move {
            let path = address(&name);
            let answer = match to {
                Some(role) => api::put(&path, &SetMember { role }).await,
                None => api::delete(&path).await,
            };
            if let Err(error) = answer {
                say(Tone::Failed, tf!("{name} stays what they were. {error}"));
                // Nothing has changed but what the list of roles shows, which is taken back.
                known.all.try_update(|_| ());
            }
            known.ask();
        });
    };
    let node = NodeRef::<html::Select>::new();
    Effect::new(move |_| {
        // Told of each answer and each refusal.
        known.all.track();
        show_role(node, role.get_untracked());
    });
    let can = Memo::new(move |_| refused.with(Option::is_none) && by_project.get());
    view! {
        <li class="projects__one">
            <span class="person">
                <Avatar name=name.clone()/>
                <span class="table__strong person__name">{name.clone()}</span>
            </span>
            {move || match (can.get(), role.get()) {
                (true, _) => view! {
                    <select class="select people__role" data-size="sm" node_ref=node aria-label=tf!("Role of {} in {}", called.get_value(), site::project())
                        on:change:target=move |event| if let Ok(chosen) = event.target().value().parse() { set(Some(chosen)) }>
                        <RoleOptions chosen=role least=Role::Viewer/>
                    </select>
                }.into_any(),
                (false, Some(role)) => view! { <RoleTag role/> }.into_any(),
                (false, None) => ().into_any(),
            }}
            {move || by_server.get().map(|role| view! { <span class="meta">{tf!("{role} of the server")}</span> })}
            <Show when=move || can.get()>
                <button class="btn projects__out" data-kind="quiet" data-icon="" data-size="sm" aria-label=tf!("Take {} out", called.get_value()) title=tf!("Take {} out", called.get_value())
                    on:click=move |_| set(None)><Icon name="x"/></button>
            </Show>
        </li>
    }
}

/// Puts somebody in who has an account.
#[component]
fn Add(known: Known<Member>) -> impl IntoView {
    let say = toaster();
    let name = RwSignal::new(String::new());
    let role = RwSignal::new(Role::default());
    let busy = RwSignal::new(false);
    let add = move |event: SubmitEvent| {
        event.prevent_default();
        let person = name.get_untracked().trim().to_owned();
        if busy.get_untracked() || person.is_empty() {
            return;
        }
        busy.set(true);
        let request = SetMember { role: role.get_untracked() };
        spawn_local(async move {
            let answer = api::put(&address(&person), &request).await;
            busy.try_set(false);
            match answer {
                Ok(()) => drop(name.try_set(String::new())),
                Err(error) => say(Tone::Failed, tf!("{person} was not put in. {error}")),
            }
            known.ask();
        });
    };
    view! {
        <form class="pools__make" on:submit=add>
            <input class="input" data-size="sm" aria-label="Who is to be in the project" placeholder="Name of a person" autocomplete="off" autocapitalize="none" spellcheck="false"
                maxlength="40" prop:value=name on:input:target=move |event| name.set(event.target().value())/>
            <select class="select people__role" data-size="sm" aria-label="As what" on:change:target=move |event| if let Ok(chosen) = event.target().value().parse() { role.set(chosen) }>
                <RoleOptions chosen=Signal::derive(move || Some(role.get())) least=Role::Viewer/>
            </select>
            <button class="btn" data-size="sm" type="submit" disabled=move || name.with(|name| name.trim().is_empty()) aria-busy=move || busy.get().to_string()>
                <Icon name="plus"/>{move || if busy.get() { t!("Putting in…") } else { t!("Put in") }}
            </button>
        </form>
    }
}
