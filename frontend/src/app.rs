//! The pages and their addresses.

use leptos_router::{
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
                <Route path=path!("/login") view=|| served(page::Login)/>
                <ParentRoute path=path!("/") view=Shell>
                    <Route path=path!("/") view=page::Launch/>
                    <Route path=path!("/runs") view=|| served(page::Runs)/>
                    <Route path=path!("/runs/:name") view=|| served(page::RunPage)/>
                    <Route path=path!("/team") view=|| served(page::Team)/>
                    <Route path=path!("/team/spend") view=|| served(page::SpendPage)/>
                    <Route path=path!("/team/limits") view=|| served(page::LimitsPage)/>
                    <Route path=path!("/people") view=|| served(page::People)/>
                    <Route path=path!("/account") view=|| served(page::Account)/>
                    <Route path=path!("/keys") view=|| served(page::ToKeys)/>
                    <Route path=path!("/settings/keys") view=|| served(page::ToKeys)/>
                    <Route path=path!("/settings") view=|| served(page::ToSettings)/>
                    <Route path=path!("/settings/secrets") view=|| served(page::Secrets)/>
                    <Route path=path!("/settings/notifications") view=|| served(page::Notifications)/>
                    <Route path=path!("/settings/webhooks") view=|| served(page::Webhooks)/>
                    <Route path=path!("/settings/project") view=|| served(page::ProjectPage)/>
                    <Route path=path!("/settings/audit") view=|| served(page::AuditLog)/>
                    <Route path=path!("/gallery") view=|| served(page::Gallery)/>
                    <Route path=path!("/explore") view=page::Explore/>
                    <Route path=path!("/reference") view=page::Reference/>
                    <Route path=path!("/reference/problems") view=page::ReferenceProblems/>
                    <Route path=path!("/reference/problems/:code") view=page::ReferenceProblems/>
                    <Route path=path!("/reference/:key") view=page::Reference/>
                </ParentRoute>
            </Routes>
        </Router>
    }
}

/// A page of what a server does; without one, what it would take.
fn served(page: fn() -> AnyView) -> AnyView {
    if site::has_server() { page() } else { NeedsServer().into_any() }
}
