//! The plugins directory: what can be called, and what cannot and why.
//!
//! A broken file stops nobody who does not use it.

use crate::model::Problem;
use crate::plugin::error::RuntimeError;
use crate::plugin::load;
use crate::plugin::load::BrokenPlugin;
use crate::plugin::load::Kind;
use crate::plugin::load::Plugin;
use crate::plugin::runtime::Runtime;
use crate::plugin::settings::CallbacksSetting;
use crate::plugin::settings::FormatterPlugin;
use crate::plugin::settings::FormatterSetting;
use crate::plugin::settings::Mark;
use crate::plugin::settings::MarkKind;
use crate::plugin::settings::NamedPlugin;
use serde_json::Value;
use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;

/// Cheap to clone.
#[derive(Clone, Default)]
pub struct Plugins {
    inner: Arc<Inner>,
}

#[derive(Default)]
struct Inner {
    loaded: BTreeMap<String, Arc<Plugin>>,
    broken: Vec<BrokenPlugin>,
}

impl Plugins {
    /// Loads each `*.wasm` of the directory, by name.
    pub async fn load(runtime: &Runtime, directory: &Path) -> Result<Self, RuntimeError> {
        let files =
            files(directory).map_err(|source| RuntimeError::Directory { directory: directory.to_owned(), source })?;
        let plugins = Self::load_files(runtime, &files).await;
        runtime.inner.cache.prune(plugins.iter().map(|plugin| plugin.digest.as_str()));
        Ok(plugins)
    }

    /// Loads these files, wherever they are.
    pub async fn load_files(runtime: &Runtime, files: &[PathBuf]) -> Self {
        let mut inner = Inner::default();
        // One after another: compiling one already keeps all cores busy.
        for file in files {
            match load::load(runtime, file).await {
                Ok(plugin) => {
                    inner.loaded.insert(plugin.name.clone(), Arc::new(plugin));
                }
                Err(broken) => inner.broken.push(broken),
            }
        }
        Self { inner: Arc::new(inner) }
    }

    /// With these files besides: each takes the place of the plugin of its name, also one that is broken.
    pub async fn with_files(self, runtime: &Runtime, files: &[PathBuf]) -> Self {
        let Self { inner: tried } = Self::load_files(runtime, files).await;
        let is_tried =
            |name: &str| tried.loaded.contains_key(name) || tried.broken.iter().any(|broken| broken.name == name);
        let loaded = self.inner.loaded.iter().filter(|(name, _)| !is_tried(name)).chain(&tried.loaded);
        let broken = self.inner.broken.iter().filter(|broken| !is_tried(&broken.name)).chain(&tried.broken);
        let loaded = loaded.map(|(name, plugin)| (name.clone(), Arc::clone(plugin))).collect();
        Self { inner: Arc::new(Inner { loaded, broken: broken.cloned().collect() }) }
    }

    pub fn get(&self, name: &str) -> Option<&Arc<Plugin>> {
        self.inner.loaded.get(name)
    }

