//! Starts the dashboard in the page.

fn main() {
    #[cfg(target_arch = "wasm32")]
    berth_frontend::start();
    #[cfg(not(target_arch = "wasm32"))]
    eprintln!("the dashboard runs in a browser: build it for wasm32-unknown-unknown, with `cargo xtask run`");
}
