//! Tells the binary where the component is that it embeds.

use std::path::Path;
use std::{env, fs};

fn main() {
    println!("cargo::rerun-if-env-changed=SWITCHBOARD_COMPONENT");
    let root = env::var("CARGO_MANIFEST_DIR").unwrap_or_default();
    let usual = Path::new(&root).join("../target/switchboard-posix.wasm");
    let path = env::var_os("SWITCHBOARD_COMPONENT").map_or(usual, Into::into);
    println!("cargo::rerun-if-changed={}", path.display());
    println!("cargo::rustc-check-cfg=cfg(component)");
    // The library does without; the binary says how to make it.
    if let Ok(path) = fs::canonicalize(&path) {
        println!("cargo::rustc-env=SWITCHBOARD_COMPONENT={}", path.display());
        println!("cargo::rustc-cfg=component");
    }
}
