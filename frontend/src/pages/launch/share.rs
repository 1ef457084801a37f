//! A text as a link, and a link's text. It is compressed into the part of the address behind `#`, which browsers keep
//! to themselves: no server sees it.

use berth_shared::assist::{Shared, without_secrets};
use leptos::task::spawn_local;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

use super::desk::Desk;
use crate::{
    browser,
    components::{CopyLine, Dialog, Icon, Prose, Tone, toaster},
    launch::examples,
    modules,
    prelude::*,
    site,
};

/// Longer links are cut by mail and chat programs.
const LONGEST: usize = 16_000;

/// A link that is ready, or why there is none.
#[derive(Clone, PartialEq)]
enum Link {
    Making,
    Ready { address: String, left_out: Vec<String> },
    Failed(String),
}

/// The button, and the dialog with the link.
#[component]
pub(super) fn ShareButton(desk: Desk) -> impl IntoView {
    let open = RwSignal::new(false);
    let link = RwSignal::new(Link::Making);
    let make = move |_| {
        link.set(Link::Making);
        open.set(true);
        let Shared { text, left_out } = without_secrets(&desk.text.get_untracked());
        spawn_local(async move {
            let made = match call("pack", &text).await {
                Ok(packed) => {
                    let address = format!("{}#{}{packed}", site::address("/"), browser::LINK_MARK);
                    if address.len() > LONGEST {
                        Link::Failed(tf!(
                            "The text is too long for a link: it would take {} characters, and many programs cut \
                             links above {}. Send the file instead.",
                            crate::format::grouped(address.len() as u64),
                            crate::format::grouped(LONGEST as u64),
                        ))
                    } else {
                        Link::Ready { address, left_out }
                    }
                }
                Err(error) => Link::Failed(tf!("The link was not made: {error}.")),
            };
            let _ = link.try_set(made);
        });
    };
    view! {
        <button class="btn" data-kind="quiet" data-size="sm" aria-haspopup="dialog" on:click=make>
            <Icon name="share"/> "Share"
        </button>
        <Dialog open title="Share this text">
            <p class="dialog__text">
                "Whoever opens the link finds this text in the editor. It stands in the address itself, behind the "
                <code class="mono">"#"</code>", and reaches no server."
            </p>
            {move || match link.get() {
                Link::Making => view! { <p class="meta" role="status">"Making the link…"</p> }.into_any(),
                Link::Failed(why) => view! {
                    <div class="notice" data-tone="danger" role="alert">
                        <Icon name="error"/>
                        <span class="notice__text">{why}</span>
                    </div>
                }.into_any(),
                Link::Ready { address, left_out } => view! {
                    {(!left_out.is_empty()).then(|| view! {
                        <div class="notice" data-tone="warn" role="alert">
                            <Icon name="warn"/>
                            <span class="notice__text"><Prose text=in_words(&left_out)/></span>
                        </div>
                    })}
                    <CopyLine text=address what="link"/>
                }.into_any(),
            }}
            <div class="dialog__actions">
                <button class="btn" on:click=move |_| open.set(false)>"Close"</button>
            </div>
        </Dialog>
    }
}

fn in_words(left_out: &[String]) -> String {
    let names: Vec<_> = left_out
        .iter()
        .map(|what| if what.contains(' ') { what.clone() } else { format!("`{what}`") })
        .collect();
    let (secrets, they) =
        if names.len() == 1 { (t!("a secret"), t!("It is")) } else { (t!("secrets"), t!("They are")) };
    tf!(
        "The link leaves {secrets} out: {}. {they} recognised by name and form: look whether there are others.",
        names.join(", ")
    )
}

/// Asks before a link's text takes the place of a draft.
#[component]
pub(super) fn SharedText(desk: Desk) -> impl IntoView {
    browser::take_link();
    let say = toaster();
    let arrived = window_event_listener(leptos::ev::hashchange, move |_| {
        browser::take_link();
        open(desk, say);
    });
    on_cleanup(move || arrived.remove());
    let asking = RwSignal::new(false);
    Effect::new(move |_| asking.set(desk.shared.with(Option::is_some)));
    Effect::new(move |_| {
        if !asking.get() && desk.shared.with_untracked(Option::is_some) {
            done(desk);
        }
    });
    let accept = move |_| {
        if let Some(text) = desk.shared.get_untracked() {
            done(desk);
            desk.file.set(None);
            desk.replace(&text);
        }
    };
    view! {
        <Dialog open=asking title="Open the shared text?">
            <p class="dialog__text">"It takes the place of your draft. Undo in the editor brings the draft back."</p>
            <div class="dialog__actions">
                <button class="btn" on:click=move |_| asking.set(false)>"Keep my draft"</button>
                <button class="btn" data-kind="primary" on:click=accept>"Open it"</button>
            </div>
        </Dialog>
    }
}

fn done(desk: Desk) {
    browser::wait_with_link(None);
    desk.shared.set(None);
}

/// Opens the text of a link that waits, once there is an editor.
pub(super) fn open(desk: Desk, say: impl Fn(Tone, String) + Copy + 'static) {
    let Some(packed) = browser::waiting_link() else { return };
    spawn_local(async move {
        match call("unpack", &packed).await {
            Ok(text) => {
                let Some(draft) = desk.text.try_get_untracked() else { return };
                if *draft == *text {
                    browser::wait_with_link(None);
                } else if draft.trim().is_empty()
                    || examples::ALL.iter().any(|example| *example.text == *draft)
                {
                    browser::wait_with_link(None);
                    desk.file.set(None);
                    desk.replace(&text);
                } else {
                    desk.shared.set(Some(text));
                }
            }
            Err(error) => {
                browser::wait_with_link(None);
                say(Tone::Failed, tf!("The link was not opened: {error}. Ask for it again."));
            }
        }
    });
}

/// Calls a function of `js/share.js`.
async fn call(name: &str, text: &str) -> Result<String, String> {
    let module = modules::load("share").await?;
    let function = modules::function(&module, name)?;
    let promise = function
        .call1(&JsValue::NULL, &JsValue::from_str(text))
        .and_then(|value| value.dyn_into::<js_sys::Promise>())
        .map_err(|_| t!("this browser cannot compress").to_owned())?;
    match JsFuture::from(promise).await {
        Ok(value) => value.as_string().ok_or_else(|| t!("this browser cannot compress").to_owned()),
        Err(error) => Err(error
            .dyn_ref::<js_sys::Error>()
            .and_then(|error| error.message().as_string())
            .unwrap_or_else(|| t!("this browser cannot compress").to_owned())),
    }
}
