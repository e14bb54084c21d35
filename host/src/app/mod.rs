//! The host, wired together: store, plugins, reporters, dispatch, HTTP. It owns nothing of its own.

mod change_hooks;
mod chats;
mod http_steps;
mod listening;
mod local_key;
mod replay;
mod reporters;
mod running;
mod settings;
mod ssh;

pub(crate) use chats::permitted;
pub use local_key::LocalKey;
pub use local_key::read as read_local_key;
pub use replay::Made;
pub use replay::Replayed;
pub use replay::replay;
pub use running::Running;
use running::Serving;
pub(crate) use settings::granting;
pub(crate) use settings::is_bundled;

use crate::api;
use crate::bus::Progress;
use crate::config::Config;
use crate::config::ConfigError;
use crate::data::Data;
use crate::data::Site;
use crate::data::updates::MASTER;
use crate::dispatch;
use crate::dispatch::Context as Dispatching;
use crate::dispatch::Schedule;
use crate::model::Millis;
use crate::model::StepGrants;
use crate::plugin::Caller;
use crate::plugin::Limits;
use crate::plugin::Plugins;
use crate::plugin::Runtime;
use crate::plugin::RuntimeConfig;
use crate::store::Options;
use crate::store::Store;
use crate::store::StoreError;
use crate::transport::ChatTimes;
use crate::transport::Guard;
use crate::transport::Hello;
use crate::transport::Secrets;
use crate::transport::Setup;
use crate::transport::Transports;
use crate::transport::Trust;
use anyhow::Context;
use anyhow::anyhow;
use anyhow::bail;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use std::time::SystemTime;
use std::time::UNIX_EPOCH;
use tokio_util::sync::CancellationToken;

/// What tests turn, and the configuration does not.
#[derive(Clone, Debug)]
pub struct Tuning {
    pub schedule: Schedule,
    pub live: api::LiveTuning,
    /// A connection whose peer takes nothing for so long is closed.
    pub write_deadline: Duration,
    pub chat_times: ChatTimes,
    /// For all that a change hook reads for one request.
    pub hook_reading: Duration,
}

/// Long enough for a laptop that changes its network, short enough that who is gone does not pile up.
const WRITE_DEADLINE: Duration = Duration::from_secs(60);

/// Where Linux tells the name of the machine; elsewhere it has to be configured.
const MACHINE_NAME: &str = "/proc/sys/kernel/hostname";

impl Default for Tuning {
    fn default() -> Self {
        Self {
            schedule: Schedule::usual(),
            live: api::LiveTuning::default(),
            write_deadline: WRITE_DEADLINE,
            chat_times: ChatTimes::USUAL,
            hook_reading: api::READING_TIME,
        }
    }
}

/// Everything that is made from a configuration before anything runs.
struct Parts {
    store: Store,
    caller: Caller,
    data: Data,
    transports: Transports,
    reporters: reporters::Reporters,
    hooks: change_hooks::ChangeHooks,
    step_grants: StepGrants,
}

/// What a configuration that is well makes: names, each with its plugin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Well {
    pub reporters: Vec<String>,
    pub hooks: Vec<String>,
}

/// Starts a host; it takes updates when this returns.
pub async fn start(config: Config) -> anyhow::Result<Running> {
    start_tuned(config, Tuning::default()).await
}

