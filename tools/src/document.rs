//! Puts the documentation of a package's world into a component: `document IN.wasm WIT_DIR WORLD OUT.wasm`.
//!
//! Linking leaves it out. What reads components (`wasm-tools component wit`) looks for it in a custom section and gives
//! it to the world that it makes of the component, which it calls `root`. Interfaces of a named package have no place of
//! their own there, so that all is told with the world.

use anyhow::{Context, Result, bail};
use std::fmt::Write;
use std::path::Path;
use wasm_encoder::{ComponentSection, CustomSection};
use wit_parser::{
    Docs, FunctionKind, Interface, PackageId, PackageMetadata, Resolve, TypeDef, TypeDefKind,
    WorldId, WorldItem,
};

/// A component as its readers see it, as far as it is known here.
const ROOT: &str = "package root:component; world root {}";

/// The magic number, and what tells a component from a module.
const PREAMBLE: &[u8] = b"\0asm\x0d\0\x01\0";

fn main() -> Result<()> {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let [from, wit, world, to] = arguments.as_slice() else {
        bail!("usage: document IN.wasm WIT_DIR WORLD OUT.wasm");
    };
    let component = std::fs::read(from).with_context(|| from.clone())?;
    let documented = document(&component, Path::new(wit), world)?;
    std::fs::write(to, documented).with_context(|| to.clone())
}

/// The component with the documentation of the package in this directory, in place of any that it had.
fn document(component: &[u8], wit: &Path, world: &str) -> Result<Vec<u8>> {
    let mut component = undocumented(component)?;
    let mut resolve = Resolve::new();
    let (package, _) = resolve.push_dir(wit)?;
    let world = resolve.select_world(&[package], Some(world))?;
    let text = describe(&resolve, package, world);

    let mut reader = Resolve::new();
    let root = reader.push_str("root.wit", ROOT)?;
    let world = reader.select_world(&[root], Some("root"))?;
    reader.worlds[world].docs.contents = Some(text);
    let section = CustomSection {
        name: PackageMetadata::SECTION_NAME.into(),
        data: PackageMetadata::extract(&reader, root).encode()?.into(),
    };
    section.append_to_component(&mut component);
    Ok(component)
}

/// The component without documentation of its own. What is nested in it is left alone.
fn undocumented(component: &[u8]) -> Result<Vec<u8>> {
    let Some(mut rest) = component.strip_prefix(PREAMBLE) else {
        bail!("this is no component");
    };
    let mut kept = PREAMBLE.to_vec();
    while let [id, after @ ..] = rest {
        let (section, left) = sized(after).context("a section is cut off")?;
        let whole = &rest[..rest.len() - left.len()];
        let named = |section| Some(sized(section)?.0 == PackageMetadata::SECTION_NAME.as_bytes());
        if *id != 0 || named(section) != Some(true) {
            kept.extend(whole);
        }
        rest = left;
    }
    Ok(kept)
}

/// What follows a size in LEB128, as much as that says; and the rest.
fn sized(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let length = bytes.iter().position(|byte| byte & 0x80 == 0)? + 1;
    let (size, rest) = bytes.split_at(length);
    let size = size.iter().rev().try_fold(0_usize, |size, byte| {
        Some(size.checked_mul(128)? | usize::from(byte & 0x7f))
    })?;
    rest.split_at_checked(size)
}

/// The documentation of the world, and of all that it offers of its package.
fn describe(resolve: &Resolve, package: PackageId, world: WorldId) -> String {
    let world = &resolve.worlds[world];
    let interfaces = world.exports.values().filter_map(|item| match item {
        WorldItem::Interface { id, .. } => Some(&resolve.interfaces[*id]),
        _ => None,
    });
    let interfaces = interfaces.filter(|it: &&Interface| it.package == Some(package));

    let mut text = world.docs.contents.clone().unwrap_or_default();
    for interface in interfaces {
        let name = interface.name.as_deref().unwrap_or_default();
        let _ = write!(text, "\n\n`{name}`: {}\n", told(&interface.docs, 0));
        for (name, id) in &interface.types {
            define(&mut text, name, &resolve.types[*id]);
        }
        for function in interface.functions.values() {
            let name = match function.kind.resource() {
                Some(id) => {
                    let resource = resolve.types[id].name.as_deref().unwrap_or_default();
                    match function.kind {
                        FunctionKind::Constructor(_) => format!("{resource}.constructor"),
                        _ => format!("{resource}.{}", function.item_name()),
                    }
                }
                None => function.name.clone(),
            };
            item(&mut text, 0, &name, &function.docs);
        }
    }
    text.trim_end().to_owned()
}

/// A type and its parts.
fn define(text: &mut String, name: &str, definition: &TypeDef) {
    item(text, 0, name, &definition.docs);
    let parts: Vec<(&str, &Docs)> = match &definition.kind {
        TypeDefKind::Record(it) => it.fields.iter().map(|it| (&*it.name, &it.docs)).collect(),
        TypeDefKind::Variant(it) => it.cases.iter().map(|it| (&*it.name, &it.docs)).collect(),
        TypeDefKind::Enum(it) => it.cases.iter().map(|it| (&*it.name, &it.docs)).collect(),
        TypeDefKind::Flags(it) => it.flags.iter().map(|it| (&*it.name, &it.docs)).collect(),
        _ => Vec::new(),
    };
    for (name, docs) in parts {
        item(text, 1, name, docs);
    }
}

/// An item of a list, if there is something to tell.
fn item(text: &mut String, depth: usize, name: &str, docs: &Docs) {
    if !docs.is_empty() {
        let indent = "  ".repeat(depth);
        let _ = writeln!(text, "{indent}- `{name}`: {}", told(docs, depth + 1));
    }
}

/// The text, with its further lines below its first one.
fn told(docs: &Docs, depth: usize) -> String {
    let lines = docs.contents.as_deref().unwrap_or_default().trim_end();
    lines.replace('\n', &format!("\n{}", "  ".repeat(depth)))
}
