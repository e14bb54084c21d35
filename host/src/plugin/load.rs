//! One file of the plugins directory: read, looked at, compiled or found in the cache, linked, asked who it is.

use crate::model::ReporterName;
use crate::model::Timestamp;
use crate::plugin::bindings;
use crate::plugin::bindings::address_lookup::AddressLookupPre;
use crate::plugin::bindings::change_hook::ChangeHookPre;
use crate::plugin::bindings::message_formatter::MessageFormatterPre;
use crate::plugin::bindings::previous_build::PreviousBuildPre;
use crate::plugin::bindings::review_callbacks::ReviewCallbacksPre;
use crate::plugin::cache;
use crate::plugin::call;
use crate::plugin::call::Callee;
use crate::plugin::exports::Describe;
use crate::plugin::inspect;
use crate::plugin::inspect::Inspection;
use crate::plugin::inspect::Misfit;
use crate::plugin::program::Program;
use crate::plugin::program::ReporterProgram;
use crate::plugin::runtime::Inner;
use crate::plugin::runtime::Runtime;
use crate::plugin::settings::Schema;
use crate::plugin::state::Scene;
use crate::plugin::world::Seed;
use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::path::PathBuf;
use wasmtime::component::Component;

/// What a plugin is, by its world.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Reporter,
    MessageFormatter,
    ReviewCallbacks,
    AddressLookup,
    PreviousBuild,
    ChangeHook,
}

impl Kind {
    pub const ALL: [Self; 6] = [
        Self::Reporter,
        Self::MessageFormatter,
        Self::ReviewCallbacks,
        Self::AddressLookup,
        Self::PreviousBuild,
        Self::ChangeHook,
    ];

    /// The name of its world in the contract.
    pub fn world(self) -> &'static str {
        match self {
            Self::Reporter => "reporter",
            Self::MessageFormatter => "message-formatter",
            Self::ReviewCallbacks => "review-callbacks",
            Self::AddressLookup => "address-lookup",
            Self::PreviousBuild => "previous-build",
            Self::ChangeHook => "change-hook",
        }
    }

    /// What people call such a plugin.
    pub fn noun(self) -> &'static str {
        match self {
            Self::Reporter => "reporter",
            Self::MessageFormatter => "message formatter",
            Self::ReviewCallbacks => "review callbacks",
            Self::AddressLookup => "address lookup",
            Self::PreviousBuild => "previous-build getter",
            Self::ChangeHook => "change hook",
        }
    }
}

/// A plugin that can be called.
pub struct Plugin {
    /// The file's name without `.wasm`: what configurations call it.
    pub name: String,
    pub kind: Kind,
    pub path: PathBuf,
    /// SHA-256 of the file, hexadecimal.
    pub digest: String,
    pub descriptor: Descriptor,
    /// The interfaces it imports, sorted.
    pub imports: Vec<String>,
    pub schema: Schema,
    pub(super) program: Program,
}

/// What a plugin says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Descriptor {
    pub name: String,
    pub version: String,
    /// One line.
    pub summary: String,
    /// JSON Schema.
    pub settings_schema: String,
}

/// A file that is no plugin for this host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BrokenPlugin {
    pub name: String,
    pub file: PathBuf,
    pub reason: String,
    pub remedy: String,
}

struct Linked {
    inspection: Inspection,
    digest: String,
    program: Program,
}

pub(super) async fn load(runtime: &Runtime, path: &Path) -> Result<Plugin, BrokenPlugin> {
    let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let found = prepare(runtime, &name, path).await;
    found.map_err(|Misfit { reason, remedy }| BrokenPlugin { name, file: path.to_owned(), reason, remedy })
}

async fn prepare(runtime: &Runtime, name: &str, path: &Path) -> Result<Plugin, Misfit> {
    let (inner, file) = (runtime.inner.clone(), path.to_owned());
    let linked = tokio::task::spawn_blocking(move || link(&inner, &file)).await;
    let Linked { inspection, digest, program } =
        linked.unwrap_or_else(|panic| Err(Misfit::new(format!("loading it failed: {panic}"), "report this bug")))?;
    let (descriptor, schema) = describe(runtime, name, &program).await?;
    let Inspection { kind, imports } = inspection;
    Ok(Plugin { name: name.to_owned(), kind, path: path.to_owned(), digest, descriptor, imports, schema, program })
}

