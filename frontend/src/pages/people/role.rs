//! What somebody is to be.

use berth_shared::api::{ChangePerson, Person, Role};
use leptos::{html, task::spawn_local};

use super::Crowd;
use crate::{
    api,
    components::{Dialog, RoleOptions, Tone, toaster},
    live::use_live,
    permissions,
    prelude::*,
};

/// What the reader has chosen to be themselves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Becoming {
    name: String,
    role: Role,
}

/// A function that gives somebody a role, and says what came of it.
fn changer(crowd: Crowd) -> impl Fn(String, Role) + Copy + Send + Sync + 'static {
    let (say, live) = (toaster(), use_live());
    move |name: String, role: Role| {
        spawn_local(async move {
            let path = format!("/api/v1/people/{}", js_sys::encode_uri_component(&name));
            match api::patch::<_, Person>(&path, &ChangePerson { role }).await {
                Ok(person) => {
                    let own = live
                        .user
                        .with_untracked(|user| user.as_ref().is_some_and(|user| user.name == person.name));
                    if own {
                        live.ask_who();
                    } else {
                        let what = permissions::one(person.role);
                        say(Tone::Done, tf!("{} is {what} now.", person.name));
                    }
                    crowd.known.all.try_update(|all| put(all, person));
                }
                Err(error) => {
                    say(Tone::Failed, tf!("The role of {name} stays as it was. {error}"));
                    // Nothing has changed but what the list of roles shows, which is taken back.
                    crowd.known.all.try_update(|_| ());
                }
            }
            crowd.known.ask();
        });
    }
}

/// Shows at once what the server has said.
fn put(all: &mut Option<Vec<Person>>, person: Person) {
    if let Some(old) = all.iter_mut().flatten().find(|old| old.name == person.name) {
        *old = person;
    }
}

/// Has a list of roles show what is: what was chosen and did not come about is taken back.
pub(super) fn show_role(list: NodeRef<html::Select>, role: Option<Role>) {
    if let (Some(list), Some(role)) = (list.get_untracked(), role) {
        list.set_value(role.as_str());
    }
}

/// A person's role, and the others that they can be given; `why` not, where they cannot.
#[component]
pub(super) fn RolePick(
    crowd: Crowd,
    person: Memo<Option<Person>>,
    why: Memo<Option<String>>,
) -> impl IntoView {
    let live = use_live();
    let change = changer(crowd);
    let node = NodeRef::<html::Select>::new();
    let role = Memo::new(move |_| person.with(|person| person.as_ref().map(|person| person.role)));
    let name =
        move || person.with(|person| person.as_ref().map(|person| person.name.clone())).unwrap_or_default();
    Effect::new(move |_| {
        // Told of each answer and each refusal, and of a question that was dropped.
        crowd.known.all.track();
        if crowd.becoming.with(Option::is_none) {
            show_role(node, role.get_untracked());
        }
    });
    let choose = move |value: String| {
        let Ok(wanted) = value.parse::<Role>() else { return };
        if role.get_untracked() == Some(wanted) {
            return;
        }
        let name = untrack(name);
        let own = live.user.with_untracked(|user| user.as_ref().is_some_and(|user| user.name == name));
        if own {
            crowd.becoming.set(Some(Becoming { name, role: wanted }));
        } else {
            change(name, wanted);
        }
    };
    view! {
        <select class="select people__role" data-size="sm" node_ref=node aria-label=move || tf!("Role of {}", name())
            disabled=move || why.with(Option::is_some) title=move || why.get()
            on:change:target=move |event| choose(event.target().value())>
            <RoleOptions chosen=role.into()/>
        </select>
    }
}

/// Asks before somebody changes what they are themselves.
#[component]
pub(super) fn OwnRole(crowd: Crowd) -> impl IntoView {
    let change = changer(crowd);
    let open = RwSignal::new(false);
    let becoming = crowd.becoming;
    Effect::new(move |_| open.set(becoming.with(Option::is_some)));
    Effect::new(move |_| {
        if !open.get() && becoming.with_untracked(Option::is_some) {
            becoming.set(None);
        }
    });
    let role = move || becoming.with(|becoming| becoming.as_ref().map(|becoming| becoming.role));
    let title = Signal::derive(move || tf!("Become {}?", role().map(permissions::one).unwrap_or_default()));
    let text = move || {
        role().map(|role| {
            let what = permissions::one(role);
            tf!(
                "This is your own role. From now on you would be {what}, who {}, and only another admin could give you back what you are now.",
                permissions::purpose(role)
            )
        })
    };
    let go = move |_| {
        if let Some(Becoming { name, role }) = becoming.get_untracked() {
            change(name, role);
        }
        becoming.set(None);
    };
    view! {
        <Dialog open=open title=title>
            <p class="dialog__text">{text}</p>
            <div class="dialog__actions">
                <button class="btn" on:click=move |_| becoming.set(None)>"Stay as I am"</button>
                <button class="btn" data-kind="danger-fill" on:click=go>"Change my role"</button>
            </div>
        </Dialog>
    }
}
