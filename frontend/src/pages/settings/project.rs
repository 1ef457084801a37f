//! What the admins of the project decide for it: how its texts are read, and what it lets them ask for.

use berth_shared::{
    api::{ChangeSettings, ProjectSettings},
    policy::Action,
    schema::Dialect,
};
use leptos::task::spawn_local;

use super::Frame;
use crate::{
    api,
    components::{Locked, Switch, Tone, toaster},
    live::use_live,
    permissions::refusal,
    prelude::*,
    site,
};

/// The page at `/settings/project`. What somebody else changes is there at once: the stream tells of it.
#[component]
pub fn ProjectPage() -> impl IntoView {
    let (live, say) = (use_live(), toaster());
    let refused = refusal(Action::ChangeSettings);
    let refused_leave = refusal(Action::AllowPrivileged);
    let busy = RwSignal::new(false);
    let settings = live.settings;
    // Until the server has said what is, there is nothing to be changed.
    let locked = move || busy.get() || refused.with(Option::is_some) || settings.with(Option::is_none);
    let change = move |change: ChangeSettings, done: &'static str| {
        if busy.get_untracked() {
            return;
        }
        busy.set(true);
        spawn_local(async move {
            match api::patch::<_, ProjectSettings>("/api/v1/settings", &change).await {
                Ok(now) => {
                    live.set_settings(now);
                    say(Tone::Done, done.to_owned());
                }
                Err(error) => {
                    say(Tone::Failed, tf!("The project stays as it was. {error}"));
                    // What was chosen and did not come about is taken back.
                    settings.try_update(|_| ());
                }
            }
            busy.try_set(false);
        });
    };
    let choose = move |name: String| {
        let Some(dialect) = Dialect::of(&name) else { return };
        let done = match dialect {
            Dialect::V0_18 => t!("Texts that say nothing else are read as dstack 0.18 now."),
            Dialect::V0_22 => t!("Texts that say nothing else are read as dstack 0.22 now."),
        };
        change(ChangeSettings { dialect: Some(dialect), privileged: None }, done);
    };
    let is_allowed = move || settings.with(|settings| settings.is_some_and(|settings| settings.privileged));
    let flip = move |()| {
        let allowed = !untrack(is_allowed);
        let done = if allowed {
            t!("Privileged containers are allowed now.")
        } else {
            t!("Privileged containers are not allowed any more; those that run go on.")
        };
        change(ChangeSettings { dialect: None, privileged: Some(allowed) }, done);
    };
    // Who may not give the leave may still take it back.
    let no_leave =
        move || refused.with(Option::is_none) && refused_leave.with(Option::is_some) && !is_allowed();
    let option = move |dialect: Dialect| {
        let name = dialect.name();
        let is_it = move || settings.get().is_some_and(|settings| settings.dialect == dialect);
        view! { <option value=name prop:selected=is_it>{tf!("dstack {name}")}</option> }
    };
    view! {
        <Frame title="Project">
            <section class="panel" aria-labelledby="project">
                <div class="panel__head">
                    <h2 class="panel__title" id="project">"Project"</h2>
                    <span class="meta">{site::project()}</span>
                </div>
                <div class="panel__body form" aria-busy=move || (busy.get() || settings.with(Option::is_none)).to_string()>
                    <div class="field">
                        <label class="field__label" for="project-dialect">"Default dialect"</label>
                        <select id="project-dialect" class="select" aria-describedby="project-dialect-hint" disabled=locked title=move || refused.get()
                            on:change:target=move |event| choose(event.target().value())>
                            {Dialect::ALL.map(option).collect_view()}
                        </select>
                        <span class="field__hint" id="project-dialect-hint">"As which release of dstack a text is read that is valid in both and whose first line names none: in the editor, in plans and at launches."</span>
                    </div>
                </div>
                <div class="panel__body" data-rule="start">
                    <Switch on=Signal::derive(is_allowed) flip=flip disabled=Signal::derive(move || locked() || no_leave()) attr:aria-describedby="project-privileged">"Privileged containers"</Switch>
                    <p class="field__hint" id="project-privileged">"Whether a configuration may ask for a container that may do all that its machine may: whoever launches one can take the machine over, and what else runs on it."</p>
                    <Show when=no_leave><Locked why=refused_leave/></Show>
                </div>
                <Show when=move || refused.with(Option::is_some)>
                    <div class="panel__foot"><Locked why=refused/></div>
                </Show>
            </section>
        </Frame>
    }
}
