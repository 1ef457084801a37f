//! A page of what only a server does, where there is none.

use crate::{
    components::{CopyLine, TopBar, Void},
    pages::title::set_title,
    prelude::*,
    site,
};

/// Says so, and how to get one.
#[component]
pub fn NeedsServer() -> impl IntoView {
    set_title(|| t!("No server").to_owned());
    view! {
        <TopBar><h1 class="topbar__title">"No server"</h1></TopBar>
        <main class="page" id="main" tabindex="-1" data-width="text">
            <section class="panel" aria-label="No server">
                <Void title="This needs a Berth server">
                    <p class="void__text">
                        "Launching, runs and the team live on a server, and none stands behind this page. Berth brings one: \
                         in its source, this command builds and starts it, and prints the address to open."
                    </p>
                    <CopyLine text=t!("cargo xtask run").to_owned() what="command"/>
                    <p class="void__text">"Without one, configurations are checked and priced here all the same."</p>
                    <div class="actions">
                        <a class="btn" data-kind="primary" href=site::at("/")>"Check a configuration"</a>
                        <a class="btn" href=site::at("/explore")>"Explore GPUs"</a>
                    </div>
                </Void>
            </section>
        </main>
    }
}
