//! *Use this*: the choice goes into the draft, and the editor shows it.

use crate::site::use_navigate;

use crate::{
    components::{Dialog, Prose, open_while},
    explore::use_this::{self, Pick},
    live::{Live, use_live},
    pages::launch::{draft, leave},
    prelude::*,
    site,
};

/// A pick that the draft could not take, and why.
#[derive(Clone)]
struct Refused {
    pick: Pick,
    why: String,
}

/// How a text and what is new in it get to the editor.
type Show = Box<dyn Fn(String, String)>;

/// What *Use this* needs. Copied about freely; all copies are one.
#[derive(Clone, Copy)]
pub(super) struct Using {
    live: Live,
    refused: RwSignal<Option<Refused>>,
    show: StoredValue<Show, LocalStorage>,
}

impl Using {
    pub(super) fn new() -> Self {
        let navigate = use_navigate();
        let leave = leave();
        let show: Show = Box::new(move |text, what| {
            leave(text, what);
            navigate(&site::to("/"), Default::default());
        });
        Self { live: use_live(), refused: RwSignal::new(None), show: StoredValue::new_local(show) }
    }

    /// Writes a pick into the draft, or asks what to do where it cannot be written there.
    pub(super) fn write(self, pick: Pick) {
        match use_this::write(&draft(), &pick, self.live.default_dialect()) {
            Ok(text) => self.show(text, &pick),
            Err(why) => self.refused.set(Some(Refused { pick, why })),
        }
    }

    fn show(self, text: String, pick: &Pick) {
        self.show.with_value(|show| show(text, pick.words()));
    }
}

/// Asks before a new text takes the place of a draft that cannot be changed.
#[component]
pub(super) fn BrokenDraft(using: Using) -> impl IntoView {
    let open = open_while(using.refused);
    let why = move || {
        using.refused.with(|refused| refused.as_ref().map(|refused| refused.why.clone()).unwrap_or_default())
    };
    let fresh = move |_| {
        if let Some(Refused { pick, .. }) = using.refused.get_untracked() {
            using.refused.set(None);
            using.show(use_this::fresh(&pick, using.live.default_dialect()), &pick);
        }
    };
    view! {
        <Dialog open title="The draft cannot be changed safely">
            <p class="dialog__text"><Prose text=Signal::derive(move || format!("{}.", why())) capital=true/></p>
            <p class="dialog__text">"A new text can take its place. Undo in the editor brings the draft back."</p>
            <div class="dialog__actions">
                <button class="btn" on:click=move |_| open.set(false)>"Keep my draft"</button>
                <button class="btn" data-kind="primary" on:click=fresh>"Start a new text"</button>
            </div>
        </Dialog>
    }
}
