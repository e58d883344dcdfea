//! Cuts out of an object file what only a panic needs: its text, its place in the sources, and what formats them.
//!
//! In the package a panic is a trap. It has no hook, so nobody reads a panic's message. (A program with a hook must not be
//! linked this way.) Only a nightly compiler can build a standard library without messages. So each function that can
//! only panic becomes a trap here, and so does each call of one, together with its arguments. The linker then drops what
//! only they referred to. In the finished module this could not be done: an address is just a number there.

use std::{collections::HashSet, ops::Range};

use anyhow::{Context, Result, ensure};
use wasm_encoder::{CustomSection, Encode, Module, RawSection};
use wasmparser::{
    FunctionBody, KnownCustom, Linking, LinkingSectionReader, Operator, Parser, Payload, RelocAddendKind,
    RelocSectionReader, SymbolInfo, TypeRef,
};

/// What every panic and every failed allocation finally calls, by the ends of their symbols. rustc itself names both.
const LAST_CALLS: [&str; 2] = ["rust_begin_unwind", "__rust_alloc_error_handler"];

const CODE_RELOCATIONS: &str = "reloc.CODE";
const UNREACHABLE: u8 = 0x00;
const NOP: u8 = 0x01;

/// The object file of a whole program (`lto = "fat"`), with panics turned into plain traps.
///
/// # Errors
///
/// If rustc does not make such files for WebAssembly, or nothing in it can panic.
pub(crate) fn cut(object: &[u8]) -> Result<Vec<u8>> {
    let program = Program::read(object)?;
    let panics = program.panics()?;
    let mut cut = object.to_vec();
    for (index, body) in &program.functions {
        if panics.contains(index) {
            let start = body.get_operators_reader()?.original_position();
            put_trap(&mut cut[start..body.range().end - 1]);
        } else {
            cut_calls(&mut cut, body, &panics)?;
        }
    }
    program.write(&cut)
}

/// What has to be known about an object file.
struct Program<'a> {
    /// Identifiers and contents of all sections, in order.
    sections: Vec<(u8, Range<usize>)>,
    functions: Vec<(u32, FunctionBody<'a>)>,
    code_start: usize,
    /// Where the code refers to functions and data, for the linker.
    relocations: RelocSectionReader<'a>,
    last_calls: HashSet<u32>,
}

impl<'a> Program<'a> {
    fn read(object: &'a [u8]) -> Result<Self> {
        let mut sections = Vec::new();
        let mut imported = 0;
        let mut bodies = Vec::new();
        let mut code_start = 0;
        let mut relocations = None;
        let mut last_calls = HashSet::new();
        for payload in Parser::new(0).parse_all(object) {
            let payload = payload?;
            sections.extend(payload.as_section());
            match payload {
                Payload::ImportSection(imports) => {
                    for import in imports.into_imports() {
                        imported += u32::from(matches!(import?.ty, TypeRef::Func(_)));
                    }
                }
                Payload::CodeSectionStart { range, .. } => code_start = range.start,
                Payload::CodeSectionEntry(body) => bodies.push(body),
                Payload::CustomSection(section) => match section.as_known() {
                    KnownCustom::Linking(linking) => last_calls = find_last_calls(&linking)?,
                    KnownCustom::Reloc(reloc) if section.name() == CODE_RELOCATIONS => relocations = Some(reloc),
                    _ => {}
                },
                _ => {}
            }
        }
        let relocations = relocations.context("no object file: it does not say what refers to what")?;
        Ok(Self { sections, functions: (imported..).zip(bodies).collect(), code_start, relocations, last_calls })
    }

    /// The functions that can only panic: they do not return, and call only functions of this set.
    fn panics(&self) -> Result<HashSet<u32>> {
        let mut panics = self.last_calls.clone();
        loop {
            let known = panics.len();
            for (index, body) in &self.functions {
                if !panics.contains(index) && only_panics(body, &panics)? {
                    panics.insert(*index);
                }
            }
            if panics.len() == known {
                return Ok(panics);
            }
        }
    }

    /// The file with this code, and without the relocations of what was cut out.
    fn write(&self, object: &[u8]) -> Result<Vec<u8>> {
        let mut kept = Vec::new();
        let mut count = 0_u32;
        for entry in self.relocations.entries() {
            let entry = entry?;
            // A relocation fills in a number of five bytes. Its first byte is never that of a `nop`.
            if object[self.code_start + usize::try_from(entry.offset)?] == NOP {
                continue;
            }
            count += 1;
            kept.push(entry.ty as u8);
            entry.offset.encode(&mut kept);
            entry.index.encode(&mut kept);
            if entry.ty.addend_kind() != RelocAddendKind::None {
                entry.addend.encode(&mut kept);
            }
        }
        let mut relocations = Vec::new();
        self.relocations.section_index().encode(&mut relocations);
        count.encode(&mut relocations);
        relocations.extend(kept);

        let mut module = Module::new();
        for (id, range) in &self.sections {
            if range.end == self.relocations.range().end {
                module.section(&CustomSection { name: CODE_RELOCATIONS.into(), data: relocations.as_slice().into() });
            } else {
                module.section(&RawSection { id: *id, data: &object[range.clone()] });
            }
        }
        Ok(module.finish())
    }
}

