//! Has the linker keep what the wasm is cut by (`js/tools/wasm-bindgen`): where each function is called from. And says
//! which language the texts are in: `BERTH_TEXTS` names a catalogue like `texts/en.json`.

use std::path::Path;

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    if std::env::var("CARGO_CFG_TARGET_ARCH").is_ok_and(|arch| arch == "wasm32") {
        println!("cargo:rustc-link-arg-bins=--emit-relocs");
    }
    println!("cargo:rerun-if-env-changed=BERTH_TEXTS");
    let texts = std::env::var("BERTH_TEXTS").unwrap_or_default();
    let mut language = "en";
    if !texts.is_empty() {
        let path = Path::new(&texts);
        // A relative path would be another one for each crate.
        assert!(path.is_absolute(), "BERTH_TEXTS is {texts:?}; it must be an absolute path");
        println!("cargo:rerun-if-changed={texts}");
        language = path.file_stem().and_then(|stem| stem.to_str()).expect("BERTH_TEXTS names a file");
    }
    println!("cargo:rustc-env=BERTH_TEXTS={texts}");
    println!("cargo:rustc-env=BERTH_LANGUAGE={language}");
}