/// The same, tuned.
pub async fn start_tuned(config: Config, tuning: Tuning) -> anyhow::Result<Running> {
    if !config.problems.is_empty() {
        // Nothing of it is used; what else is wrong is said along.
        return Err(check(&config).await.err().unwrap_or_else(|| anyhow!("the configuration has problems")));
    }
    let store = Store::open(&Options::new(&config.store.path))?;
    let parts = prepare(&config, store, (&[], tuning.chat_times)).await?;
    let operator = api::fresh_token()?;
    let tokens = api::Tokens::load(parts.store.clone(), Some(&operator)).await?;
    let listener = listening::listen(config.server.listen, tokens.needed()).await?;
    local_key::write(&config.store.path, listener.local_addr().context("asking for the address")?, &operator)?;
    let boot = begin(&parts.store).await?;
    http_steps::end_left(&parts.store, now()).await?;
    let progress = Progress::default();
    let stop = CancellationToken::new();
    let live = api::Live::new(&parts.store, &tuning.live, stop.clone());
    let http_steps = api::HttpSteps::new(parts.step_grants, stop.clone());
    let steps = http_steps.tasks();
    let state = api::State::new(api::Parts {
        store: parts.store.clone(),
        data: parts.data.clone(),
        hooks: api::Hooks::new(parts.caller.clone(), &parts.hooks, (&config.server, tuning.hook_reading)),
        plugins: parts.caller.plugins().clone(),
        reporters: Arc::clone(&parts.reporters),
        progress: progress.clone(),
        transports: parts.transports.clone(),
        live: live.clone(),
        tokens,
        append_stall: Duration::from_millis(config.server.append_stall_ms),
        appends: api::Appends::default(),
        http_steps,
    });
    let dispatch = dispatch::start(Dispatching {
        store: parts.store.clone(),
        data: parts.data,
        caller: parts.caller,
        transports: parts.transports,
        reporters: parts.reporters,
        schedule: tuning.schedule,
        boot,
        identity: parts.store.read(|reader| reader.identity()).await?.into(),
        progress,
    })
    .await?;
    let router = api::router(state, &config.server, config.www.directory.as_deref());
    let serving = Serving { live, stop, steps, write_deadline: tuning.write_deadline };
    Running::new((listener, router, serving), (parts.store, dispatch, boot), &config)
}

/// Checks what a start would find, and starts nothing. Returns the reporters and change hooks, or all that is wrong at once.
///
/// Of the database it looks at the folder only, and it does not listen: another host may be running.
pub async fn check(config: &Config) -> anyhow::Result<Well> {
    let folder = tempfile::tempdir().context("making a temporary folder")?;
    let mut config = config.clone();
    let mut problems = std::mem::take(&mut config.problems);
    problems.extend(missing_folder(&config.store.path));
    config.plugins.cache.get_or_insert_with(|| cache(&config.store.path));
    config.store.path = folder.path().join("check.db");
    let store = Store::open(&Options::new(&config.store.path))?;
    let parts = match prepare(&config, store, (&[], ChatTimes::USUAL)).await {
        Ok(parts) => parts,
        Err(error) => return Err(along(problems, error)),
    };
    parts.store.close().await;
    if !problems.is_empty() {
        bail!(ConfigError { path: None, problems });
    }
    let reporters = parts.reporters.values().map(|reporter| format!("{} ({})", reporter.name, reporter.plugin.name));
    let hooks = parts.hooks.values().map(|hook| format!("{} ({})", hook.dialect, hook.plugin.name));
    Ok(Well { reporters: reporters.collect(), hooks: hooks.collect() })
}

fn missing_folder(store: &Path) -> Option<String> {
    let folder = store.parent().filter(|folder| !folder.as_os_str().is_empty() && !folder.is_dir())?;
    Some(format!("store.path: there is no folder {}; make it", folder.display()))
}

fn missing_pages(folder: &Path) -> Option<String> {
    let missing = !folder.join("index.html").is_file();
    missing
        .then(|| format!("www.directory: there is no index.html in {}; name the folder of the pages", folder.display()))
}

/// The error, told together with what else is wrong.
fn along(mut problems: Vec<String>, error: anyhow::Error) -> anyhow::Error {
    match error.downcast::<ConfigError>() {
        Ok(more) => problems.extend(more.problems),
        Err(error) if problems.is_empty() => return error,
        Err(error) => problems.push(format!("{error:#}")),
    }
    ConfigError { path: None, problems }.into()
}

