//! In place of the launch bar, where the page stands by itself.

use crate::{
    components::{CopyLine, Icon},
    prelude::*,
};

/// Says what a launch takes, and how to get it. It never moves either.
#[component]
pub(super) fn NoServerBar() -> impl IntoView {
    view! {
        <section class="launchbar" data-server="none" aria-label="Launch">
            <div class="launchbar__offer">
                <div class="launchbar__line">
                    <Icon name="hint"/>
                    <span class="launchbar__name">"Launching needs a Berth server"</span>
                </div>
                <div class="launchbar__sub">
                    "Your text stays in this browser. To launch it, start Berth from its source and paste the text there."
                </div>
            </div>
            <CopyLine text=t!("cargo xtask run").to_owned() what="command"/>
        </section>
    }
}
