//! `wit/posix` as others read it.

use std::path::{Path, PathBuf};
use wit_parser::{Resolve, Stability, TypeDefKind};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../wit/posix")
}

#[test]
fn every_item_is_documented_and_dated() {
    let mut resolve = Resolve::new();
    let (package, _) = resolve.push_dir(folder()).unwrap();
    let name = resolve.packages[package].name.to_string();
    assert_eq!(name, "switchboard:posix@0.1.0");
    resolve.select_world(&[package], Some("imports")).unwrap();
    let interface = resolve.packages[package].interfaces["sockets"];
    let interface = &resolve.interfaces[interface];
    let mut undocumented = Vec::new();
    let mut check = |what: &str, docs: &wit_parser::Docs, since: Option<&Stability>| {
        let documented = docs.contents.is_some();
        let dated = since.is_none_or(|it| matches!(it, Stability::Stable { .. }));
        if !documented || !dated {
            undocumented.push(what.to_owned());
        }
    };
    check("sockets", &interface.docs, Some(&interface.stability));
    for (name, id) in &interface.types {
        let kind = &resolve.types[*id];
        if matches!(kind.kind, TypeDefKind::Type(_)) {
            // Taken from elsewhere.
            continue;
        }
        check(name, &kind.docs, Some(&kind.stability));
        match &kind.kind {
            TypeDefKind::Enum(it) => it
                .cases
                .iter()
                .for_each(|it| check(&it.name, &it.docs, None)),
            TypeDefKind::Variant(it) => {
                it.cases
                    .iter()
                    .for_each(|it| check(&it.name, &it.docs, None));
            }
            TypeDefKind::Record(it) => {
                it.fields
                    .iter()
                    .for_each(|it| check(&it.name, &it.docs, None));
            }
            _ => {}
        }
    }
    for (name, function) in &interface.functions {
        // A setter stands below its getter, as in wasi:sockets.
        if !name.contains(".set-") {
            check(name, &function.docs, Some(&function.stability));
        }
    }
    assert!(undocumented.is_empty(), "{undocumented:?}");
}

/// As `wasm-tools component wit` reads and writes it.
#[test]
fn it_survives_being_encoded() {
    let mut resolve = Resolve::new();
    let (package, _) = resolve.push_dir(folder()).unwrap();
    let encoded = wit_component::encode(&resolve, package).unwrap();
    let decoded = wit_component::decode(&encoded).unwrap();
    let resolve = decoded.resolve();
    let name = resolve.packages[decoded.package()].name.to_string();
    assert_eq!(name, "switchboard:posix@0.1.0");
}

/// What it builds on is what the other package has.
#[test]
fn dependencies_are_the_same() {
    let mut count = 0;
    for entry in std::fs::read_dir(folder().join("deps")).unwrap() {
        let entry = entry.unwrap();
        let other = folder().join("../deps").join(entry.file_name());
        let read = |path: &Path| std::fs::read(path).unwrap();
        assert_eq!(read(&entry.path()), read(&other));
        count += 1;
    }
    assert!(count >= 2);
}
