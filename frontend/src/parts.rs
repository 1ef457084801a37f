//! The pages as parts of the wasm that are fetched when a page is first opened.
//!
//! Nobody who opens one page waits for all. The build cuts the wasm at the functions below (`js/tools/wasm-bindgen`): what only one
//! part needs is in its file, what several need in files that they share (`js/parts.mjs`), and what the frame needs, in the first.
//! `js/boot.js` asks for the opened page's files before the wasm does.

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
    components::{Icon, PaletteSearch, TopBar, Void},
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
                    show(|| Box::pin(super::cut::$page()), page_until)
                }
            )+)+
        }
    };
}

parts! {
    login: Login;
    launch: Launch;
    explore: Explore;
    reference: Reference ReferenceProblems;
    runs: Runs;
    run: RunPage;
    team: Team;
    money: SpendPage LimitsPage;
    people: People Account ToKeys;
    settings: AuditLog Notifications ProjectPage Secrets ToSettings Webhooks;
    gallery: Gallery;
}

#[wasm_split(palette, wasm_split_path = ::leptos::wasm_split, fallible, preload(ahead))]
fn search() -> Fetched {
    Ok(PaletteSearch().into_any())
}

/// What is in the command palette, as soon as its part is there.
pub(crate) fn palette() -> AnyView {
    show(|| Box::pin(search()), palette_until)
}

/// Fetches the palette's part before anybody opens it, so that no key is lost on the way.
pub(crate) fn fetch_palette() {
    // Where that fails, it is tried again when the palette is opened, and told of there.
    spawn_local(async { drop(ahead().await) });
}

#[wasm_split(assist, wasm_split_path = ::leptos::wasm_split, fallible)]
fn assist() -> Result<pages::Help, SplitLoaderError> {
    Ok(pages::Help::all())
}

/// Completion and explanations for the editor.
///
/// # Errors
/// They could not be fetched.
pub(crate) async fn help() -> Result<pages::Help, SplitLoaderError> {
    assist().await
}

type Fetching = Pin<Box<dyn Future<Output = Fetched>>>;

/// Where the fetching of a part stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stand {
    Awaited,
    There,
    Failed,
}

/// The view of a part: at once when it is there already. `until` is what is shown until then, and when it does not come; what it is
/// given tries again.
fn show(fetch: fn() -> Fetching, until: fn(Stand, Callback<()>) -> AnyView) -> AnyView {
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
        Stand::There => view.try_update_value(Option::take).flatten().into_any(),
        stand => until(stand, again),
    })
    .into_any()
}

fn page_until(stand: Stand, again: Callback<()>) -> AnyView {
    if stand == Stand::Awaited {
        return view! {
            <TopBar>""</TopBar>
            <main class="page" id="main" tabindex="-1" aria-busy="true"><p class="wait" role="status">"Loading this page…"</p></main>
        }
        .into_any();
    }
    view! {
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
    .into_any()
}

fn palette_until(stand: Stand, again: Callback<()>) -> AnyView {
    if stand == Stand::Awaited {
        return view! { <p class="palette__none" role="status">"Loading…"</p> }.into_any();
    }
    view! {
        <p class="palette__none" role="alert">"The server did not send what is needed to search."</p>
        <div class="actions palette__none"><button class="btn" on:click=move |_| again.run(())><Icon name="again"/>"Try again"</button></div>
    }
    .into_any()
}
