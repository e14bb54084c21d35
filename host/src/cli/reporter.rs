//! `campanile reporter test`.

use super::client::Server;
use super::client::encoded;
use super::say;
use crate::model::Results;
use anyhow::bail;
use clap::Args;
use clap::Subcommand;
use serde_json::Map;
use serde_json::Value;
use serde_json::json;
use std::process::ExitCode;

#[derive(Subcommand)]
pub(crate) enum Reporter {
    /// Send a test report: a build that never was goes through a reporter of the running host, and is really delivered
    Test(Box<Test>),
}

#[derive(Args)]
pub(crate) struct Test {
    #[command(flatten)]
    server: Server,
    /// The reporter, by its name in the configuration
    name: String,
    /// The builder of the build; one that is there lends its tags
    #[arg(long, value_name = "NAME", default_value = "test")]
    builder: String,
    /// A tag of the builder; several times for several
    #[arg(long = "tag", value_name = "TAG")]
    tags: Vec<String>,
    /// How the build ended: success, warnings, failure, skipped, exception, retry, cancelled
    #[arg(long, value_name = "RESULT", default_value = "failure", value_parser = result)]
    results: Results,
    /// How the build before it ended, or none
    #[arg(long, value_name = "RESULT", default_value = "success", value_parser = result_or_none)]
    previous: PreviousResults,
    /// A property of the build; a value that is no JSON is a text
    #[arg(long = "property", value_name = "NAME=VALUE", value_parser = property)]
    properties: Vec<(String, Value)>,
    /// Somebody whom the build concerns; several times for several. Without it, nobody
    #[arg(long = "user", value_name = "USER")]
    users: Vec<String>,
}

/// A type of its own: clap takes an option for one that may be left out.
#[derive(Clone)]
struct PreviousResults(Option<Results>);

pub(super) async fn run(reporter: &Reporter) -> anyhow::Result<ExitCode> {
    let Reporter::Test(test) = reporter;
    let params = json!({
        "builder": test.builder,
        "tags": test.tags,
        "results": test.results,
        "previous": test.previous.0,
        "properties": test.properties.iter().cloned().collect::<Map<_, _>>(),
        "users": test.users,
    });
    let came = test.server.control(&format!("reporters/{}", encoded(&test.name)), "test", &params).await?;
    show(test, &came)
}

/// What came of it; a failure unless all of it was delivered.
fn show(test: &Test, came: &Value) -> anyhow::Result<ExitCode> {
    let none = Vec::new();
    let (name, deliveries) = (&test.name, came["deliveries"].as_array().unwrap_or(&none));
    if came["made"] == false {
        bail!("the reporter {name:?} did not come to it yet; `GET /api/v2/reporters` says what holds it");
    }
    if let Some(reason) = came["incident"]["reason"].as_str() {
        let stderr = came["incident"]["stderr"].as_str().unwrap_or_default().trim();
        bail!("the reporter {name:?} failed: {reason}\n{stderr}");
    }
    if deliveries.is_empty() {
        bail!(
            "the reporter {name:?} makes no message of it: such a build may fit none of its modes or filters (--results, \
             --previous, --builder, --tag, --property branch=…), or nobody is to get it (--user)"
        );
    }
    say!("a build of {:?} that never was, {}, told by {name:?}:", test.builder, test.results.name());
    for delivery in deliveries {
        let text = |key: &str| delivery[key].as_str().unwrap_or_default();
        let reason = if text("reason").is_empty() { String::new() } else { format!(", {}", text("reason")) };
        say!("  delivery {} to {}: {}{reason}", delivery["deliveryid"], text("destination"), text("state"));
    }
    let arrived = deliveries.iter().filter(|delivery| delivery["state"] == "delivered").count();
    say!("{arrived} of {} delivered; `campanile delivery show` has more", deliveries.len());
    Ok(if arrived == deliveries.len() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn result(name: &str) -> Result<Results, String> {
    let names = Results::ALL.map(Results::name);
    let known = Results::ALL.into_iter().find(|results| results.name() == name);
    known.ok_or_else(|| format!("there are {}", names.join(", ")))
}

fn result_or_none(name: &str) -> Result<PreviousResults, String> {
    match name {
        "none" => Ok(PreviousResults(None)),
        name => result(name).map(|results| PreviousResults(Some(results))),
    }
}

fn property(text: &str) -> Result<(String, Value), String> {
    let (name, value) = text.split_once('=').ok_or("expected NAME=VALUE, such as branch=main")?;
    Ok((name.to_owned(), serde_json::from_str(value).unwrap_or_else(|_| Value::from(value))))
}
