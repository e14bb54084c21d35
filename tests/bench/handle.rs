//! One call of the mail reporter in a fresh instance: against the same code natively, and in a process of its own. For
//! a build of usual size, and for a small one: a call costs something before it begins, and then by the size of its event.

use crate::clients::Client;
use crate::clients::here;
use crate::host;
use crate::host::Host;
use crate::mix;
use crate::native;
use crate::processes;
use crate::rounds::median;
use crate::rounds::percentile;
use crate::table::Goal;
use crate::table::Row;
use crate::table::seconds;
use crate::usual;
use campanile::data::Data;
use campanile::data::Site;
use campanile::model::*;
use campanile::plugin::Caller;
use campanile::plugin::Occasion;
use campanile::plugin::Plugin;
use campanile::plugin::Plugins;
use campanile::plugin::Runtime as Sandbox;
use campanile::plugin::RuntimeConfig;
use campanile::store::Options;
use campanile::store::Store;
use campanile_sdk::Config;
use campanile_sdk::Reporter;
use campanile_sdk::testing::Given;
use campanile_tests::finished_build;
use campanile_tests::plugin_file;
use mail::MailNotifier;
use serde_json::Value;
use std::hint::black_box;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;
use tokio::runtime::Runtime;

/// Calls in one turn, and turns.
const CALLS: usize = 1000;
const TURNS: usize = 20;
/// Calls at the beginning of a turn that are not counted: the processes of the turn before have left nothing in the caches.
const WARMING: usize = 100;
const PROCESSES: usize = 20;

/// Calls that tell of a build on a builder, with a result.
type Story = fn(i64, i64) -> Value;

/// Seconds of each call.
#[derive(Default)]
struct Times {
    fresh: Vec<f64>,
    native: Vec<f64>,
    bare: Vec<f64>,
    process: Vec<f64>,
}

/// What is called with what.
struct Scene {
    caller: Caller,
    plugin: Arc<Plugin>,
    config: ReporterConfig,
    event: Arc<ReporterEvent>,
    given: Given,
}

pub(crate) fn run(runtime: &Runtime) -> Vec<Row> {
    let mut rows = Vec::new();
    for (what, told) in [("usual", usual::finished_build as Story), ("small", finished_build)] {
        rows.extend(measure(runtime, what, event(runtime, told)));
    }
    rows
}

fn measure(runtime: &Runtime, what: &str, event: ReporterEvent) -> Vec<Row> {
    let folder = tempfile::tempdir().expect("a folder");
    let scene = runtime.block_on(async {
        let store = Store::open(&Options::new(folder.path().join("campanile.db"))).expect("a store");
        let data = Data::new(store, Site { title: "Example CI".to_owned(), url: "https://ci.example.org/".to_owned() });
        let sandbox = Sandbox::new(RuntimeConfig::default()).expect("a sandbox");
        let plugins = Plugins::load_files(&sandbox, &[plugin_file("mail")]).await;
        let plugin = plugins.reporter("mail").expect("the mail reporter");
        let given = Given::settings(serde_json::json!({}));
        Scene { caller: Caller::new(sandbox, plugins, data), plugin, config: config(), event: Arc::new(event), given }
    });
    let mut times = Times::default();
    for _ in 0..TURNS {
        runtime.block_on(turn(&scene, &mut times));
    }
    rows(what, times)
}

/// A failed build with its steps and logs, as the host hands it out.
fn event(runtime: &Runtime, told: Story) -> ReporterEvent {
    let folder = tempfile::tempdir().expect("a folder");
    let data = two_builds(runtime, folder.path(), told);
    runtime.block_on(async {
        let want = Want { changes: false, ..Want::ALL };
        let report = data.build_report(BuildId(2), want).await.expect("a build");
        let topic = "builds/2/finished".to_owned();
        ReporterEvent { seq: Seq(30), topic, at: Timestamp(1_700_000_000), body: EventBody::Build(Box::new(report)) }
    })
}

