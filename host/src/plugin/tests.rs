//! Plugins through their façade: real guests in real stores, well-behaved and not.
//!
//! The guests come from `tests/components/`, built by `cargo xtask test`, or by
//! `cargo build --profile guest --target wasm32-wasip2 -p misbehaving -p misbehaving-formatter --target-dir target/guests`.

mod calls;
mod files;
mod formatting;
mod settings;

use crate::data::Data;
use crate::data::Site;
use crate::data::updates::Update;
use crate::data::updates::UpdateError;
use crate::model::*;
use crate::plugin::CallReport;
use crate::plugin::Caller;
use crate::plugin::Limits;
use crate::plugin::Occasion;
use crate::plugin::Overlay;
use crate::plugin::Plugin;
use crate::plugin::Plugins;
use crate::plugin::Runtime;
use crate::plugin::RuntimeConfig;
use crate::store::Options;
use crate::store::Store;
use crate::store::Tx;
use serde_json::Value;
use serde_json::json;
use std::collections::BTreeMap;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// A host with the misbehaving guests loaded.
struct Host {
    caller: Caller,
    overlay: Overlay,
    _store: tempfile::TempDir,
}

type Handled = CallReport<Result<Vec<Effect>, Failure>>;

fn guest(name: &str) -> PathBuf {
    let workspace = concat!(env!("CARGO_MANIFEST_DIR"), "/../target/guests/wasm32-wasip2/guest");
    let directory = std::env::var_os("CAMPANILE_GUESTS").map_or_else(|| PathBuf::from(workspace), PathBuf::from);
    let path = directory.join(format!("{name}.wasm"));
    assert!(path.exists(), "{path:?} is missing: `cargo xtask test` builds it, or set CAMPANILE_GUESTS");
    path
}

/// A data API over a fresh store that knows one build, of one builder.
async fn data(directory: &Path) -> Data {
    let store = Store::open(&Options::new(directory.join("campanile.db"))).expect("a store");
    let updates = [
        ("masterActive", json!({"name": "test", "masterid": 1})),
        ("findBuilderId", json!({"name": "linux"})),
        ("addBuildset", json!({"waited_for": false, "builderids": [1]})),
        ("claimBuildRequests", json!({"brids": [1]})),
        ("addBuild", json!({"builderid": 1, "buildrequestid": 1})),
    ];
    let apply = move |tx: &mut Tx<'_>| {
        for (method, params) in updates {
            Update::parse(method, &params.to_string())?.apply(tx, Timestamp(1))?;
        }
        Ok::<_, UpdateError>(())
    };
    store.write(apply).await.expect("the updates are applied");
    Data::new(store, Site { title: "Example CI".into(), url: "https://ci.example.org/".into() })
}

/// Budgets that tests need not wait long for.
fn tight() -> Limits {
    Limits {
        cpu: Duration::from_millis(200),
        wall_clock: Duration::from_secs(2),
        concurrent_calls: 4,
        ..Limits::default()
    }
}

async fn host(limits: Limits) -> Host {
    let runtime = Runtime::new(RuntimeConfig { cache_dir: Some(cache()), limits }).expect("a runtime");
    let files = [guest("misbehaving"), guest("misbehaving_formatter")];
    let plugins = Plugins::load_files(&runtime, &files).await;
    assert_eq!(plugins.broken(), &[], "the guests load");
    let store = tempfile::tempdir().expect("a directory");
    let caller = Caller::new(runtime, plugins, data(store.path()).await);
    Host { caller, overlay: Overlay::new(), _store: store }
}

/// Shared by all tests and kept from run to run, as a real one.
fn cache() -> PathBuf {
    std::env::temp_dir().join("campanile-test-plugins")
}

impl Host {
    fn plugin(&self, name: &str) -> Arc<Plugin> {
        self.caller.plugins().get(name).expect("the plugin is loaded").clone()
    }

    async fn handle(&self, settings: Value) -> Handled {
        self.handle_at(settings, 7).await
    }

    async fn handle_at(&self, settings: Value, seq: i64) -> Handled {
        let occasion = Occasion { event: Arc::new(event(seq)), overlay: Arc::new(self.overlay.clone()) };
        self.caller.handle(&self.plugin("misbehaving"), &config(settings), occasion).await
    }

