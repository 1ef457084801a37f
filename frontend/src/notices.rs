//! Tells the reader what happens to their own runs, in the page and, where they want it, by the browser.

use std::collections::HashSet;

use berth_shared::{
    api::{Event, NotificationKind, Run},
    time::Timestamp,
};
use leptos::prelude::*;
use uuid::Uuid;
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::JsFuture;
use web_sys::{Notification, NotificationOptions, NotificationPermission};

use crate::{
    browser,
    components::{Tone, teller},
    live::{Live, use_live},
    notify::{News, Wishes, alone_soon, of_alone, of_idle, of_limit, of_run, stops_soon},
    site,
};

/// Whether the browser shows notifications of this page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Permission {
    /// It does.
    Given,
    /// Somebody said no.
    Refused,
    /// Nobody was asked.
    NotAsked,
    /// It has none.
    Unknown,
}

/// Whether the browser shows notifications of this page.
pub(crate) fn permission() -> Permission {
    // Where there are none, their very name is a mistake.
    if js_sys::Reflect::has(&window(), &JsValue::from_str("Notification")) != Ok(true) {
        return Permission::Unknown;
    }
    match Notification::permission() {
        NotificationPermission::Granted => Permission::Given,
        NotificationPermission::Denied => Permission::Refused,
        _ => Permission::NotAsked,
    }
}

/// Asks the reader, through the browser, whether it may. Wants a press of a button before it.
pub(crate) async fn ask() -> Permission {
    if permission() == Permission::NotAsked
        && let Ok(answer) = Notification::request_permission()
    {
        let _ = JsFuture::from(answer).await;
    }
    permission()
}

/// What the reader wishes to be told of. Copied about freely; all copies are one.
#[derive(Clone, Copy)]
pub(crate) struct Wanted {
    /// Now.
    pub(crate) now: RwSignal<Wishes>,
    person: Memo<Option<String>>,
}

impl Wanted {
    /// Whether it is known who reads, and so what they wish.
    pub(crate) fn is_known(self) -> bool {
        self.person.with(Option::is_some)
    }

    /// Changes it, and keeps it for this person in this browser.
    pub(crate) fn change(self, change: impl FnOnce(&mut Wishes)) {
        self.now.update(change);
        if let Some(person) = self.person.get_untracked() {
            let kept = self.now.with_untracked(Wishes::write);
            browser::keep(&Wishes::key(&person), kept.as_deref());
        }
    }
}

/// What the reader wishes to be told of.
pub(crate) fn use_wishes() -> Wanted {
    expect_context()
}

/// Begins to tell; called once, at the root, after the live state and the notes.
pub(crate) fn provide_notices() {
    let live = use_live();
    let wanted = Wanted {
        now: RwSignal::new(Wishes::default()),
        person: Memo::new(move |_| live.user.with(|user| user.as_ref().map(|user| user.name.clone()))),
    };
    provide_context(wanted);
    Effect::new(move |_| {
        let kept = wanted.person.get().and_then(|person| browser::recall(&Wishes::key(&person)));
        wanted.now.set(Wishes::read(kept.as_deref()));
    });
    let tell = teller();
    let tell = move |news: News, about: &str| {
        let wishes = wanted.now.get_untracked();
        // The page about it shows it already.
        if !wishes.wants(news.kind) || (is_at(&news.link) && !document().hidden()) {
            return;
        }
        if wishes.browser && document().hidden() && permission() == Permission::Given {
            by_browser(&news, about);
        }
        let tone = match news.kind {
            NotificationKind::Failed | NotificationKind::Interrupted | NotificationKind::BudgetReached => {
                Tone::Failed
            }
            _ => Tone::Told,
        };
        tell(tone, news.text, news.link);
    };
    live.when_heard(move |event: &Event, before: Option<&Run>, run: Option<&Run>| {
        if let Some(news) = of_limit(event) {
            tell(news, &format!("limit-{}", event.seq));
        }
        let own = run.filter(|run| wanted.person.get_untracked().as_deref() == Some(&run.owner));
        if let Some(news) = own.and_then(|run| of_run(before, run)) {
            tell(news, &format!("run-{}", event.seq));
        }
    });
    idle(live, wanted, tell);
}

/// Looks now and then which of the reader's instances are about to stop, and which of their runs, and says it once for each clock.
fn idle(live: Live, wanted: Wanted, tell: impl Fn(News, &str) + Copy + 'static) {
    let told = StoredValue::new(HashSet::<(Uuid, Timestamp)>::new());
    Effect::new(move |_| {
        let now = live.now.get();
        // Once in five seconds says early enough what comes in ten minutes.
        if now.0 / 1000 % 5 != 0 {
            return;
        }
        let Some(person) = wanted.person.get_untracked() else { return };
        let mut news = Vec::new();
        untrack(|| {
            live.instances.each(|one| {
                let Some(at) = one.idle_stop_at else { return };
                let first = || told.try_update_value(|told| told.insert((one.id.0, at))) == Some(true);
                if one.owner == person && stops_soon(one, now) && first() {
                    news.push((of_idle(one, now), format!("idle-{}-{}", one.id, at.0)));
                }
            });
            live.runs.each(|run| {
                let Some(at) = run.inactive_at else { return };
                let first = || told.try_update_value(|told| told.insert((run.id.0, at))) == Some(true);
                if run.owner == person && alone_soon(run, now) && first() {
                    news.push((of_alone(run, now), format!("alone-{}-{}", run.id, at.0)));
                }
            });
        });
        for (news, about) in news {
            tell(news, &about);
        }
    });
}

fn is_at(link: &str) -> bool {
    let path = window().location().pathname().unwrap_or_default();
    link.split('?').next() == Some(site::below(&path).as_str())
}

/// Shown by the system. One of the same `about` takes the place of another, so that several tabs say it once.
fn by_browser(news: &News, about: &str) {
    let options = NotificationOptions::new();
    options.set_tag(about);
    options.set_body(&news.text);
    // On some systems only a service worker may: then the note in the page has to do.
    let Ok(shown) = Notification::new_with_options("Berth", &options) else { return };
    let link = site::at(&news.link);
    let go = wasm_bindgen::closure::Closure::once_into_js(move || {
        let _ = window().focus();
        let _ = window().location().assign(&link);
    });
    shown.set_onclick(Some(wasm_bindgen::JsCast::unchecked_ref(&go)));
}
