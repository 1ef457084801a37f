//! *People*: who has an account, what they may do, and what they have running; admins invite, change and remove them.

mod invite;
mod link;
mod members;
mod projects;
mod remove;
mod role;
mod row;

use std::time::Duration;

use berth_shared::{
    api::{Person, Role},
    policy::{Action, Whose, may},
};

use crate::{
    components::{Bone, Failed, Icon, Locked, RoleTable, TopBar, Void},
    known::Known,
    live::use_live,
    pages::title::set_title,
    permissions::{self, refusal},
    prelude::*,
};
use invite::Invite;
use link::NewLink;
use members::Members;
use projects::Projects;
use remove::RemoveDialog;
use role::OwnRole;
use row::Row;

/// How often the server is asked who there is while the page is open.
const AGAIN: Duration = Duration::from_secs(5);

/// What the parts of the page share. Copied about freely; all copies are one.
#[derive(Clone, Copy)]
struct Crowd {
    known: Known<Person>,
    /// Why the reader may change nothing here.
    refused: Memo<Option<String>>,
    /// Whether somebody is being invited.
    inviting: RwSignal<bool>,
    /// Who gets another link.
    linking: RwSignal<Option<String>>,
    /// Who is to be removed.
    removing: RwSignal<Option<String>>,
    /// What the reader is to be, once they have said that they mean it.
    becoming: RwSignal<Option<role::Becoming>>,
}

impl Crowd {
    /// The person of this name, as they are now.
    fn person(self, name: &str) -> Option<Person> {
        self.known.all.with(|all| all.iter().flatten().find(|person| person.name == name).cloned())
    }
}

/// The page at `/people`: who is in the project, which projects there are, and for who may see it, who has an account.
#[component]
pub fn People() -> impl IntoView {
    set_title(|| t!("People").to_owned());
    let live = use_live();
    let sees_server = Memo::new(move |_| {
        live.user.with(|user| {
            user.as_ref().is_some_and(|user| may(user.server_role, Action::SeeServer, Whose::Own))
        })
    });
    let own = Memo::new(move |_| live.user.with(|user| user.as_ref().map(|user| user.role)));
    view! {
        <TopBar><h1 class="topbar__title">"People"</h1></TopBar>
        <main class="page" id="main" tabindex="-1">
            <Show when=move || sees_server.get()><Accounts/></Show>
            <Members/>
            <Projects/>
            <section class="panel" aria-labelledby="roles">
                <div class="panel__head"><h2 class="panel__title" id="roles">"What each role may do"</h2></div>
                <RoleTable own=own/>
                <p class="panel__foot meta">{tf!("A guest {}.", permissions::purpose(Role::Guest))}</p>
            </section>
        </main>
    }
}

/// Everybody who has an account.
#[component]
fn Accounts() -> impl IntoView {
    let crowd = Crowd {
        known: Known::follow("/api/v1/people", AGAIN),
        refused: refusal(Action::ChangePeople),
        inviting: RwSignal::new(false),
        linking: RwSignal::new(None),
        removing: RwSignal::new(None),
        becoming: RwSignal::new(None),
    };
    let count = move || crowd.known.all.with(|all| all.as_ref().map(Vec::len));
    let alone = Memo::new(move |_| count() == Some(1));
    view! {
            <section class="panel" aria-labelledby="people">
                <div class="panel__head">
                    <h2 class="panel__title" id="people">"Who is here"</h2>
                    <span class="meta">{count}</span>
                    <span class="panel__spring"></span>
                    <InviteButton crowd/>
                </div>
                <Failed why=crowd.known.failed what="people"/>
                <Table crowd/>
                <Show when=move || alone.get()>
                    <Void title="Nobody but you yet">
                        <p class="void__text">"Whoever you invite gets a link that lets them in once; after that they can set a password. What they may do here is up to their role."</p>
                        <div class="actions"><InviteButton crowd primary=true/></div>
                    </Void>
                </Show>
                <Show when=move || crowd.refused.with(Option::is_some)>
                    <div class="panel__foot"><Locked why=crowd.refused/></div>
                </Show>
            </section>
            <Invite crowd/>
            <NewLink crowd/>
            <OwnRole crowd/>
            <RemoveDialog crowd/>
    }
}

#[component]
fn InviteButton(crowd: Crowd, #[prop(optional)] primary: bool) -> impl IntoView {
    view! {
        <button class="btn" data-size=(!primary).then_some("sm") data-kind=primary.then_some("primary") aria-haspopup="dialog"
            disabled=move || crowd.refused.with(Option::is_some) title=move || crowd.refused.get()
            on:click=move |_| crowd.inviting.set(true)>
            <Icon name="plus"/>{if primary { t!("Invite somebody") } else { t!("Invite") }}
        </button>
    }
}

#[component]
fn Table(crowd: Crowd) -> impl IntoView {
    let known = crowd.known;
    let names = Memo::new(move |_| {
        known.all.with(|all| all.iter().flatten().map(|person| person.name.clone()).collect::<Vec<_>>())
    });
    view! {
        <table class="table people" data-stack="" role="table" aria-labelledby="people" aria-busy=move || known.is_awaited().to_string()>
            <thead role="rowgroup"><tr role="row">
                <th role="columnheader">"Person"</th>
                <th role="columnheader">"Role"</th>
                <th role="columnheader" data-priority="2">"Last seen"</th>
                <th role="columnheader" data-priority="3">"Signs in by"</th>
                <th role="columnheader" data-priority="3" data-num="">"Instances"</th>
                <th role="columnheader" data-priority="2" data-num="">"$/h"</th>
                <th role="columnheader"><span class="sr">"Actions"</span></th>
            </tr></thead>
            <tbody role="rowgroup">
                <For each=move || names.get() key=Clone::clone let:name><Row crowd name/></For>
                <Show when=move || known.is_awaited() && known.failed.with(Option::is_none)><Bones/></Show>
            </tbody>
        </table>
    }
}

/// Rows in their final height while nothing has come yet.
#[component]
fn Bones() -> impl IntoView {
    (0..3)
        .map(|_| {
            view! {
                <tr role="row" aria-hidden="true">
                    <td role="cell" data-cell="1s"><Bone width="7rem"/></td>
                    <td role="cell" data-cell="1e"><Bone width="5rem"/></td>
                    <td role="cell" data-priority="2"><Bone width="4rem"/></td>
                    <td role="cell" data-priority="3"><Bone width="4rem"/></td>
                    <td role="cell" data-priority="3"><Bone width="1rem" end=true/></td>
                    <td role="cell" data-priority="2"><Bone width="3rem" end=true/></td>
                    <td role="cell"></td>
                </tr>
            }
        })
        .collect_view()
}