    /// By name.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<Plugin>> {
        self.inner.loaded.values()
    }

    pub fn broken(&self) -> &[BrokenPlugin] {
        &self.inner.broken
    }

    /// The reporter of this name, or why there is none.
    pub fn reporter(&self, name: &str) -> Result<Arc<Plugin>, String> {
        self.find(name, Kind::Reporter)
    }

    /// The change hook of this name, or why there is none.
    pub fn change_hook(&self, name: &str) -> Result<Arc<Plugin>, String> {
        self.find(name, Kind::ChangeHook)
    }

    /// The formatter that a setting names and its settings as JSON text, or why there is none.
    pub fn formatter(&self, setting: &FormatterSetting) -> Result<(Arc<Plugin>, String), String> {
        let FormatterPlugin { name, settings, .. } = match setting {
            FormatterSetting::Plugin(plugin) => plugin,
            FormatterSetting::Own | FormatterSetting::Unknown => {
                return Err("expected the name of a message-formatter plugin".into());
            }
        };
        self.with_settings((Kind::MessageFormatter, "formatter"), name, settings.clone())
    }

    /// The review callbacks that a setting names and their settings as JSON text, or why there are none.
    pub fn callbacks(&self, setting: Option<&CallbacksSetting>) -> Result<(Arc<Plugin>, String), String> {
        let CallbacksSetting { name, settings, .. } = setting.ok_or_else(|| no_name(Kind::ReviewCallbacks))?;
        let kind = Kind::ReviewCallbacks;
        self.with_settings((kind, kind.noun()), name, settings.clone())
    }

    /// The plugin of this kind that a setting names and its settings as JSON text, or why there is none.
    pub fn named(&self, kind: Kind, setting: Value) -> Result<(Arc<Plugin>, String), String> {
        let NamedPlugin { name, settings } = NamedPlugin::of(setting).ok_or_else(|| no_name(kind))?;
        self.with_settings((kind, kind.noun()), &name, settings)
    }

    fn with_settings(
        &self,
        (kind, what): (Kind, &str),
        name: &str,
        settings: Value,
    ) -> Result<(Arc<Plugin>, String), String> {
        let plugin = self.find(name, kind)?;
        match plugin.schema.check(settings) {
            Ok(checked) => Ok((plugin, checked.settings.to_string())),
            Err(problems) => {
                let problems: Vec<String> = problems.into_iter().map(|p| format!("{}: {}", p.at, p.message)).collect();
                Err(format!("{what} {name:?} with wrong settings: {}", problems.join("; ")))
            }
        }
    }

    /// What is wrong with the other plugins that a reporter's settings name.
    pub fn check_helpers(&self, marks: &[Mark]) -> Vec<Problem> {
        let reason = |mark: &Mark| match mark.kind {
            MarkKind::MessageFormatter => match FormatterSetting::of(mark.value.clone()) {
                FormatterSetting::Own => None,
                setting @ (FormatterSetting::Plugin(_) | FormatterSetting::Unknown) => self.formatter(&setting).err(),
            },
            MarkKind::ReviewCallbacks => self.callbacks(CallbacksSetting::of(mark.value.clone()).as_ref()).err(),
            MarkKind::AddressLookup => self.named(Kind::AddressLookup, mark.value.clone()).err(),
            MarkKind::PreviousBuild => self.named(Kind::PreviousBuild, mark.value.clone()).err(),
            MarkKind::HttpOrigin
            | MarkKind::SmtpRelay
            | MarkKind::SshHost
            | MarkKind::SshIdentity
            | MarkKind::IrcServer
            | MarkKind::Secret
            | MarkKind::TlsVerify
            | MarkKind::Control => None,
        };
        let problem = |mark: &Mark| Some(Problem { at: mark.pointer.clone(), message: reason(mark)? });
        marks.iter().filter_map(problem).collect()
    }

    fn find(&self, name: &str, kind: Kind) -> Result<Arc<Plugin>, String> {
        let what = kind.noun();
        if let Some(plugin) = self.get(name) {
            let other = || format!("plugin {name:?} is {}, not {}", one(plugin.kind), one(kind));
            return if plugin.kind == kind { Ok(plugin.clone()) } else { Err(other()) };
        }
        if let Some(broken) = self.broken().iter().find(|broken| broken.name == name) {
            let file = broken.file.display();
            return Err(format!("plugin {name:?} is broken: {file}: {}; {}", broken.reason, broken.remedy));
        }
        let there: Vec<&str> = self.iter().filter(|plugin| plugin.kind == kind).map(|p| p.name.as_str()).collect();
        let there = if there.is_empty() { "none".to_owned() } else { there.join(", ") };
        Err(format!("there is no {what} plugin {name:?}; there is: {there}"))
    }
}

/// What a plugin of this kind is called in a sentence.
fn one(kind: Kind) -> String {
    match kind {
        Kind::ReviewCallbacks => kind.noun().to_owned(),
        Kind::Reporter | Kind::MessageFormatter | Kind::AddressLookup | Kind::PreviousBuild | Kind::ChangeHook => {
            format!("{} {}", article(kind.noun()), kind.noun())
        }
    }
}

fn no_name(kind: Kind) -> String {
    format!("expected the name of {} {} plugin", article(kind.world()), kind.world())
}

fn article(noun: &str) -> &'static str {
    if noun.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" }
}

/// Plugins of a directory, in the order of their names.
fn files(directory: &Path) -> io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(directory)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "wasm") {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}
