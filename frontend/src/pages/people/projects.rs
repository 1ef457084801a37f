//! The projects that the reader may see, and a new one.

use std::time::Duration;

use berth_shared::{
    api::{CreateProject, Project, page_of},
    policy::Action,
};
use leptos::{ev::SubmitEvent, task::spawn_local};

use crate::{
    api,
    components::{Failed, Icon, Locked, Prose, RoleTag},
    known::Known,
    permissions::refusal,
    prelude::*,
    site,
};

/// How often the server is asked for projects while the page is open.
const AGAIN: Duration = Duration::from_secs(10);

/// The panel.
#[component]
pub(super) fn Projects() -> impl IntoView {
    let known = Known::<Project>::follow("/api/v1/projects", AGAIN);
    let refused = refusal(Action::ChangeProjects);
    let here = site::project();
    let row = move |project: Project| {
        let current = (project.name == here).then_some("page");
        view! {
            <li class="projects__one">
                <a class="table__strong projects__name" rel="external" href=page_of(&project.name, "/") aria-current=current>{project.name.clone()}</a>
                <RoleTag role=project.role/>
                {current.map(|_| view! { <span class="tag" data-tone="accent">"this one"</span> })}
            </li>
        }
    };
    view! {
        <section class="panel" aria-labelledby="projects">
            <div class="panel__head">
                <h2 class="panel__title" id="projects">"Projects"</h2>
                <span class="meta">{move || known.all.with(|all| all.as_ref().map(Vec::len))}</span>
            </div>
            <Failed why=known.failed what="projects"/>
            <ul class="projects" aria-busy=move || known.is_awaited().to_string()>
                {move || known.all.get().unwrap_or_default().into_iter().map(row.clone()).collect_view()}
            </ul>
            <div class="panel__foot">
                {move || match refused.get() {
                    None => view! { <New known/> }.into_any(),
                    Some(_) => view! { <Locked why=refused/> }.into_any(),
                }}
            </div>
        </section>
    }
}

#[component]
fn New(known: Known<Project>) -> impl IntoView {
    let name = RwSignal::new(String::new());
    let busy = RwSignal::new(false);
    let wrong = RwSignal::new(None::<String>);
    let make = move |event: SubmitEvent| {
        event.prevent_default();
        let wanted = name.get_untracked().trim().to_owned();
        if busy.get_untracked() || wanted.is_empty() {
            return;
        }
        busy.set(true);
        wrong.set(None);
        spawn_local(async move {
            let answer = api::post::<_, Project>("/api/v1/projects", &CreateProject { name: wanted }).await;
            busy.try_set(false);
            match answer {
                Ok(_) => drop(name.try_set(String::new())),
                Err(error) => drop(wrong.try_set(Some(error.to_string()))),
            }
            known.ask();
        });
    };
    view! {
        <form class="pools__make" on:submit=make>
            <input class="input" data-size="sm" aria-label="Name of a new project" placeholder="New project" autocomplete="off" autocapitalize="none" spellcheck="false"
                maxlength="13" prop:value=name aria-invalid=move || wrong.with(Option::is_some).then_some("true")
                on:input:target=move |event| { name.set(event.target().value()); wrong.set(None); }/>
            <button class="btn" data-size="sm" type="submit" disabled=move || name.with(|name| name.trim().is_empty()) aria-busy=move || busy.get().to_string()>
                <Icon name="plus"/>{move || if busy.get() { t!("Making…") } else { t!("Make") }}
            </button>
        </form>
        {move || wrong.get().map(|why| view! {
            <span class="notice__text" role="alert"><Prose text=why capital=true/></span>
        })}
    }
}
