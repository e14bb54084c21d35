//! A look at a file before it is compiled or linked: is it a plugin, of which kind, and does it fit this host.
//!
//! The answers of compiler and linker to a file that does not fit are not fit for people; these are. The walk reads
//! names and types and skips code. It is bounded and never panics: the file may be anything.

mod contract;

use crate::plugin::load::Kind;
use wasmparser::Parser;
use wasmparser::Payload;
use wasmparser::ValidPayload;
use wasmparser::Validator;
use wasmparser::WasmFeatures;
use wasmparser::component_types::ComponentEntityType;
use wasmparser::types::Types;

/// The largest plugin. A Python one has 19 MB.
pub(super) const FILE_BYTES: u64 = 64 << 20;

/// What a plugin is and wants.
#[derive(Debug)]
pub(super) struct Inspection {
    pub(super) kind: Kind,
    /// The interfaces it imports, sorted.
    pub(super) imports: Vec<String>,
}

/// Why a file is no plugin for this host, and what to do.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Misfit {
    pub(super) reason: String,
    pub(super) remedy: String,
}

impl Misfit {
    pub(super) fn new(reason: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { reason: reason.into(), remedy: remedy.into() }
    }
}

/// An interface that a component imports or exports, with its functions.
struct Interface {
    name: String,
    functions: Vec<String>,
}

pub(super) fn inspect(bytes: &[u8]) -> Result<Inspection, Misfit> {
    check_header(bytes)?;
    let (imports, exports) = interfaces(bytes)
        .map_err(|e| Misfit::new(format!("it is a damaged component: {e}"), "build or copy it again"))?;
    for name in imports.iter().chain(&exports).map(|interface| &interface.name) {
        contract::check_version(name)?;
    }
    let kind = contract::kind(&exports)?;
    contract::check_imports(kind, &imports)?;
    let mut imports: Vec<String> = imports.into_iter().map(|interface| interface.name).collect();
    imports.sort();
    Ok(Inspection { kind, imports })
}

fn check_header(bytes: &[u8]) -> Result<(), Misfit> {
    const COPY: &str = "put a WebAssembly component here, built for wasm32-wasip2";
    let text = bytes.trim_ascii_start();
    if bytes.is_empty() {
        Err(Misfit::new("the file is empty", COPY))
    } else if Parser::is_component(bytes) {
        Ok(())
    } else if Parser::is_core_wasm(bytes) {
        Err(Misfit::new(
            "it is a core module, not a component",
            "build it for wasm32-wasip2 (Rust), or with componentize-py or componentize-qjs",
        ))
    } else if text.starts_with(b"(component") || text.starts_with(b"(module") {
        Err(Misfit::new("it is WebAssembly as text", "translate it, such as with `wasm-tools parse -o plugin.wasm`"))
    } else if bytes.starts_with(b"\0asm") {
        Err(Misfit::new("it is WebAssembly of a version that this host does not know", COPY))
    } else {
        Err(Misfit::new("it is not WebAssembly", COPY))
    }
}

fn interfaces(bytes: &[u8]) -> Result<(Vec<Interface>, Vec<Interface>), wasmparser::BinaryReaderError> {
    // Whatever the format knows: what this engine does not, its compiler tells.
    let mut validator = Validator::new_with_features(WasmFeatures::all());
    let (mut imports, mut exports) = (Vec::new(), Vec::new());
    let mut depth = 0_usize;
    for payload in Parser::new(0).parse_all(bytes) {
        let payload = payload?;
        // Code is not validated here: the compiler does that.
        if let Payload::CodeSectionEntry(_) = payload {
            validator.payload(&payload)?;
            continue;
        }
        match &payload {
            Payload::Version { .. } => depth += 1,
            Payload::ComponentImportSection(section) if depth == 1 => {
                for import in section.clone() {
                    imports.push(import?.name.name.to_owned());
                }
            }
            Payload::ComponentExportSection(section) if depth == 1 => {
                for export in section.clone() {
                    exports.push(export?.name.name.to_owned());
                }
            }
            _ => {}
        }
        if let ValidPayload::End(types) = validator.payload(&payload)? {
            depth -= 1;
            if depth == 0 {
                return Ok(named(&types, imports, exports));
            }
        }
    }
    Ok((Vec::new(), Vec::new()))
}

fn named(types: &Types, imports: Vec<String>, exports: Vec<String>) -> (Vec<Interface>, Vec<Interface>) {
    let functions = |ty: Option<ComponentEntityType>| match ty {
        Some(ComponentEntityType::Instance(id)) => types[id]
            .exports
            .iter()
            .filter(|(_, item)| matches!(item.ty, ComponentEntityType::Func(_)))
            .map(|(name, _)| name.clone())
            .collect(),
        _ => Vec::new(),
    };
    let import = |name: String| {
        let functions = functions(types.component_item_for_import(&name).map(|item| item.ty));
        Interface { name, functions }
    };
    let export = |name: String| {
        let functions = functions(types.component_item_for_export(&name).map(|item| item.ty));
        Interface { name, functions }
    };
    (imports.into_iter().map(import).collect(), exports.into_iter().map(export).collect())
}
