//! `campanile plugin test`: runs the fixtures of a plugin's project in the sandbox, and shows what is not as expected.

use super::cache;
use super::difference;
use super::fixture::Fixture;
use super::stage::Answered;
use super::stage::Stage;
use crate::cli::say;
use crate::plugin::Kind;
use crate::plugin::LogEntry;
use crate::plugin::Plugin;
use crate::plugin::Plugins;
use crate::plugin::Runtime;
use crate::plugin::RuntimeConfig;
use anyhow::Context;
use anyhow::bail;
use clap::Args;
use std::ffi::OsStr;
use std::fs;
use std::path::Path;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::SystemTime;

#[derive(Args)]
pub(crate) struct Test {
    /// The folder with the component and its fixtures
    #[arg(value_name = "DIR", default_value = ".")]
    folder: PathBuf,
    /// Write what the plugin answers into the fixtures, as what is expected from now on
    #[arg(long)]
    update: bool,
    /// Another plugin that is there, such as the formatter that settings name
    #[arg(long, value_name = "FILE")]
    with: Vec<PathBuf>,
}

/// How a fixture came out.
enum Verdict {
    AsExpected,
    Updated,
    Differs,
}

pub(super) async fn run(flags: &Test) -> anyhow::Result<ExitCode> {
    if !flags.folder.is_dir() {
        bail!("there is no folder {}; name the one that `campanile plugin new` made", flags.folder.display());
    }
    let component = component(&flags.folder)?;
    warn_if_stale(&flags.folder, &component);
    let fixtures = fixtures(&flags.folder)?;
    let runtime = Runtime::new(RuntimeConfig { cache_dir: cache::folder(), ..RuntimeConfig::default() })?;
    let files = [std::slice::from_ref(&component), &flags.with].concat();
    let plugins = Plugins::load_files(&runtime, &files).await;
    if let Some(broken) = plugins.broken().first() {
        bail!("{}: {}; {}", broken.file.display(), broken.reason, broken.remedy);
    }
    let name = component.file_stem().unwrap_or_default().to_string_lossy();
    let plugin = Arc::clone(plugins.get(&name).context("the plugin is loaded under its file's name")?);
    let mut failed = 0;
    for file in &fixtures {
        let shown = file.strip_prefix(&flags.folder).unwrap_or(file).display();
        match one(&runtime, &plugins, (&plugin, file), flags.update).await {
            Ok((Verdict::AsExpected, _)) => say!("{shown}  ok"),
            Ok((Verdict::Updated, _)) => say!("{shown}  updated"),
            Ok((Verdict::Differs, text)) => {
                failed += 1;
                say!("{shown}  FAILED\n{text}");
            }
            Err(error) => {
                failed += 1;
                say!("{shown}  FAILED\n    {error:#}");
            }
        }
    }
    say!("{}, {failed} failed", counted(fixtures.len()));
    Ok(if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn one(
    runtime: &Runtime,
    plugins: &Plugins,
    (plugin, file): (&Arc<Plugin>, &Path),
    update: bool,
) -> anyhow::Result<(Verdict, String)> {
    let fixture = Fixture::read(file)?;
    let stage = Stage::set(runtime, plugins, &fixture.given).await?;
    let answered = match plugin.kind {
        Kind::Reporter => stage.report(plugin, &fixture.given).await,
        Kind::MessageFormatter => stage.format(plugin, &fixture.given).await,
        Kind::ReviewCallbacks => stage.review(plugin, &fixture.given).await,
        Kind::AddressLookup => stage.look_up(plugin, &fixture.given).await,
        Kind::PreviousBuild => stage.find_previous(plugin, &fixture.given).await,
        Kind::ChangeHook => stage.hook(plugin, &fixture.given).await,
    };
    stage.leave().await;
    let Answered { answer, log } = answered?;
    if fixture.expected.as_ref() == Some(&answer) {
        return Ok((Verdict::AsExpected, String::new()));
    }
    if update {
        fs::write(file, fixture.with(&answer)).context("writing it")?;
        return Ok((Verdict::Updated, String::new()));
    }
    let mut text = match &fixture.expected {
        Some(expected) => difference::of(&expected.text(), &answer.text()),
        None => {
            let hint = "    it expects nothing yet; with --update it expects what came:\n";
            [hint, &difference::of("", &answer.text())].concat()
        }
    };
    text.extend(log.iter().map(said));
    Ok((Verdict::Differs, text))
}

fn counted(fixtures: usize) -> String {
    if fixtures == 1 { "1 fixture".to_owned() } else { format!("{fixtures} fixtures") }
}

fn said(entry: &LogEntry) -> String {
    let fields: String = entry.fields.iter().map(|(name, value)| format!(" {name}={value}")).collect();
    format!("    it said: {}{fields}\n", entry.message)
}

/// The component that was built last into the folder.
fn component(folder: &Path) -> anyhow::Result<PathBuf> {
    let mut found = files(folder, "wasm")?;
    found.sort_by_key(|file| modified(file));
    let missing = || format!("there is no component in {}; build it: {}", folder.display(), build_command(folder));
    found.pop().with_context(missing)
}

fn build_command(folder: &Path) -> String {
    let script = folder.join("build.sh");
    if script.is_file() { script.display().to_string() } else { "it is a file that ends in .wasm".to_owned() }
}

fn fixtures(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let place = folder.join("fixtures");
    let mut found = if place.is_dir() { files(&place, "json")? } else { Vec::new() };
    if found.is_empty() {
        bail!("there are no fixtures in {}; `campanile plugin new` shows how they look", place.display());
    }
    found.sort();
    Ok(found)
}

fn files(folder: &Path, extension: &str) -> anyhow::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).with_context(|| format!("reading {}", folder.display()))? {
        let path = entry?.path();
        if path.is_file() && path.extension() == Some(OsStr::new(extension)) {
            found.push(path);
        }
    }
    Ok(found)
}

/// A component that is older than what it was made of answers as it did before.
fn warn_if_stale(folder: &Path, component: &Path) {
    let sources = ["app.py", "app.js", "src/lib.rs"].map(|source| folder.join(source));
    if let Some(newer) = sources.iter().find(|source| modified(source) > modified(component)) {
        eprintln!("{} is newer than {}: build it again", newer.display(), component.display());
    }
}

fn modified(file: &Path) -> Option<SystemTime> {
    fs::metadata(file).and_then(|metadata| metadata.modified()).ok()
}
