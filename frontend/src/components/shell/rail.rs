//! The way around: a rail, or a bar at the foot of a phone.

use berth_shared::api::{DEFAULT_PROJECT, Page, Project, User, page_of};
use leptos::task::spawn_local;
use leptos_router::hooks::use_location;

use super::{
    super::{Avatar, Icon, Mark},
    leave::leave,
};
use crate::{api, browser, live::use_live, prelude::*, site};

#[component]
fn Item(
    href: &'static str,
    icon: &'static str,
    label: &'static str,
    #[prop(optional)] count: Option<Memo<usize>>,
) -> impl IntoView {
    let path = use_location().pathname;
    let current = move || {
        let path = site::below(&path.get());
        let here =
            if href == "/" { path == "/" } else { path == href || path.starts_with(&format!("{href}/")) };
        here.then_some("page")
    };
    view! {
        <a class="rail__item" href=site::at(href) aria-current=current title=label>
            <Icon name=icon/>
            <span class="rail__label">{label}</span>
            {count.map(|count| view! {
                <Show when=move || { count.get() > 0 }>
                    <span class="rail__count">{move || count.get()}<span class="sr">" active"</span></span>
                </Show>
            })}
        </a>
    }
}

/// Which project the pages are of, and the way to another; nothing where there is one alone.
#[component]
fn ProjectSwitch() -> impl IntoView {
    let live = use_live();
    let here = StoredValue::new(site::project());
    let projects = RwSignal::new(Vec::<String>::new());
    let reader = Memo::new(move |_| live.user.with(|user| user.as_ref().map(User::roles)));
    let path = use_location().pathname;
    Effect::new(move |_| {
        // Nobody tells of a new project: it is looked for whenever the reader goes on to another page.
        path.track();
        if reader.get().is_none() {
            return;
        }
        spawn_local(async move {
            if let Ok(page) = api::get::<Page<Project>>("/api/v1/projects").await {
                let names = page.items.into_iter().map(|project| project.name).collect::<Vec<_>>();
                // What has not changed is not drawn anew.
                if projects.try_with_untracked(|known| *known != names) == Some(true) {
                    projects.try_set(names);
                }
            }
        });
    });
    let several =
        Memo::new(move |_| projects.with(|all| all.iter().any(|name| here.with_value(|here| name != here))));
    let go = move |name: String| browser::leave_for(&page_of(&name, "/"));
    view! {
        <Show when=move || several.get() || here.with_value(|here| here != DEFAULT_PROJECT)>
            <label class="rail__project">
                <span class="sr">"Project"</span>
                <select class="select" data-size="sm" on:change:target=move |event| go(event.target().value())>
                    {move || {
                        let mut names = projects.get();
                        let here = here.get_value();
                        if !names.contains(&here) {
                            names.insert(0, here.clone());
                        }
                        let option = |name: String| view! { <option value=name.clone() selected=name == here>{name.clone()}</option> };
                        names.into_iter().map(option).collect_view()
                    }}
                </select>
            </label>
        </Show>
    }
}

/// The rail.
#[component]
pub(super) fn Rail() -> impl IntoView {
    let live = use_live();
    let active = Memo::new(move |_| live.runs.count(|run| !run.status.is_finished()));
    let name = move || live.user.with(|user| user.as_ref().map(|user| user.name.clone()).unwrap_or_default());
    let role = move || live.user.with(|user| user.as_ref().map(|user| user.role.as_str()));
    let path = use_location().pathname;
    let at_account = move || (site::below(&path.get()) == "/account").then_some("page");
    let slim = RwSignal::new(browser::recall("berth.rail").as_deref() == Some("slim"));
    let collapse = move |_| {
        slim.update(|slim| *slim = !*slim);
        let slim = slim.get_untracked();
        browser::keep("berth.rail", slim.then_some("slim"));
        if let Some(root) = document().document_element() {
            let _ = if slim {
                root.set_attribute("data-rail", "slim")
            } else {
                root.remove_attribute("data-rail")
            };
        }
    };
    let leave = leave();
    view! {
        <nav class="rail" aria-label="Main">
            <a class="rail__brand" href=site::at("/") aria-label="Berth"><Mark word=true/></a>
            {site::has_server().then(|| view! { <ProjectSwitch/> })}
            <div class="rail__group">
                <Item href="/" icon="launch" label="Launch"/>
                {site::has_server().then(|| view! {
                    <Item href="/runs" icon="runs" label="Runs" count=active/>
                    <Item href="/team" icon="team" label="Team"/>
                    <Item href="/people" icon="user" label="People"/>
                })}
                <Item href="/explore" icon="explore" label="Explore"/>
                <Item href="/reference" icon="file" label="Reference"/>
            </div>
            <div class="rail__spring"></div>
            <div class="rail__group rail__foot">
                <button class="rail__item rail__collapse" on:click=collapse
                    aria-label=move || if slim.get() { t!("Widen the rail") } else { t!("Collapse the rail") }>
                    <Icon name="panel"/>
                    <span class="rail__label">"Collapse"</span>
                </button>
                {site::has_server().then(|| view! { <Item href="/settings" icon="settings" label="Settings"/> })}
                <Show when=move || live.user.with(Option::is_some) fallback=rooms>
                    <a class="rail__item" href=site::at("/account") aria-current=at_account title="Your account">
                        <Avatar name=Signal::derive(name)/>
                        <span class="rail__user">{name}" "<span class="meta">{role}</span></span>
                    </a>
                    <button class="rail__item" on:click=move |_| leave() aria-label=move || tf!("Sign out {}", name()) title="Sign out">
                        <Icon name="leave"/>
                        <span class="rail__label">"Sign out"</span>
                    </button>
                </Show>
            </div>
        </nav>
    }
}

/// The places of the account and of signing out until it is known who reads, so that nothing moves then.
fn rooms() -> impl IntoView {
    let room = || view! { <span class="rail__item" aria-hidden="true"></span> };
    site::has_server().then(|| view! { {room()}{room()} })
}
