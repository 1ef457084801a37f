//! The pages and their addresses.

use leptos::prelude::*;
use leptos_router::{
    components::{ParentRoute, Route, Router, Routes},
    path,
};

use crate::{
    components::{Shell, Sprite, provide_toasts},
    live::provide_live,
    pages::{Launch, Login, NotFound, Reference, ReferenceProblems, RunPage, Runs, Team},
};

/// The dashboard.
#[component]
pub fn App() -> impl IntoView {
    provide_toasts();
    provide_live();
    view! {
        <Sprite/>
        <Router>
            <Routes fallback=NotFound>
                <Route path=path!("/login") view=Login/>
                <ParentRoute path=path!("/") view=Shell>
                    <Route path=path!("/") view=Launch/>
                    <Route path=path!("/runs") view=Runs/>
                    <Route path=path!("/runs/:name") view=RunPage/>
                    <Route path=path!("/team") view=Team/>
                    <Route path=path!("/reference") view=Reference/>
                    <Route path=path!("/reference/problems") view=ReferenceProblems/>
                    <Route path=path!("/reference/problems/:code") view=ReferenceProblems/>
                    <Route path=path!("/reference/:key") view=Reference/>
                </ParentRoute>
            </Routes>
        </Router>
    }
}
