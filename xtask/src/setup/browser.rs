//! A Chromium for the browser tests.

use std::path::PathBuf;

use crate::shell::{Problem, which};

/// The Chromium that is there: `CHROMIUM`, or one on PATH.
pub(crate) fn find() -> Result<PathBuf, Problem> {
    if let Some(path) = std::env::var_os("CHROMIUM") {
        return Ok(path.into());
    }
    which(&["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"]).ok_or_else(|| {
        Problem::new(
            "the browser tests need Chromium: install it, on Debian with `apt-get install chromium`, \
             or set CHROMIUM to its path",
        )
    })
}
