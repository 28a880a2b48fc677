//! What the crate is built from, and what it leads to.

use crate::pki;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use switchboard_tests::certs::Pki;
use switchboard_tests::client;
use switchboard_tests::composed::{self, Plug, Setting, host};
use switchboard_tests::echo::TcpServer;
use switchboard_tests::tls::TlsServer;

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

/// Runs an example of the crate's page, which `make app` builds and which has to be there word for word, from this line on.
async fn example(name: &str, from: &str, arguments: &str, pki: &Pki) -> String {
    let sdk = Path::new(env!("CARGO_MANIFEST_DIR")).join("../sdk/rust");
    let page = fs::read_to_string(sdk.join("README.md")).unwrap();
    let source = fs::read_to_string(sdk.join(format!("examples/{name}.rs"))).unwrap();
    let (head, body) = source.split_once(from).unwrap();
    assert!(page.contains(&format!("{from}{body}```\n")), "{name}");
    for import in head.lines().filter(|it| it.starts_with("use ")) {
        assert!(page.contains(import), "{import}");
    }
    let built = format!("wasm32-wasip2/release/examples/{name}.wasm");
    let plugged = composed::plugged(&built, Plug::Wasi.name()).unwrap();
    let component = host().unwrap().load(&plugged).unwrap();
    let run = composed::run_of(&component, &Setting::usual(pki.folder()), arguments).await;
    run.unwrap().output
}

/// What the crate's page begins with is what is built here, and it runs.
#[tokio::test]
async fn the_first_example_runs() {
    let (pki, _) = pki();
    let echo = TcpServer::echo("127.0.0.1").unwrap();
    let arguments = format!("127.0.0.1 {}", echo.addr().port());
    let said = example("first", "use futures_lite::", &arguments, &pki).await;
    assert_eq!(said, "hello\n");
}

#[tokio::test]
async fn the_one_with_tls_and_a_timeout_runs() {
    let (pki, leaf) = pki();
    let echo = TlsServer::echo("127.0.0.1", &leaf).unwrap();
    let arguments = format!("localhost {} /pki/ca.pem", echo.addr().port());
    let said = example("secure", "async fn hello()", &arguments, &pki).await;
    assert_eq!(said, "hello\n");
}