/// `tried`: plugins that take the place of those in the plugins directory.
async fn prepare(config: &Config, store: Store, (tried, chat_times): (&[PathBuf], ChatTimes)) -> anyhow::Result<Parts> {
    // A second start in one process finds it installed.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let site = Site { title: config.server.title.clone(), url: config.server.url.clone() };
    let data = Data::new(store.clone(), site.clone());
    let mut problems: Vec<String> = config.www.directory.as_deref().and_then(missing_pages).into_iter().collect();
    let transports = transports(config, chat_times, &mut problems)?;
    let (runtime, plugins) = match plugins(config).await {
        Ok(plugins) => plugins,
        Err(error) => return Err(along(problems, error)),
    };
    let plugins = if tried.is_empty() { plugins } else { plugins.with_files(&runtime, tried).await };
    for broken in plugins.broken() {
        tracing::warn!(file = %broken.file.display(), reason = broken.reason, remedy = broken.remedy, "a plugin is left out");
    }
    let caller = Caller::new(runtime, plugins, data.clone());
    let loaded = reporters::load(&config.reporters, &caller, (&site, transports.secrets())).await;
    let reporters = loaded.unwrap_or_else(|found| {
        problems.extend(found);
        reporters::Reporters::default()
    });
    let place = (transports.secrets(), &config.server);
    let hooks = change_hooks::load(&config.change_hooks, &caller, place).await.unwrap_or_else(|found| {
        problems.extend(found);
        change_hooks::ChangeHooks::default()
    });
    let step_grants = http_steps::grants(&config.http_steps, transports.secrets(), &mut problems);
    if !problems.is_empty() {
        bail!(ConfigError { path: None, problems });
    }
    Ok(Parts { store, caller, data, transports, reporters, hooks, step_grants })
}

async fn plugins(config: &Config) -> anyhow::Result<(Runtime, Plugins)> {
    let limits = Limits {
        memory_bytes: config.plugins.memory_bytes,
        cpu: Duration::from_millis(config.plugins.cpu_ms),
        wall_clock: Duration::from_millis(config.plugins.timeout_ms),
        ..Limits::default()
    };
    let cache_dir = config.plugins.cache.clone().unwrap_or_else(|| cache(&config.store.path));
    let runtime = Runtime::new(RuntimeConfig { cache_dir: Some(cache_dir), limits })?;
    let directory = &config.plugins.directory;
    let is_needed = !config.reporters.is_empty() || !config.change_hooks.is_empty();
    if !is_needed && !directory.exists() {
        tracing::warn!(directory = %directory.display(), "there is no plugins directory ([plugins] directory)");
        return Ok((runtime, Plugins::default()));
    }
    let plugins = Plugins::load(&runtime, directory).await.context("[plugins] directory")?;
    Ok((runtime, plugins))
}

/// Beside the database: it is ours, and it is on a disk that takes what we write.
fn cache(store: &Path) -> PathBuf {
    let mut path = store.as_os_str().to_owned();
    path.push(".plugins");
    PathBuf::from(path)
}

/// What is wrong with `[network]` is noted and left out, so that it is told with what is wrong elsewhere.
fn transports(config: &Config, chat_times: ChatTimes, problems: &mut Vec<String>) -> anyhow::Result<Transports> {
    let guard = Guard::parse(&config.network.allow).unwrap_or_else(|found| {
        problems.extend(found.into_iter().map(|(index, error)| format!("network.allow[{index}]: {error}")));
        Guard::default()
    });
    let setup = Setup {
        guard,
        secrets: Secrets::new(Some(config.secrets.directory.clone())),
        trust: Trust { extra_ca: config.network.extra_ca.clone() },
        hello: hello(config.network.hello.as_deref(), problems),
        chat_times,
        ssh: ssh::setup(&config.ssh, &config.store.path, problems),
        ..Setup::default()
    };
    let untrusting = Setup { trust: Trust::default(), ..setup.clone() };
    Transports::new(setup).or_else(|error| {
        problems.push(format!("network.extra_ca: {error}"));
        Ok(Transports::new(untrusting)?)
    })
}

/// As configured, else as the machine is called.
fn hello(configured: Option<&str>, problems: &mut Vec<String>) -> Hello {
    let Some(name) = configured else {
        return Hello::of_machine(std::fs::read_to_string(MACHINE_NAME).ok().as_deref());
    };
    Hello::parse(name).unwrap_or_else(|error| {
        problems.push(format!("network.hello: {error}"));
        Hello::default()
    })
}

/// Counts this life of the process, and makes the master that calls belong to which name none.
async fn begin(store: &Store) -> anyhow::Result<crate::model::Boot> {
    let now = now();
    let boot: Result<_, StoreError> = store
        .write(move |tx| {
            if !tx.has_master(MASTER)? {
                tx.insert_master(MASTER, "master")?;
            }
            tx.begin_boot(now)
        })
        .await;
    Ok(boot?)
}

fn now() -> Millis {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}
