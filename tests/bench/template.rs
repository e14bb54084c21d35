//! A template of 200 lines, rendered by a formatter in the sandbox and by the same code natively: with the context of a
//! build of usual size, as the host makes it.

use crate::handle;
use crate::rounds::median;
use crate::table::Goal;
use crate::table::Row;
use crate::table::seconds;
use campanile::model::*;
use campanile::plugin::Caller;
use campanile::plugin::Kind;
use campanile::plugin::Plugin;
use campanile::plugin::Plugins;
use campanile::plugin::Runtime as Sandbox;
use campanile::plugin::RuntimeConfig;
use campanile_sdk::export;
use campanile_sdk::testing::Given;
use campanile_tests::plugin_file;
use serde_json::json;
use std::collections::BTreeSet;
use std::hint::black_box;
use std::sync::Arc;
use std::time::Instant;
use templating::Templating;
use tokio::runtime::Runtime;

/// Calls in one turn, and turns.
const CALLS: usize = 200;
const TURNS: usize = 10;

/// Lines of the template. Each block of ten is a table of the steps, or what is true of one build.
const LINES: usize = 200;
const BLOCK: [&str; 10] = [
    "<h2>{{ buildername }} {{ build.number }}: {{ summary|upper }}</h2>",
    "{% if results == 2 %}<p>It failed: {{ status_detected }}</p>{% else %}<p>It is well</p>{% endif %}",
    "<table>{% for step in build.steps %}",
    "<tr><td>{{ step.number }}</td><td>{{ step.name|title }}</td>",
    "<td>{{ result_names[step.results] }}</td>{# a comment #}",
    "<td>{{ step.state_string|replace('finished', 'done') }}</td></tr>",
    "{% endfor %}</table>",
    "<p>{{ blamelist|join(', ') }} on {{ workername|default('nowhere') }}</p>",
    "{% set address = build_url ~ '#top' %}<p><a href=\"{{ address }}\">{{ address|length }}</a></p>",
    "<p>{{ build.properties.items()|length if build.properties.items else build.properties|length }}</p>",
];

struct Scene {
    caller: Caller,
    plugin: Arc<Plugin>,
    settings: String,
    context: String,
}

pub(crate) fn run(runtime: &Runtime) -> Vec<Row> {
    let folder = tempfile::tempdir().expect("a folder");
    let scene = runtime.block_on(scene(handle::usual_build(runtime, folder.path())));
    let (mut fresh, mut native, mut lengths) = (Vec::new(), Vec::new(), BTreeSet::new());
    let given = Given::settings(json!({}));
    let natively = || {
        let answer = export::format::<Templating>(&scene.settings, scene.context.clone(), &given);
        answer.expect("it renders").expect("a text").body
    };
    for _ in 0..TURNS {
        for _ in 0..CALLS {
            let started = Instant::now();
            let report = runtime.block_on(scene.caller.format(&scene.plugin, &scene.settings, &scene.context));
            fresh.push(started.elapsed().as_secs_f64());
            lengths.insert(report.outcome.expect("the sandbox works").expect("it renders").expect("a text").body.len());
        }
        for _ in 0..CALLS {
            let started = Instant::now();
            black_box(natively());
            native.push(started.elapsed().as_secs_f64());
        }
    }
    assert_eq!(lengths, BTreeSet::from([natively().len()]), "both render the same");
    let (fresh, native) = (median(fresh), median(native));
    let limit = (format!("native {}", seconds(native)), fresh / native);
    vec![Row::new("a template of 200 lines, fresh call, p50", seconds(fresh), limit, Goal::AtMost(1.6))]
}

async fn scene(data: campanile::data::Data) -> Scene {
    let sandbox = Sandbox::new(RuntimeConfig::default()).expect("a sandbox");
    let plugins = Plugins::load_files(&sandbox, &[plugin_file("templating")]).await;
    let grounds = Grounds { mode: vec!["failing".to_owned()], previous: Previous::Usual };
    let extent = Extent { properties: true, steps: true, logs: false, contents: Contents::None };
    let context = data.formatter_context(&About::Build(BuildId(2)), (&grounds, &extent), None).await;
    let template: Vec<&str> = BLOCK.into_iter().cycle().take(LINES).collect();
    let setting = json!({"plugin": "templating", "template": template.join("\n")});
    let named = plugins.named(Kind::MessageFormatter, setting);
    let (plugin, settings) = named.expect("the formatter");
    Scene { caller: Caller::new(sandbox, plugins, data), plugin, settings, context: context.expect("a context") }
}
