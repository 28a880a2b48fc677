//! What the crate is built from, and what it leads to.

use crate::pki;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use switchboard_tests::client;
use switchboard_tests::composed::{self, Plug, Setting, host};
use switchboard_tests::echo::TcpServer;

/// What `make app` builds of `sdk/rust/examples/first.rs`.
const FIRST: &str = "wasm32-wasip2/release/examples/first.wasm";

fn files(folder: &Path, below: &Path, into: &mut BTreeMap<PathBuf, Vec<u8>>) {
    for entry in fs::read_dir(folder.join(below)).unwrap() {
        let name = below.join(entry.unwrap().file_name());
        match fs::metadata(folder.join(&name)).unwrap().is_dir() {
            true => files(folder, &name, into),
            false => drop(into.insert(name.clone(), fs::read(folder.join(name)).unwrap())),
        }
    }
}

/// The crate has the contract inside of it, as a link where links are.
#[test]
fn the_wit_is_the_contract() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let read = |folder: &str| {
        let mut all = BTreeMap::new();
        files(&root.join(folder), Path::new(""), &mut all);
        all
    };
    let contract = read("wit");
    assert!(contract.len() > 5);
    assert_eq!(read("sdk/rust/wit"), contract);
}

/// The imports of the application's own world and those of the crate are those of one component, and the plug leaves none
/// of Switchboard's open.
#[test]
fn worlds_are_merged() {
    let component = client::compiled(Plug::Wasi).unwrap();
    let component_type = component.component_type();
    let imports = component_type.imports(component.engine());
    let names: Vec<_> = imports.map(|(name, _)| name.to_owned()).collect();
    assert!(names.iter().all(|it| it.starts_with("wasi:")), "{names:?}");
    host().unwrap();
}

/// What the crate's page begins with is what is built here, and it runs.
#[tokio::test]
async fn the_first_example_runs() {
    let sdk = Path::new(env!("CARGO_MANIFEST_DIR")).join("../sdk/rust");
    let page = fs::read_to_string(sdk.join("README.md")).unwrap();
    let example = fs::read_to_string(sdk.join("examples/first.rs")).unwrap();
    let (_, example) = example.split_once("\n\n").unwrap();
    assert!(page.contains(&format!("```rust,ignore\n{example}```\n")));

    let (pki, _) = pki();
    let echo = TcpServer::echo("127.0.0.1").unwrap();
    let plugged = composed::plugged(FIRST, Plug::Wasi.name()).unwrap();
    let component = host().unwrap().load(&plugged).unwrap();
    let arguments = format!("127.0.0.1 {}", echo.addr().port());
    let run = composed::run_of(&component, &Setting::usual(pki.folder()), &arguments).await;
    assert_eq!(run.unwrap().output, "hello\n");
}