fn find_last_calls(linking: &LinkingSectionReader<'_>) -> Result<HashSet<u32>> {
    let mut found = [None; LAST_CALLS.len()];
    for part in linking.subsections() {
        let Linking::SymbolTable(symbols) = part? else { continue };
        for symbol in symbols {
            let SymbolInfo::Func { index, name: Some(name), .. } = symbol? else { continue };
            for (wanted, found) in LAST_CALLS.iter().zip(&mut found) {
                if name.ends_with(wanted) {
                    *found = Some(index);
                }
            }
        }
    }
    for (name, found) in LAST_CALLS.iter().zip(found) {
        ensure!(found.is_some(), "no function is called {name}: has Rust renamed it, or is this program without LTO?");
    }
    Ok(found.into_iter().flatten().collect())
}

/// Whether the function cannot return, and calls only these. What it writes before that is of no use: as with any panic,
/// what it interrupts stays as it is.
fn only_panics(body: &FunctionBody<'_>, panics: &HashSet<u32>) -> Result<bool> {
    let mut blocks = 0;
    let mut trapped = false;
    for step in steps(body)? {
        let Step { operator, opcode, .. } = step?;
        // The outermost block is the function: branching there means returning.
        let goes_on = match &operator {
            Operator::End if blocks == 0 => return Ok(trapped),
            Operator::Br { relative_depth } | Operator::BrIf { relative_depth } => *relative_depth < blocks,
            Operator::BrTable { targets } => {
                let mut targets = targets.targets().chain([Ok(targets.default())]);
                targets.all(|target| target.is_ok_and(|target| target < blocks))
            }
            Operator::Call { function_index } => panics.contains(function_index),
            Operator::Unreachable | Operator::Block { .. } | Operator::Loop { .. } => true,
            Operator::If { .. } | Operator::Else | Operator::End => true,
            _ => computes(opcode) || stores(opcode),
        };
        if !goes_on {
            return Ok(false);
        }
        match operator {
            Operator::Block { .. } | Operator::Loop { .. } | Operator::If { .. } => blocks += 1,
            Operator::End => blocks -= 1,
            _ => {}
        }
        trapped = matches!(operator, Operator::Unreachable);
    }
    Ok(false)
}

/// Makes each call of a panic a trap, and removes what directly before it only computes the arguments.
fn cut_calls(code: &mut [u8], body: &FunctionBody<'_>, panics: &HashSet<u32>) -> Result<()> {
    let mut start = None;
    for step in steps(body)? {
        let Step { operator, opcode, place } = step?;
        let first = *start.get_or_insert(place.start);
        if matches!(operator, Operator::Call { function_index } if panics.contains(&function_index)) {
            put_trap(&mut code[first..place.end]);
        } else if computes(opcode) {
            continue;
        }
        start = None;
    }
    Ok(())
}

/// The trap has the same length, so that everything else stays in its place.
fn put_trap(code: &mut [u8]) {
    code.fill(NOP);
    code[0] = UNREACHABLE;
}

struct Step<'a> {
    operator: Operator<'a>,
    opcode: u8,
    place: Range<usize>,
}

fn steps<'a>(body: &FunctionBody<'a>) -> Result<impl Iterator<Item = Result<Step<'a>>>> {
    let bytes = body.as_bytes();
    let offset = body.range().start;
    let mut reader = body.get_operators_reader()?;
    Ok(std::iter::from_fn(move || {
        let start = reader.original_position();
        if reader.eof() {
            return None;
        }
        let step = reader.read().map(|operator| (operator, reader.original_position()));
        Some(step.map_err(Into::into).map(|(operator, end)| Step {
            operator,
            opcode: bytes[start - offset],
            place: start..end,
        }))
    }))
}

/// Locals, loads, constants and arithmetic. By opcode, because these have 150 names.
fn computes(opcode: u8) -> bool {
    matches!(opcode, 0x1a..=0x1b | 0x20..=0x23 | 0x28..=0x35 | 0x41..=0xc4)
}

/// Stores to memory or to a global.
fn stores(opcode: u8) -> bool {
    matches!(opcode, 0x24 | 0x36..=0x3e)
}