fn link(runtime: &Inner, path: &Path) -> Result<Linked, Misfit> {
    let bytes = read(path)?;
    let inspection = inspect::inspect(&bytes)?;
    let digest = cache::digest(&bytes);
    let component = match runtime.cache.find(&runtime.engine, &digest) {
        Some(component) => component,
        None => {
            let component = Component::from_binary(&runtime.engine, &bytes).map_err(|error| uncompiled(&error))?;
            runtime.cache.keep(&component, &digest);
            component
        }
    };
    let program = program(runtime, inspection.kind, &component)
        .map_err(|e| Misfit::new(format!("it does not fit the contract: {e:#}"), "build it with the SDK"))?;
    Ok(Linked { inspection, digest, program })
}

/// What this engine is not made for, a tool was told to use, and would use again.
fn uncompiled(error: &wasmtime::Error) -> Misfit {
    let reason = format!("it does not compile: {error:#}");
    let is_async = reason.contains("async feature");
    let remedy = if is_async { "build it without async (componentize-qjs: with --sync)" } else { "build it again" };
    Misfit::new(reason, remedy)
}

fn program(runtime: &Inner, kind: Kind, component: &Component) -> wasmtime::Result<Program> {
    Ok(match kind {
        Kind::Reporter => Program::Reporter(ReporterProgram::new(&runtime.linkers.reporter, component)?),
        Kind::MessageFormatter => {
            let pre = runtime.linkers.message_formatter.instantiate_pre(component)?;
            Program::MessageFormatter(MessageFormatterPre::new(pre)?)
        }
        Kind::ReviewCallbacks => {
            let pre = runtime.linkers.review_callbacks.instantiate_pre(component)?;
            Program::ReviewCallbacks(ReviewCallbacksPre::new(pre)?)
        }
        Kind::AddressLookup => {
            Program::AddressLookup(AddressLookupPre::new(runtime.linkers.address_lookup.instantiate_pre(component)?)?)
        }
        Kind::PreviousBuild => {
            Program::PreviousBuild(PreviousBuildPre::new(runtime.linkers.previous_build.instantiate_pre(component)?)?)
        }
        Kind::ChangeHook => {
            Program::ChangeHook(ChangeHookPre::new(runtime.linkers.change_hook.instantiate_pre(component)?)?)
        }
    })
}

fn read(path: &Path) -> Result<Vec<u8>, Misfit> {
    let mut bytes = Vec::new();
    let read = File::open(path).and_then(|file| file.take(inspect::FILE_BYTES + 1).read_to_end(&mut bytes));
    read.map_err(|e| Misfit::new(format!("it cannot be read: {e}"), "see to its permissions"))?;
    if bytes.len() as u64 > inspect::FILE_BYTES {
        let reason = format!("it has more than {} MiB", inspect::FILE_BYTES >> 20);
        return Err(Misfit::new(reason, "build it for size, without debug information"));
    }
    Ok(bytes)
}

async fn describe(runtime: &Runtime, name: &str, program: &Program) -> Result<(Descriptor, Schema), Misfit> {
    let scene = Scene {
        caller: None,
        reporter: ReporterName(String::new()),
        overlay: Default::default(),
        event: None,
        at: Timestamp(0),
        seed: Seed::new("", 0),
        until: None,
    };
    let report = call::run(runtime, Callee { name, program }, Describe, scene).await;
    let described: bindings::Descriptor =
        report.outcome.map_err(|e| Misfit::new(format!("it cannot say who it is: {e}"), "ask its author"))?;
    let schema = Schema::compile(&described.settings_schema)
        .map_err(|e| Misfit::new(format!("the schema of its settings is wrong: {e}"), "ask its author"))?;
    let descriptor = Descriptor {
        name: described.name,
        version: described.version,
        summary: described.summary,
        settings_schema: described.settings_schema,
    };
    Ok((descriptor, schema))
}
