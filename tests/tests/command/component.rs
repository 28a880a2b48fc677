//! The component itself: its size, what it asks of its host and offers, and its documentation.

use std::path::Path;
use std::process::Command;
use std::time::Duration;
use switchboard_tests::child;
use switchboard_tests::command::{binary, component, posix_component};
use wit_component::{DecodedWasm, OutputToString, WitPrinter};
use wit_parser::abi::AbiVariant;
use wit_parser::{Resolve, SizeAlign, WorldId, WorldKey};

/// What it may be at most, in bytes: a sixth of it is what only servers and client certificates need.
const LARGEST: usize = 2_752_512;

fn world(wasm: &[u8]) -> (Resolve, WorldId) {
    match wit_component::decode(wasm).unwrap() {
        DecodedWasm::Component(resolve, world) => (resolve, world),
        DecodedWasm::WitPackage(..) => panic!("no component, but a package of interfaces"),
    }
}

/// As `wasm-tools component wit` prints it.
fn print(wasm: &[u8]) -> String {
    let decoded = wit_component::decode(wasm).unwrap();
    let package = decoded.package();
    let resolve = decoded.resolve();
    let others = resolve.packages.iter().map(|(id, _)| id);
    let others: Vec<_> = others.filter(|&id| id != package).collect();
    let mut printer = WitPrinter::new(OutputToString::default());
    printer.print(resolve, package, &others).unwrap();
    printer.output.to_string()
}

fn wit() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../wit")
}

#[test]
fn it_is_small() {
    let size = std::fs::read(component().unwrap()).unwrap().len();
    assert!(size <= LARGEST, "{size} bytes");
}

#[test]
fn it_asks_for_wasi_and_nothing_else() {
    let (resolve, world) = world(&std::fs::read(component().unwrap()).unwrap());
    let world = &resolve.worlds[world];
    let names = |keys: Vec<&WorldKey>| -> Vec<String> {
        keys.into_iter()
            .map(|key| resolve.name_world_key(key))
            .collect()
    };
    for import in names(world.imports.keys().collect()) {
        let (interface, version) = import.split_once('@').unwrap();
        assert!(interface.starts_with("wasi:"), "{import}");
        // 0.3 is what it speaks itself; 0.2 is what its standard library needs, and has no sockets.
        let known = match version {
            "0.3.0" => true,
            version => version.starts_with("0.2.") && !interface.contains("sockets"),
        };
        assert!(known, "{import}");
    }
    let mut exports = names(world.exports.keys().collect());
    exports.sort();
    let expected = [
        "switchboard:connect/datagrams@0.1.0",
        "switchboard:connect/streams@0.1.0",
        "switchboard:connect/tls-engine@0.1.0",
        "switchboard:connect/tls@0.1.0",
        "switchboard:connect/types@0.1.0",
        "wasi:cli/run@0.3.0",
    ];
    assert_eq!(exports, expected);
}

/// What the POSIX capability is to whoever looks at the two components.
const CAPABILITY: &str = "switchboard:posix";

#[test]
fn with_the_posix_capability_it_asks_for_that_as_well_and_is_the_same() {
    let read = |path: std::path::PathBuf| print(&std::fs::read(path).unwrap());
    let (plain, posix) = (read(component().unwrap()), read(posix_component().unwrap()));
    assert!(!plain.contains("switchboard:posix/sockets@"));
    // In any order, which is not theirs to choose.
    let sorted = |mut lines: Vec<&str>| -> Vec<String> {
        lines.retain(|it| !it.is_empty());
        lines.sort_unstable();
        lines.into_iter().map(str::to_owned).collect()
    };
    let mut kept = Vec::new();
    let (mut imported, mut inside) = (0, false);
    for line in posix.lines() {
        let is_import = line.starts_with(&format!("  import {CAPABILITY}/sockets@"));
        imported += usize::from(is_import);
        inside |= line.starts_with(&format!("package {CAPABILITY}@"));
        if !is_import && !inside {
            kept.push(line);
        }
        inside &= line != "}";
    }
    assert_eq!(imported, 1);
    let (kept, plain) = (sorted(kept), sorted(plain.lines().collect()));
    let differs = kept.iter().zip(&plain).find(|(one, other)| one != other);
    assert_eq!(differs, None);
    assert_eq!(kept.len(), plain.len());
}

#[test]
fn its_interfaces_are_those_of_the_package() {
    let (built, _) = world(&std::fs::read(component().unwrap()).unwrap());
    let mut written = Resolve::new();
    let (package, _) = written.push_dir(wit()).unwrap();
    for (name, &id) in &written.packages[package].interfaces {
        let mut found = built.interfaces.iter().filter(|(id, interface)| {
            interface.name.as_deref() == Some(name)
                && built
                    .id_of(*id)
                    .is_some_and(|it| it.starts_with("switchboard:connect/"))
        });
        let (_, found) = found.next().unwrap_or_else(|| panic!("there is no {name}"));
        let interface = &written.interfaces[id];
        let functions: Vec<_> = interface.functions.keys().collect();
        let mut built_ones: Vec<_> = found.functions.keys().collect();
        built_ones.sort_by_key(|name| functions.iter().position(|it| it == name));
        assert_eq!(built_ones, functions, "{name}");
        for name in interface.types.keys() {
            assert!(found.types.contains_key(name), "there is no type {name}");
        }
    }
}

