//! Installs what is missing. Nothing that is there is touched.

mod apps;
mod browser;
mod npm;
mod tools;
mod wasm_target;

use std::path::PathBuf;

use crate::shell::{Problem, Steps, which};

pub(crate) use apps::{ALL as APPS, ensure as ensure_apps};
pub(crate) use browser::find as find_browser;
pub(crate) use tools::{ensure_deny, find_deny, path_with_tools};

/// What building needs.
pub(crate) fn for_build(steps: &mut Steps) -> Result<(), Problem> {
    prerequisites()?;
    wasm_target::ensure(steps)?;
    npm::ensure(steps, "frontend/js")?;
    tools::ensure(steps)
}

/// What the tests need besides.
pub(crate) fn for_tests(steps: &mut Steps) -> Result<(), Problem> {
    prerequisites()?;
    find_browser()?;
    for_schema_tests(steps)?;
    npm::ensure(steps, "tests/oidc")?;
    npm::ensure(steps, "tests/browser")
}

/// What the tests of the JSON Schema and the npm package need.
pub(crate) fn for_schema_tests(steps: &mut Steps) -> Result<(), Problem> {
    npm::ensure(steps, "tests/schema")
}

/// Where built tools are kept, outside the clone, so that a second clone need not build them again.
fn tools_dir() -> Result<PathBuf, Problem> {
    let cache = match (std::env::var_os("XDG_CACHE_HOME"), std::env::var_os("HOME")) {
        (Some(cache), _) if !cache.is_empty() => PathBuf::from(cache),
        (_, Some(home)) => PathBuf::from(home).join(".cache"),
        _ => {
            return Err(Problem::new(
                "neither XDG_CACHE_HOME nor HOME is set: set one, tools are kept there",
            ));
        }
    };
    Ok(cache.join("berth/tools"))
}

fn prerequisites() -> Result<(), Problem> {
    for (names, what, how) in [
        (&["cc", "gcc", "clang"][..], "a C compiler", "apt-get install gcc libc6-dev"),
        (&["node"], "Node.js 20 or newer", "apt-get install nodejs npm"),
        (&["npm"], "npm", "apt-get install npm"),
    ] {
        if which(names).is_none() {
            return Err(Problem::new(format!("{what} is missing: install it, on Debian with `{how}`")));
        }
    }
    Ok(())
}
