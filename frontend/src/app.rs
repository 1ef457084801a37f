//! The pages and their addresses.

use std::sync::Arc;

use leptos_router::{
    PossibleRouteMatch,
    components::{ParentRoute, Route, Router, Routes},
    path,
};

use crate::{
    browser,
    components::{DemoBar, Shell, provide_palette, provide_toasts},
    live::provide_live,
    notices::provide_notices,
    pages::{NeedsServer, NotFound, provide_incoming},
    parts::page,
    prelude::*,
    price_list::provide_price_list,
    site,
};

/// The dashboard.
#[component]
pub fn App() -> impl IntoView {
    provide_toasts();
    provide_palette();
    provide_live();
    provide_notices();
    provide_price_list();
    provide_incoming();
    // Before anybody is led to the login, which may be before *Launch* is there.
    browser::take_link();
    view! {
        <DemoBar/>
        <Router base=site::root()>
            <Routes fallback=NotFound>
                <Route path=at(path!("/login")) view=served(page::Login)/>
                <ParentRoute path=at(path!("/")) view=Shell>
                    <Route path=at(path!("/")) view=anywhere(page::Launch)/>
                    <Route path=at(path!("/runs")) view=served(page::Runs)/>
                    <Route path=at(path!("/runs/:name")) view=served(page::RunPage)/>
                    <Route path=at(path!("/team")) view=served(page::Team)/>
                    <Route path=at(path!("/team/spend")) view=served(page::SpendPage)/>
                    <Route path=at(path!("/team/limits")) view=served(page::LimitsPage)/>
                    <Route path=at(path!("/people")) view=served(page::People)/>
                    <Route path=at(path!("/account")) view=served(page::Account)/>
                    <Route path=at(path!("/keys")) view=served(page::ToKeys)/>
                    <Route path=at(path!("/settings/keys")) view=served(page::ToKeys)/>
                    <Route path=at(path!("/settings")) view=served(page::ToSettings)/>
                    <Route path=at(path!("/settings/secrets")) view=served(page::Secrets)/>
                    <Route path=at(path!("/settings/notifications")) view=served(page::Notifications)/>
                    <Route path=at(path!("/settings/webhooks")) view=served(page::Webhooks)/>
                    <Route path=at(path!("/settings/project")) view=served(page::ProjectPage)/>
                    <Route path=at(path!("/settings/audit")) view=served(page::AuditLog)/>
                    <Route path=at(path!("/gallery")) view=served(page::Gallery)/>
                    <Route path=at(path!("/explore")) view=anywhere(page::Explore)/>
                    <Route path=at(path!("/reference")) view=anywhere(page::Reference)/>
                    <Route path=at(path!("/reference/problems")) view=anywhere(page::ReferenceProblems)/>
                    <Route path=at(path!("/reference/problems/:code")) view=anywhere(page::ReferenceProblems)/>
                    <Route path=at(path!("/reference/:key")) view=anywhere(page::Reference)/>
                </ParentRoute>
            </Routes>
        </Router>
    }
}

/// A path as the type that all share, so that there is one piece of code for them.
fn at(path: impl PossibleRouteMatch + Send + Sync + 'static) -> Arc<dyn PossibleRouteMatch + Send + Sync> {
    Arc::new(path)
}

/// A page of what a server does; without one, what it would take.
fn served(page: fn() -> AnyView) -> impl Fn() -> AnyView + Clone + Send + Sync {
    shown(page, true)
}

/// A page that needs no server.
fn anywhere(page: fn() -> AnyView) -> impl Fn() -> AnyView + Clone + Send + Sync {
    shown(page, false)
}

fn shown(page: fn() -> AnyView, is_served: bool) -> impl Fn() -> AnyView + Clone + Send + Sync {
    move || if !is_served || site::has_server() { page() } else { NeedsServer().into_any() }
}
