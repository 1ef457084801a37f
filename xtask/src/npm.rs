//! `cargo xtask npm`: the crate `shared` as a package for browsers and Node, in `target/npm`.

use std::path::{Path, PathBuf};

use berth_shared::schema::{
    Dialect,
    json::{File, json_schema},
};

use crate::{
    build::Profile,
    setup::path_with_tools,
    shell::{Problem, Steps, cargo, command, root, run, target_dir},
};

/// What wasm-opt may use: everything that Rust's wasm32 target uses.
const FEATURES: [&str; 6] = [
    "--enable-bulk-memory",
    "--enable-nontrapping-float-to-int",
    "--enable-sign-ext",
    "--enable-mutable-globals",
    "--enable-reference-types",
    "--enable-multivalue",
];

/// Builds the package and gives its folder. In a hurry it works as well, but is larger and slower.
pub(crate) fn package(steps: &mut Steps, profile: Profile) -> Result<PathBuf, Problem> {
    let path = path_with_tools()?;
    let (name, folder) = match profile {
        Profile::Quick => ("quick", target_dir().join("npm-quick")),
        Profile::Release => ("npm", target_dir().join("npm")),
    };
    let module = target_dir().join("wasm32-unknown-unknown").join(name).join("berth_shared.wasm");
    steps.step("npm package (wasm32)", || {
        // The crate is a plain library everywhere else; only here is it a module of its own.
        run(cargo().args(["rustc", "--package", "berth-shared", "--lib", "--crate-type", "cdylib"]).args([
            "--features",
            "wasm",
            "--target",
            "wasm32-unknown-unknown",
            "--profile",
            name,
        ]))?;
        if folder.exists() {
            std::fs::remove_dir_all(&folder).map_err(|error| cannot_write(&folder, &error))?;
        }
        run(command("wasm-bindgen")
            .env("PATH", &path)
            .args(["--target", "web", "--no-typescript", "--out-name", "berth", "--out-dir"])
            .arg(&folder)
            .arg(&module))?;
        if profile == Profile::Quick {
            return Ok(());
        }
        let bound = folder.join("berth_bg.wasm");
        run(command("wasm-opt")
            .env("PATH", &path)
            .args(FEATURES)
            .arg("-O3")
            .arg(&bound)
            .arg("-o")
            .arg(&bound))
    })?;
    let source = root().join("shared/npm");
    for name in ["api.js", "browser.js", "node.js", "index.d.ts", "README.md"] {
        copy(&source.join(name), &folder.join(name))?;
    }
    for name in ["LICENSE-MIT", "LICENSE-APACHE"] {
        copy(&root().join(name), &folder.join(name))?;
    }
    for dialect in Dialect::ALL {
        let name = format!("dstack-{}.schema.json", dialect.name());
        write(&folder.join(name), &json_schema(File::Configuration(dialect)))?;
    }
    // The package has the version of the crate.
    let manifest = read(&source.join("package.json"))?
        .replace("\"version\": \"0.0.0\"", concat!("\"version\": \"", env!("CARGO_PKG_VERSION"), "\""));
    write(&folder.join("package.json"), &manifest)?;
    Ok(folder)
}

fn copy(from: &Path, to: &Path) -> Result<(), Problem> {
    std::fs::copy(from, to).map(drop).map_err(|error| cannot_write(to, &error))
}

fn write(path: &Path, text: &str) -> Result<(), Problem> {
    std::fs::write(path, text).map_err(|error| cannot_write(path, &error))
}

fn read(path: &Path) -> Result<String, Problem> {
    std::fs::read_to_string(path)
        .map_err(|error| Problem::new(format!("cannot read {}: {error}", path.display())))
}

fn cannot_write(path: &Path, error: &std::io::Error) -> Problem {
    Problem::new(format!("cannot write {}: {error}", path.display()))
}
