//! Of what the reader is told by this browser.

use berth_shared::api::NotificationKind;
use leptos::task::spawn_local;

use super::Frame;
use crate::{
    components::{Icon, Switch, Tone, toaster},
    notices::{self, Permission},
    notify::words,
    prelude::*,
};

/// The page at `/settings/notifications`.
#[component]
pub fn Notifications() -> impl IntoView {
    let say = toaster();
    let wishes = notices::use_wishes();
    let permission = RwSignal::new(notices::permission());
    let choice = move |kind: NotificationKind| {
        let (label, purpose) = words(kind);
        let change = move |on: bool| {
            wishes.change(|wishes| {
                wishes.kinds.retain(|one| *one != kind);
                if on {
                    wishes.kinds.push(kind);
                }
            });
        };
        view! {
            <label class="check">
                <input type="checkbox" disabled=move || !wishes.is_known() prop:checked=move || wishes.now.with(|wishes| wishes.wants(kind)) on:change:target=move |event| change(event.target().checked())/>
                <span>{label}<span class="meta">" "{purpose}</span></span>
            </label>
        }
    };
    let by_browser =
        move || wishes.now.with(|wishes| wishes.browser) && permission.get() == Permission::Given;
    let switch = move |()| {
        if untrack(by_browser) {
            return wishes.change(|wishes| wishes.browser = false);
        }
        spawn_local(async move {
            let answer = notices::ask().await;
            permission.try_set(answer);
            match answer {
                Permission::Given => wishes.change(|wishes| wishes.browser = true),
                _ => say(
                    Tone::Failed,
                    t!("The browser does not allow it; its settings for this site decide.").to_owned(),
                ),
            }
        });
    };
    let locked = move || matches!(permission.get(), Permission::Refused | Permission::Unknown);
    let words = move || match permission.get() {
        Permission::Refused => {
            t!("This browser does not allow it for this page. Its settings for this site decide.")
        }
        Permission::Unknown => t!("This browser has none, or only for pages over HTTPS."),
        Permission::Given | Permission::NotAsked => {
            t!("Shown by the system while this page is open in a tab that is not looked at.")
        }
    };
    view! {
        <Frame title="Notifications">
            <section class="panel" aria-labelledby="notify">
                <div class="panel__head">
                    <h2 class="panel__title" id="notify">"In this browser"</h2>
                    <span class="meta">"of your own runs, and of everybody’s budgets"</span>
                </div>
                <div class="panel__body" data-stack="">
                    <fieldset class="checks"><legend class="field__label">"Tell me of"</legend>{NotificationKind::ALL.map(choice)}</fieldset>
                </div>
                <div class="panel__body" data-rule="start">
                    <Switch on=Signal::derive(by_browser) flip=switch disabled=Signal::derive(locked) attr:aria-describedby="notify-browser">"By the browser, too"</Switch>
                    <p class="field__hint" id="notify-browser">{words}</p>
                </div>
                <div class="panel__foot"><Icon name="bell"/><span>"Kept for you in this browser. For others, and while no page is open, there are "<a class="link" href=crate::site::at("/settings/webhooks")>"webhooks"</a>"."</span></div>
            </section>
        </Frame>
    }
}