/// With the documentation of the package, as `make component` adds it.
fn document(from: &Path, to: &Path) -> Vec<u8> {
    let mut command = Command::new(binary("document").unwrap());
    command.arg(from).arg(wit()).arg("switchboard").arg(to);
    let done = child::run(command, b"", Duration::from_secs(20));
    done.unwrap().success().unwrap();
    std::fs::read(to).unwrap()
}

#[test]
fn its_world_is_documented() {
    let wasm = std::fs::read(component().unwrap()).unwrap();
    let text = print(&wasm);
    let (_, root) = text.split_once("package root:component;").unwrap();
    let (docs, _) = root.split_once("world root {").unwrap();
    for sentence in [
        "The component `switchboard.wasm`: what it offers",
        "Stream connections: asyncio's `loop.create_connection`",
        "`create-connection`: Opens a connection",
        "`connection.read`: Waits for bytes",
        "`happy-eyeballs-delay`: Start the next attempt",
        "`name-mismatch`: It is not for the name",
    ] {
        assert!(docs.contains(sentence), "no {sentence:?} in {docs}");
    }
    let mut lines = docs.lines().filter(|line| !line.trim().is_empty());
    assert!(lines.all(|line| line.starts_with("///")), "{docs}");

    // A second time changes nothing, as two such sections in one file make it unreadable.
    let folder = tempfile::tempdir().unwrap();
    assert!(document(&component().unwrap(), &folder.path().join("twice.wasm")) == wasm);
}

#[test]
fn what_is_no_component_is_not_documented() {
    let folder = tempfile::tempdir().unwrap();
    let module = folder.path().join("module.wasm");
    let truncated = folder.path().join("truncated.wasm");
    std::fs::write(&module, b"\0asm\x01\0\0\0").unwrap();
    std::fs::write(&truncated, b"\0asm\x0d\0\x01\0\0\x05abc").unwrap();
    for (from, words) in [(&module, "no component"), (&truncated, "cut off")] {
        let mut command = Command::new(binary("document").unwrap());
        command
            .arg(from)
            .arg(wit())
            .arg("switchboard")
            .arg(folder.path().join("out.wasm"));
        let done = child::run(command, b"", Duration::from_secs(20)).unwrap();
        assert!(!done.status.success());
        assert!(done.stderr.contains(words), "{}", done.stderr);
    }
}

#[test]
fn parameters_in_memory_have_the_sizes_that_the_guest_frees() {
    let mut resolve = Resolve::new();
    let (package, _) = resolve.push_dir(wit()).unwrap();
    let mut sizes = SizeAlign::default();
    sizes.fill(&resolve);
    let layout = |interface: &str, name: &str| {
        let interface = resolve.packages[package].interfaces[interface];
        let function = &resolve.interfaces[interface].functions[name];
        let parameters = sizes.record(function.params.iter().map(|it| &it.ty));
        (
            parameters.size.size_wasm32(),
            parameters.align.align_wasm32(),
        )
    };
    // Those of guest/src/component/bindings.rs.
    assert_eq!(layout("streams", "create-connection"), (280, 8));
    assert_eq!(layout("streams", "create-unix-connection"), (128, 8));
    assert_eq!(layout("streams", "[method]attempt.run"), (288, 8));
    assert_eq!(layout("streams", "[method]attempt.run-unix"), (136, 8));
    assert_eq!(layout("datagrams", "create-datagram-endpoint"), (192, 8));
    assert_eq!(layout("datagrams", "[method]attempt.run"), (200, 8));
    assert_eq!(layout("datagrams", "[method]endpoint.send-to"), (52, 4));
}

/// What nobody frees would leak with each call.
#[test]
fn no_other_parameters_come_in_memory() {
    let mut resolve = Resolve::new();
    let (package, _) = resolve.push_dir(wit()).unwrap();
    let mut found = Vec::new();
    for (interface, &id) in &resolve.packages[package].interfaces {
        for (name, function) in &resolve.interfaces[id].functions {
            let signature = resolve.wasm_signature(AbiVariant::GuestExportAsync, function);
            if signature.indirect_params && function.kind.is_async() {
                found.push(format!("{interface} {name}"));
            }
        }
    }
    found.sort();
    let freed = [
        "datagrams [method]attempt.run",
        "datagrams [method]endpoint.send-to",
        "datagrams create-datagram-endpoint",
        "streams [method]attempt.run",
        "streams [method]attempt.run-unix",
        "streams create-connection",
        "streams create-unix-connection",
    ];
    assert_eq!(found, freed);
}
