//! An address that leads nowhere.

use crate::{components::Mark, prelude::*, site};

/// Says so, and where to go on.
#[component]
pub fn NotFound() -> impl IntoView {
    view! {
        <main class="page lost" id="main" tabindex="-1" data-width="text">
            <Mark word=true/>
            <h1 class="page__title">"There is no page at this address"</h1>
            <p class="void__text">"The link may be old, or mistyped. Nothing of yours is lost: runs keep their addresses as long as they are kept."</p>
            <div class="actions">
                <a class="btn" data-kind="primary" href=site::at("/")>{if site::has_server() { t!("Launch an environment") } else { t!("Check a configuration") }}</a>
                {site::has_server().then(|| view! { <a class="btn" href=crate::site::at("/runs")>"See the runs"</a> })}
            </div>
        </main>
    }
}
