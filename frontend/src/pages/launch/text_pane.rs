//! The text: file name, examples, editor, problems, how it stands.

use futures_util::future::join;
use leptos::{html::Div, task::spawn_local};

use super::{
    code::CodeButton,
    convert::{Converted, converter, offered},
    desk::Desk,
    dialect::DialectPick,
    examples_menu::ExamplesMenu,
    help::Help,
    incoming, launching,
    problems::Problems,
    share::{self, ShareButton},
};
use crate::{
    components::{Icon, Tone, toaster},
    editor::{Callbacks, Editor},
    launch::counts,
    modules, parts,
    prelude::*,
    site,
};

/// Why the keys that launch do nothing where the page stands by itself.
const NO_LAUNCH: &str = t!("Launching needs a Berth server: `cargo xtask run` starts one.");

/// The left half.
#[component]
pub(super) fn TextPane(desk: Desk) -> impl IntoView {
    let name = move || desk.file.get().unwrap_or_else(|| ".dstack.yml".to_owned());
    view! {
        <section class="launch__text" aria-label="Text">
            <div class="strip">
                <Icon name="file"/>
                <span class="strip__title mono">{name}</span>
                <span class="strip__spring"></span>
                <ExamplesMenu desk/>
                {site::has_server().then(|| view! { <CodeButton desk/> })}
                <ShareButton desk/>
            </div>
            <EditorBox desk/>
            <DialectPick desk/>
            <Converted desk/>
            <Problems desk/>
            <div class="panel__foot">
                <span role="status">{move || desk.checked.with(|checked| counts::in_words(&checked.diagnostics))}</span>
                <span class="strip__spring"></span>
                <span>{move || desk.saved.get().words()}</span>
                <span class="launch__millis">{move || match desk.check_millis.get() {
                    Some(millis) => tf!("checked in {}", counts::millis(millis)),
                    None => t!("checking…").to_owned(),
                }}</span>
            </div>
        </section>
    }
}

/// The editor, or why there is none.
#[component]
fn EditorBox(desk: Desk) -> impl IntoView {
    let place = NodeRef::<Div>::new();
    let say = toaster();
    let launch = launching::launcher(desk);
    let convert = converter(desk);
    let open_incoming = incoming::opener(desk);
    Effect::new(move |started: Option<bool>| {
        let Some(parent) = place.get() else { return false };
        if started == Some(true) {
            return true;
        }
        let launch = launch.clone();
        spawn_local(async move {
            // Both are on their way at once; what the editor's own fails with is said where it is made.
            let (help, _) = join(parts::help(), modules::load("editor")).await;
            // The page may have been left meanwhile.
            let Some(text) = desk.text.try_get_untracked() else { return };
            let help = help.unwrap_or_else(|_| {
                say(
                    Tone::Failed,
                    t!("Completion and explanations did not load. Load the page again to have them.")
                        .to_owned(),
                );
                Help::none()
            });
            let callbacks = Callbacks {
                changed: Box::new(move |length, typed| {
                    if !typed {
                        desk.forget_dialect();
                    }
                    desk.changed(length);
                }),
                complete: Box::new(move |text, line, column| (help.complete)(desk, &text, line, column)),
                hover: Box::new(move |text, line, column| (help.hover)(desk, &text, line, column)),
                actions: Box::new(move || {
                    serde_json::to_string(&offered(desk).as_slice()).unwrap_or_else(|_| "[]".to_owned())
                }),
                acted: Box::new(move |_| convert()),
                submitted: if site::has_server() {
                    Box::new(launch)
                } else {
                    Box::new(move || say(Tone::Failed, NO_LAUNCH.to_owned()))
                },
                file: Box::new(move |name, error| match error {
                    None => desk.file.set(Some(name)),
                    Some(error) => say(Tone::Failed, tf!("{name} was not opened: {error}")),
                }),
            };
            match Editor::create(&parent, t!("Configuration"), &text, callbacks).await {
                // As here; then the editor goes again.
                Ok(editor) if !desk.text.is_disposed() => {
                    desk.edit_with(editor);
                    open_incoming();
                    share::open(desk, say);
                }
                Ok(_) => {}
                Err(error) => {
                    let _ = desk.broken.try_set(Some(error));
                }
            }
        });
        true
    });
    view! {
        <div class="editor" node_ref=place>
            <Show when=move || desk.broken.with(Option::is_some)>
                <p class="editor__broken" role="alert">
                    <Icon name="error"/>
                    <span>"There is no editor: "{move || desk.broken.get()}"."</span>
                </p>
            </Show>
        </div>
    }
}
