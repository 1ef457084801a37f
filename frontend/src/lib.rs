//! The dashboard.
//!
//! Pure parts come first and build anywhere, so that they are tested on the host; the rest touches the page
//! and exists for wasm32 alone.

#![cfg_attr(
    target_arch = "wasm32",
    expect(
        unreachable_pub,
        reason = "`#[component]` makes a public function of each component, wherever it is"
    )
)]

pub mod attempts;
pub mod audit;
pub mod drawings;
pub mod explore;
pub mod favicon;
pub mod format;
pub mod launch;
pub mod limits;
pub mod live;
pub mod log_text;
pub mod notify;
pub mod palette;
pub mod permissions;
pub mod phases;
pub mod pools;
pub mod port_links;
pub mod runs;
pub mod spend;
pub mod story;
pub mod tags;
pub mod team;
pub mod terminal_text;

#[cfg(target_arch = "wasm32")]
pub mod api;
#[cfg(target_arch = "wasm32")]
mod app;
#[cfg(target_arch = "wasm32")]
mod asked;
#[cfg(target_arch = "wasm32")]
pub mod browser;
#[cfg(target_arch = "wasm32")]
pub mod components;
#[cfg(target_arch = "wasm32")]
pub mod editor;
#[cfg(target_arch = "wasm32")]
mod flow;
#[cfg(target_arch = "wasm32")]
mod known;
#[cfg(target_arch = "wasm32")]
pub mod modules;
#[cfg(target_arch = "wasm32")]
mod notices;
#[cfg(target_arch = "wasm32")]
pub mod pages;
#[cfg(target_arch = "wasm32")]
mod parts;
#[cfg(target_arch = "wasm32")]
mod prelude;
#[cfg(target_arch = "wasm32")]
pub mod price_list;
#[cfg(target_arch = "wasm32")]
mod sight;
#[cfg(target_arch = "wasm32")]
pub mod site;
#[cfg(target_arch = "wasm32")]
mod socket;
#[cfg(target_arch = "wasm32")]
mod template;

/// Shows the dashboard in the page's body.
#[cfg(target_arch = "wasm32")]
pub fn start() {
    console_error_panic_hook::set_once();
    site::read();
    browser::set_language(env!("BERTH_LANGUAGE"));
    leptos::mount::mount_to_body(app::App);
}
