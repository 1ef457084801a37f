//! The pages as parts of the wasm that are fetched when a page is first opened.
//!
//! Nobody who opens one page waits for all. The build cuts the wasm at the functions below (`js/tools/wasm-bindgen`): what only one
//! part needs is in its file, what several need in files that they share, and what the frame needs, in the first. `js/boot.js` asks
//! for the opened page's files before the wasm does.

use futures_util::FutureExt;
use leptos::{
    reactive::owner::WeakOwner,
    task::spawn_local,
    wasm_split::{SplitLoaderError, wasm_split},
};
use std::{
    future::{Future, poll_fn},
    pin::Pin,
    task::Poll,
};

use crate::{
    components::{Icon, TopBar, Void},
    pages,
    prelude::*,
};

/// A page, or that its part could not be fetched.
type Fetched = Result<AnyView, SplitLoaderError>;

/// Makes of each page a function that fetches its part.
macro_rules! parts {
    ($($part:ident: $($page:ident)+;)+) => {
        /// Each page's function at which the wasm is cut.
        #[expect(non_snake_case, reason = "they are called as the pages that they make")]
        mod cut {
            use super::*;
            $($(
            #[wasm_split($part, wasm_split_path = ::leptos::wasm_split, fallible)]
            pub(super) fn $page() -> Fetched {
                Ok(pages::$page().into_any())
            }
            )+)+
        }
        /// Each page, as soon as its part is there.
        #[expect(non_snake_case, reason = "they are called as the pages that they show")]
        pub(crate) mod page {
            use super::*;
            $($(
                #[doc = concat!("The page ", stringify!($page), ".")]
                pub(crate) fn $page() -> AnyView {
                    show(|| Box::pin(super::cut::$page()))
                }
            )+)+
        }
    };
}

// Few, since whatever two of them share becomes a file of its own for each set of those that do: thirty files of five.
parts! {
    login: Login;
    launch: Launch Explore Reference ReferenceProblems;
    run: Runs RunPage;
    team: Team;
    office: SpendPage LimitsPage People Account ToKeys AuditLog Notifications ProjectPage Secrets ToSettings Webhooks Gallery;
}

type Fetching = Pin<Box<dyn Future<Output = Fetched>>>;

/// Where the fetching of a part stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stand {
    Awaited,
    There,
    Failed,
}

/// The view of a part: at once when it is there already.
fn show(fetch: fn() -> Fetching) -> AnyView {
    let mut fetching = fetch();
    if let Some(Ok(view)) = (&mut fetching).now_or_never() {
        return view;
    }
    let stand = RwSignal::new(Stand::Awaited);
    let view = StoredValue::new_local(None);
    // Not to be kept alive by what it holds itself, nor by what is on its way: who leaves meanwhile has left.
    let owner = Owner::current().map(|owner| owner.downgrade());
    let follow = move |mut fetching: Fetching| {
        let owner = owner.clone();
        spawn_local(async move {
            // The page is made as soon as its part is there: where it is to be, and for as long.
            let fetched = poll_fn(|cx| match owner.as_ref().and_then(WeakOwner::upgrade) {
                Some(owner) => owner.with(|| fetching.as_mut().poll(cx)).map(Some),
                None => Poll::Ready(None),
            });
            match fetched.await {
                Some(Ok(page)) => {
                    view.try_set_value(Some(page));
                    stand.try_set(Stand::There);
                }
                Some(Err(_)) => drop(stand.try_set(Stand::Failed)),
                None => {}
            }
        });
    };
    follow(fetching);
    let again = Callback::new(move |()| {
        stand.set(Stand::Awaited);
        follow(fetch());
    });
    (move || match stand.get() {
        Stand::Awaited => view! {
            <TopBar>""</TopBar>
            <main class="page" id="main" tabindex="-1" aria-busy="true"><p class="wait" role="status">"Loading this page…"</p></main>
        }
        .into_any(),
        Stand::There => view.try_update_value(Option::take).flatten().into_any(),
        Stand::Failed => view! {
            <TopBar><h1 class="topbar__title">"Not loaded"</h1></TopBar>
            <main class="page" id="main" tabindex="-1">
                <Void title="This page did not load" tone="danger">
                    <p class="void__text" role="alert">"The server did not send it. Check the connection and try again; if the server has been updated meanwhile, load the whole page again."</p>
                    <div class="actions">
                        <button class="btn" data-kind="primary" on:click=move |_| again.run(())><Icon name="again"/>"Try again"</button>
                        <button class="btn" on:click=|_| drop(location().reload())>"Load the page again"</button>
                    </div>
                </Void>
            </main>
        }
        .into_any(),
    })
    .into_any()
}
