//! Makes a component of a module, which may ask its host for some interfaces alone: `narrow IN.wasm OUT.wasm INTERFACE...`.
//!
//! The standard library imports what it might need, such as standard error for the message of a panic. Whoever calls what
//! is not allowed traps, as it would after that message. An interface is named without its version.

use anyhow::{Context, Result, bail};
use std::convert::Infallible;
use wasm_encoder::reencode::{Error, Reencode, utils};
use wasm_encoder::{CodeSection, Function, FunctionSection, ImportSection, Instruction, Module};
use wasmparser::{CodeSectionReader, FunctionSectionReader, Imports, Parser, Payload, TypeRef};
use wit_component::ComponentEncoder;

fn main() -> Result<()> {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let [from, to, allowed @ ..] = arguments.as_slice() else {
        bail!("usage: narrow IN.wasm OUT.wasm INTERFACE...");
    };
    let module = std::fs::read(from).with_context(|| from.clone())?;
    let narrowed = Narrow::new(&module, allowed)?.encode(&module)?;
    let component = ComponentEncoder::default()
        .validate(true)
        .module(&narrowed)?
        .encode()?;
    std::fs::write(to, component).with_context(|| to.clone())
}

/// Moves functions that are not allowed from the imports to the end of those of the module.
struct Narrow<'a> {
    allowed: &'a [String],
    /// Where each imported function goes.
    imported: Vec<u32>,
    kept: u32,
    /// The types of those that are not imported any more.
    removed: Vec<u32>,
}

impl<'a> Narrow<'a> {
    fn new(module: &[u8], allowed: &'a [String]) -> Result<Self> {
        let mut narrow = Self {
            allowed,
            imported: Vec::new(),
            kept: 0,
            removed: Vec::new(),
        };
        let (mut allowed, mut own) = (Vec::new(), 0);
        for payload in Parser::new(0).parse_all(module) {
            match payload? {
                Payload::ImportSection(section) => {
                    for import in section.into_imports() {
                        let import = import?;
                        if let TypeRef::Func(kind) = import.ty {
                            let is_allowed = narrow.allows(import.module);
                            allowed.push(is_allowed);
                            match is_allowed {
                                true => narrow.kept += 1,
                                false => narrow.removed.push(kind),
                            }
                        }
                    }
                }
                Payload::FunctionSection(section) => own = section.count(),
                _ => {}
            }
        }
        let (mut next_kept, mut next_removed) = (0, narrow.kept + own);
        narrow.imported = allowed
            .into_iter()
            .map(|is_allowed| {
                let next = if is_allowed {
                    &mut next_kept
                } else {
                    &mut next_removed
                };
                *next += 1;
                *next - 1
            })
            .collect();
        Ok(narrow)
    }

    /// What does not begin with a namespace is the component's own business.
    fn allows(&self, module: &str) -> bool {
        let interface = module.split('@').next().unwrap_or_default();
        !interface.starts_with("wasi:") || self.allowed.iter().any(|it| it == interface)
    }

    fn encode(mut self, module: &[u8]) -> Result<Vec<u8>> {
        let mut narrowed = Module::new();
        self.parse_core_module(&mut narrowed, Parser::new(0), module)?;
        Ok(narrowed.finish())
    }
}

impl Reencode for Narrow<'_> {
    type Error = Infallible;

    fn function_index(&mut self, function: u32) -> Result<u32, Error<Infallible>> {
        Ok(match self.imported.get(function as usize) {
            Some(&moved) => moved,
            None => function - self.imported.len() as u32 + self.kept,
        })
    }

    fn parse_imports(
        &mut self,
        section: &mut ImportSection,
        imports: Imports<'_>,
    ) -> Result<(), Error<Infallible>> {
        match &imports {
            Imports::Single(_, import)
                if matches!(import.ty, TypeRef::Func(_)) && !self.allows(import.module) =>
            {
                Ok(())
            }
            _ => utils::parse_imports(self, section, imports),
        }
    }

    fn parse_function_section(
        &mut self,
        functions: &mut FunctionSection,
        section: FunctionSectionReader<'_>,
    ) -> Result<(), Error<Infallible>> {
        utils::parse_function_section(self, functions, section)?;
        for &kind in &self.removed {
            functions.function(kind);
        }
        Ok(())
    }

    fn parse_code_section(
        &mut self,
        code: &mut CodeSection,
        section: CodeSectionReader<'_>,
    ) -> Result<(), Error<Infallible>> {
        utils::parse_code_section(self, code, section)?;
        for _ in &self.removed {
            let mut body = Function::new([]);
            body.instruction(&Instruction::Unreachable);
            body.instruction(&Instruction::End);
            code.function(&body);
        }
        Ok(())
    }
}
