//! Where the dashboard stands: on its own server, or as files on a host that knows nothing of Berth (`cargo xtask site`).
//!
//! Such a host's pages carry `<meta name="berth-server" content="none">` with the way to their root and to the
//! catalogue. Then nothing may be asked of a server: there is none. Pages of a server in demo mode carry
//! `<meta name="berth-demo">`, so that they say so from the first moment on, before anybody has signed in.

use std::cell::RefCell;

use berth_shared::api::{DEFAULT_PROJECT, endpoint_of, page_of, project_of};
use leptos_router::NavigateOptions;
use web_sys::Url;

thread_local! {
    static HERE: RefCell<Here> = RefCell::default();
}

#[derive(Clone, Debug, Default)]
struct Here {
    /// The address that was opened; relative addresses in the page are meant from there, wherever it goes later.
    opened: String,
    /// The path above all pages, without a slash at its end: "", `/berth`, or `/p/vision` of a project other than the first.
    root: String,
    /// The project that the pages are of.
    project: Option<String>,
    /// Where the catalogue is, when there is no server to ask.
    catalogue: Option<String>,
    /// Whether the server says that nothing here is real.
    demo: bool,
}

/// Reads the page's marks. Called once, before anything else.
pub fn read() {
    let document = leptos::prelude::document();
    let opened = document.base_uri().ok().flatten().unwrap_or_default();
    let mark = document.query_selector("meta[name='berth-server'][content='none']").ok().flatten();
    let demo = document.query_selector("meta[name='berth-demo']").ok().flatten().is_some();
    let mut here = Here { opened, demo, ..Here::default() };
    if let Some(mark) = mark {
        let from_here = |name: &str| {
            let url = Url::new_with_base(&mark.get_attribute(name)?, &here.opened).ok()?;
            Some(url)
        };
        let root = from_here("data-root").map(|url| url.pathname()).unwrap_or_default();
        // Without an address the fetch fails, and says so.
        let catalogue = from_here("data-catalogue").map(|url| url.href()).unwrap_or_default();
        here.root = root.trim_end_matches('/').to_owned();
        here.catalogue = Some(catalogue);
        if let Some(element) = document.document_element() {
            // For styles, and for the scripts that make links.
            let _ = element.set_attribute("data-server", "none");
            let _ = element.set_attribute("data-root", &here.root);
        }
        // The browser would look for it anew from wherever the reader goes.
        if let Ok(Some(icon)) = document.query_selector("link[rel='icon']")
            && let Some(url) =
                icon.get_attribute("href").and_then(|href| Url::new_with_base(&href, &here.opened).ok())
        {
            let _ = icon.set_attribute("href", &url.href());
        }
        // Stood for this page as long as it had not started.
        if let Some(lost) = document.get_element_by_id("boot-lost") {
            lost.remove();
        }
    }
    if here.catalogue.is_none() {
        let path = leptos::prelude::window().location().pathname().unwrap_or_default();
        let (project, _) = project_of(&path);
        here.root = page_of(project, "");
        here.project = (project != DEFAULT_PROJECT).then(|| project.to_owned());
        if let Some(element) = document.document_element()
            && !here.root.is_empty()
        {
            // For the scripts that make links.
            let _ = element.set_attribute("data-root", &here.root);
        }
    }
    HERE.set(here);
}

/// The project that the pages are of. A page of another one is opened anew.
#[must_use]
pub fn project() -> String {
    HERE.with_borrow(|here| here.project.clone()).unwrap_or_else(|| DEFAULT_PROJECT.to_owned())
}

/// Where an endpoint is for the project that the pages are of.
#[must_use]
pub fn endpoint(path: &str) -> String {
    HERE.with_borrow(|here| endpoint_of(here.project.as_deref().unwrap_or(DEFAULT_PROJECT), path))
}

/// Whether there is a server to ask.
#[must_use]
pub fn has_server() -> bool {
    HERE.with_borrow(|here| here.catalogue.is_none())
}

/// Whether the server that the page came from says that nothing here is real (`berth serve --demo`).
#[must_use]
pub fn is_demo() -> bool {
    HERE.with_borrow(|here| here.demo)
}

/// The catalogue's address where there is no server to name it.
#[must_use]
pub fn catalogue() -> Option<String> {
    HERE.with_borrow(|here| here.catalogue.clone())
}

/// The path above all pages, without a slash at its end, for the router.
#[must_use]
pub fn root() -> String {
    HERE.with_borrow(|here| here.root.clone())
}

/// Where a page of the dashboard is: `/runs` of `/runs`, `/p/vision/runs` in another project than the first; as files below `/berth`, `/berth/runs/`, because there every
/// page is a folder.
#[must_use]
pub fn at(path: &str) -> String {
    HERE.with_borrow(|here| {
        if here.catalogue.is_none() {
            return format!("{}{path}", here.root);
        }
        let end = path.find(['?', '#']).unwrap_or(path.len());
        let (page, rest) = path.split_at(end);
        let slash = if page.ends_with('/') { "" } else { "/" };
        format!("{}{page}{slash}{rest}", here.root)
    })
}

/// Where a file is that stands beside the pages: `/schema/dstack-0.18.json`.
#[must_use]
pub fn file(path: &str) -> String {
    if has_server() { path.to_owned() } else { format!("{}{path}", root()) }
}

/// A page as a whole address.
#[must_use]
pub fn address(path: &str) -> String {
    format!("{}{}", crate::browser::origin(), at(path))
}

/// A path for the router to go to. It takes a whole address as it is, and would cut a path's last slash off.
#[must_use]
pub fn to(path: &str) -> String {
    let is_whole = !path.starts_with('/');
    if is_whole || root().is_empty() && has_server() { path.to_owned() } else { address(path) }
}

/// Goes to pages of the dashboard, by their paths below the root.
pub fn use_navigate() -> impl Fn(&str, NavigateOptions) + Clone + 'static {
    let navigate = leptos_router::hooks::use_navigate();
    move |path, options| navigate(&to(path), options)
}

/// The part of an address's path below the root, without a slash at its end: `/runs`, `/`.
#[must_use]
pub fn below(pathname: &str) -> String {
    let path = HERE.with_borrow(|here| pathname.strip_prefix(&here.root).unwrap_or(pathname).to_owned());
    let path = path.trim_end_matches('/');
    if path.is_empty() { "/".to_owned() } else { path.to_owned() }
}

/// What an address in the page means, from wherever the reader has gone since.
#[must_use]
pub fn resolve(address: &str) -> String {
    HERE.with_borrow(|here| {
        Url::new_with_base(address, &here.opened).map_or_else(|_| address.to_owned(), |url| url.href())
    })
}
