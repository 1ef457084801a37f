//! What stands over the page.

use berth_shared::api::RunId;
use leptos::prelude::*;

use super::{Theme, row};
use crate::components::{Button, Dialog, Field, Note, PaletteRow, StopDialog, Stopper, Tone, toaster};

pub(super) fn dialog(_: Theme) -> AnyView {
    let open = RwSignal::new(false);
    view! {
        <div class="actions"><Button press=move |()| open.set(true) attr:aria-haspopup="dialog">"Open the dialog"</Button></div>
        <Dialog open title="Save these filters?".to_owned()>
            <p class="dialog__text">"They stay in this browser, for you alone."</p>
            <Field label="Name"><input class="input" autocomplete="off"/></Field>
            <div class="dialog__actions">
                <Button press=move |()| open.set(false)>"Cancel"</Button>
                <Button kind="primary" press=move |()| open.set(false)>"Save"</Button>
            </div>
        </Dialog>
    }
    .into_any()
}

/// What no run is called: names have no spaces. Whoever stops it is told that there is none.
const NOBODY: &str = "no run";

pub(super) fn stop(_: Theme) -> AnyView {
    let stopper = Stopper::new();
    let ask = move |force: bool| stopper.ask_about(RunId(uuid::Uuid::nil()), NOBODY.to_owned(), force);
    let both = view! {
        <Button kind="danger" press=move |()| ask(false) attr:aria-haspopup="dialog">"Ask to stop"</Button>
        <Button kind="danger" press=move |()| ask(true) attr:aria-haspopup="dialog">"Ask to force it"</Button>
    };
    view! { {row("A run, and one that is stopping already", both)}<StopDialog stopper/> }.into_any()
}

pub(super) fn toast(_: Theme) -> AnyView {
    let say = toaster();
    let note = |tone: Tone, text: &str, link: Option<&str>| {
        view! { <Note tone text=text.to_owned() link=link.map(ToOwned::to_owned) dismiss=|()| ()/> }
    };
    let all = view! {
        {note(Tone::Done, "On the clipboard: `ssh calm-otter@berth.example.org`", None)}
        {note(Tone::Told, "calm-otter runs.", Some("/runs"))}
        {note(Tone::Failed, "calm-otter was not stopped. The server does not answer.", None)}
    };
    let really = view! {
        <Button press=move |()| say(Tone::Done, "This goes by itself.".to_owned())>"Say that it worked"</Button>
        <Button press=move |()| say(Tone::Failed, "This stays until it is dismissed.".to_owned())>"Say that it did not"</Button>
    };
    view! { {row("It worked, something happened, it did not", all)}{row("At the foot of the window", really)} }.into_any()
}

pub(super) fn palette(Theme(theme): Theme) -> AnyView {
    let one = |icon: &'static str,
               text: &str,
               meant: &[usize],
               status: Option<&'static str>,
               more: Option<&str>,
               chosen: bool| {
        view! {
            <PaletteRow icon text=text.to_owned() meant=meant.to_vec() status more=more.map(ToOwned::to_owned) chosen=Signal::stored(chosen)/>
        }
    };
    view! {
        <div class="panel" data-clip="">
            <div class="palette__list" role="listbox" aria-label=format!("Rows of the palette, {theme}") tabindex="0">
                {one("runs", "calm-otter", &[0, 1, 5], Some("running"), None, true)}
                {one("stop", "Stop calm-otter", &[], None, Some("asks first"), false)}
                {one("table", "Spend", &[], None, Some("G S"), false)}
                {one("file", "A name so long that no palette has room for all of it, which is why it is cut", &[], None, Some("G D"), false)}
            </div>
        </div>
    }
    .into_any()
}