    async fn behave(&self, behaviour: &str) -> Handled {
        self.handle(json!({ "behaviour": behaviour })).await
    }
}

fn config(settings: Value) -> ReporterConfig {
    ReporterConfig {
        name: "failures".into(),
        title: "Example CI".into(),
        url: "https://ci.example.org/".into(),
        settings: settings.to_string(),
    }
}

/// What the reporter remembered, by key.
fn remembered(report: Handled) -> BTreeMap<String, Value> {
    let effects = report.outcome.expect("the call returns").expect("the reporter succeeds");
    let entries = effects.into_iter().filter_map(|effect| match effect {
        Effect::Remember { key, value } => Some((key, serde_json::from_str(&value?).expect("checked JSON"))),
        _ => None,
    });
    entries.collect()
}

fn event(seq: i64) -> ReporterEvent {
    ReporterEvent {
        seq: Seq(seq),
        topic: "builds/1/finished".into(),
        at: Timestamp(1_700_000_000),
        body: EventBody::Build(Box::new(report())),
    }
}

/// A build of the size that builds have: twenty properties, ten steps with a log each.
fn report() -> BuildReport {
    let step = |number: i64| StepWithLogs {
        step: Step {
            stepid: StepId(number + 1),
            number,
            name: format!("step {number}"),
            buildid: BuildId(1),
            started_at: Some(Timestamp(1)),
            locks_acquired_at: None,
            complete: true,
            complete_at: Some(Timestamp(2)),
            state_string: "finished".into(),
            results: Some(Results::Success),
            urls: Vec::new(),
            hidden: false,
        },
        logs: vec![LogReport { log: log(number), url: format!("https://ci.example.org/log/{number}") }],
    };
    let property = |n: i32| (format!("property {n}"), (json!(format!("value {n}")), "test".to_owned()));
    BuildReport {
        build: build(1),
        builder: Builder {
            builderid: BuilderId(1),
            name: "linux".into(),
            masterids: Vec::new(),
            description: None,
            description_format: None,
            description_html: None,
            projectid: None,
            tags: vec!["c".into()],
        },
        request: request(),
        buildset: buildset(),
        parent: None,
        url: "https://ci.example.org/#/builders/1/builds/1".into(),
        properties: (0..20).map(property).collect(),
        steps: (0..10).map(step).collect(),
        previous: Some(build(1)),
        changes: Vec::new(),
        users: vec!["ada@example.org".into()],
        gathered: Want::ALL,
    }
}

fn log(number: i64) -> Log {
    Log {
        logid: LogId(number + 1),
        name: "stdio".into(),
        slug: "stdio".into(),
        stepid: StepId(number + 1),
        complete: true,
        num_lines: 100,
        kind: LogKind::Stdio,
    }
}

fn build(id: i64) -> Build {
    Build {
        buildid: BuildId(id),
        number: id,
        builderid: BuilderId(1),
        buildrequestid: BuildRequestId(id),
        workerid: Some(WorkerId(1)),
        masterid: MasterId(1),
        started_at: Timestamp(1),
        complete_at: Some(Timestamp(2)),
        locks_duration_s: 0,
        complete: true,
        state_string: "build successful".into(),
        results: Some(Results::Failure),
        properties: Properties::new(),
    }
}

fn request() -> BuildRequest {
    BuildRequest {
        buildrequestid: BuildRequestId(1),
        buildsetid: BuildsetId(1),
        builderid: BuilderId(1),
        priority: 0,
        claimed: true,
        claimed_at: None,
        claimed_by_masterid: None,
        complete: true,
        results: 2,
        submitted_at: Timestamp(1),
        complete_at: Some(Timestamp(2)),
        waited_for: false,
        properties: None,
    }
}

fn buildset() -> Buildset {
    Buildset {
        bsid: BuildsetId(1),
        external_idstring: None,
        reason: "push".into(),
        rebuilt_buildid: None,
        submitted_at: Timestamp(1),
        complete: true,
        complete_at: Some(Timestamp(2)),
        results: Some(Results::Failure),
        parent_buildid: None,
        parent_relationship: None,
        sourcestamps: Vec::new(),
    }
}