/// A store in the folder with two builds of usual size, of which the second failed.
pub(crate) fn usual_build(runtime: &Runtime, folder: &Path) -> Data {
    two_builds(runtime, folder, usual::finished_build)
}

fn two_builds(runtime: &Runtime, folder: &Path, told: Story) -> Data {
    let setup = host::setup();
    let running = Host::start(runtime, &setup);
    here(async {
        let mut client = Client::connect(running.address()).await;
        let builder = mix::builder(&mut client).await;
        for results in [0, 2] {
            client.post("updates", &told(builder, results).to_string()).await;
        }
    });
    running.stop();
    let file = folder.join("campanile.db");
    std::fs::copy(setup.folder().join("campanile.db"), &file).expect("the store is copied");
    let _guard = runtime.enter();
    let store = Store::open(&Options::new(file)).expect("a store");
    Data::new(store, Site { title: "Example CI".to_owned(), url: "https://ci.example.org/".to_owned() })
}

fn config() -> ReporterConfig {
    let settings = serde_json::json!({
        "fromaddr": "ci@example.org", "relayhost": "127.0.0.1", "smtpPort": 2525, "mode": ["failing", "problem"],
        "extraRecipients": ["builds@example.org"], "sendToInterestedUsers": false, "useTls": false,
        "useSmtps": false,
    });
    ReporterConfig {
        name: "mails".to_owned(),
        title: "Example CI".to_owned(),
        url: "https://ci.example.org/".to_owned(),
        settings: settings.to_string(),
    }
}

async fn turn(scene: &Scene, times: &mut Times) {
    for call in 0..WARMING + CALLS {
        let started = Instant::now();
        let occasion = Occasion { event: Arc::clone(&scene.event), overlay: Arc::default() };
        let report = scene.caller.handle(&scene.plugin, &scene.config, occasion).await;
        let elapsed = started.elapsed();
        times.fresh.extend((call >= WARMING).then_some(elapsed.as_secs_f64()));
        let effects = report.outcome.expect("the sandbox works").expect("the reporter handles it");
        assert_eq!(effects.len(), 1, "a failed build is one mail");
    }
    for call in 0..WARMING + CALLS {
        let started = Instant::now();
        black_box(native::handle(black_box(&scene.config), black_box(&scene.event), &scene.given));
        let elapsed = started.elapsed();
        times.native.extend((call >= WARMING).then_some(elapsed.as_secs_f64()));
    }
    let event = native::event(&scene.event);
    let config = Config {
        name: scene.config.name.clone(),
        title: scene.config.title.clone(),
        url: scene.config.url.clone(),
        settings: serde_json::from_str::<<MailNotifier as Reporter>::Settings>(&scene.config.settings)
            .expect("settings"),
    };
    for _ in 0..CALLS {
        let started = Instant::now();
        black_box(MailNotifier::handle(black_box(&config), black_box(&event), &scene.given)).expect("it is handled");
        times.bare.push(started.elapsed().as_secs_f64());
    }
    times.process.extend(processes::times(&scene.config, &scene.event, PROCESSES));
}

fn rows(build: &str, times: Times) -> Vec<Row> {
    let mut rows = Vec::new();
    for (name, part) in [("p50", 0.5), ("p99", 0.99)] {
        let (fresh, native) = (percentile(times.fresh.clone(), part), percentile(times.native.clone(), part));
        let limit = (format!("native {}", seconds(native)), fresh / native);
        rows.push(Row::new(
            &format!("mail reporter, {build} build, fresh call, {name}"),
            seconds(fresh),
            limit,
            Goal::AtMost(3.5),
        ));
    }
    let (fresh, bare, process) = (median(times.fresh), median(times.bare), median(times.process));
    let limit = (format!("fork and exec {}", seconds(process)), process / fresh);
    rows.push(Row::new("the same, p50, how much cheaper", seconds(fresh), limit, Goal::AtLeast(20.0)));
    let limit = (format!("bare handle {}", seconds(bare)), fresh / bare);
    rows.push(Row::new("the same, p50, nothing converted", seconds(fresh), limit, Goal::None));
    rows
}
