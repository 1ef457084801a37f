//! The pages and their addresses.

use leptos::prelude::*;
use leptos_router::{
    components::{ParentRoute, Route, Router, Routes},
    path,
};

use crate::{
    components::{DemoBar, Shell, Sprite, provide_palette, provide_toasts},
    live::provide_live,
    notices::provide_notices,
    pages::{
        Account, AuditLog, Explore, Gallery, Launch, LimitsPage, Login, NeedsServer, NotFound, Notifications,
        People, Reference, ReferenceProblems, RunPage, Runs, Secrets, SpendPage, Team, ToKeys, ToSettings,
        Webhooks, provide_incoming,
    },
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
    view! {
        <Sprite/>
        <DemoBar/>
        <Router base=site::root()>
            <Routes fallback=NotFound>
                <Route path=path!("/login") view=|| served(Login)/>
                <ParentRoute path=path!("/") view=Shell>
                    <Route path=path!("/") view=Launch/>
                    <Route path=path!("/runs") view=|| served(Runs)/>
                    <Route path=path!("/runs/:name") view=|| served(RunPage)/>
                    <Route path=path!("/team") view=|| served(Team)/>
                    <Route path=path!("/team/spend") view=|| served(SpendPage)/>
                    <Route path=path!("/team/limits") view=|| served(LimitsPage)/>
                    <Route path=path!("/people") view=|| served(People)/>
                    <Route path=path!("/account") view=|| served(Account)/>
                    <Route path=path!("/keys") view=|| served(ToKeys)/>
                    <Route path=path!("/settings/keys") view=|| served(ToKeys)/>
                    <Route path=path!("/settings") view=|| served(ToSettings)/>
                    <Route path=path!("/settings/secrets") view=|| served(Secrets)/>
                    <Route path=path!("/settings/notifications") view=|| served(Notifications)/>
                    <Route path=path!("/settings/webhooks") view=|| served(Webhooks)/>
                    <Route path=path!("/settings/audit") view=|| served(AuditLog)/>
                    <Route path=path!("/gallery") view=|| served(Gallery)/>
                    <Route path=path!("/explore") view=Explore/>
                    <Route path=path!("/reference") view=Reference/>
                    <Route path=path!("/reference/problems") view=ReferenceProblems/>
                    <Route path=path!("/reference/problems/:code") view=ReferenceProblems/>
                    <Route path=path!("/reference/:key") view=Reference/>
                </ParentRoute>
            </Routes>
        </Router>
    }
}

/// A page of what a server does; without one, what it would take.
fn served<V: IntoView + 'static>(page: impl Fn() -> V) -> AnyView {
    if site::has_server() { page().into_any() } else { NeedsServer().into_any() }
}
