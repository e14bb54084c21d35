//! `campanile step http`: a step of a build that makes an HTTP request, from here.

mod signals;

use super::build_of::BuildOf;
use super::client::Server;
use super::say;
use crate::data::http_steps::BegunStep;
use crate::data::http_steps::StepEnd;
use crate::data::http_steps::begin_calls;
use crate::data::http_steps::content_calls;
use crate::data::http_steps::content_ids;
use crate::data::http_steps::end_calls;
use crate::model::BuildId;
use crate::model::HttpStep;
use crate::model::HttpStepArguments;
use crate::model::Message;
use crate::model::Properties;
use crate::model::Results;
use crate::model::StepGrants;
use crate::model::Verify;
use crate::transport::Guard;
use crate::transport::Lost;
use crate::transport::Performed;
use crate::transport::Secrets;
use crate::transport::Setup;
use crate::transport::Transports;
use anyhow::Context;
use anyhow::anyhow;
use anyhow::bail;
use clap::Args;
use clap::Subcommand;
use serde_json::Map;
use serde_json::Value;
use serde_json::json;
use signals::Signals;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::ExitCode;

/// The exit code of a step that ended with exception: neither the server nor the request is to blame.
const EXCEPTION: u8 = 2;

#[derive(Subcommand)]
pub(crate) enum Step {
    /// Make an HTTP request, and tell of it as a step; ends with 0 below status 400, otherwise with 1
    ///
    /// In the URL and in all values, %(prop:NAME)s is a property of the build and %(secret:NAME)s a secret; a percent
    /// sign is written %%.
    Http(Box<Http>),
}

#[derive(Args)]
pub(crate) struct Http {
    #[command(flatten)]
    server: Server,
    #[command(flatten)]
    build: BuildOf,
    /// The method, POST where it is left out, and the URL
    #[arg(value_name = "[METHOD] URL", num_args = 1..=2, required = true)]
    target: Vec<String>,
    /// The name of the step
    #[arg(long)]
    name: Option<String>,
    /// A parameter of the URL
    #[arg(long = "param", value_name = "NAME=VALUE")]
    params: Vec<String>,
    /// A field of the form that is sent
    #[arg(long = "data", value_name = "NAME=VALUE", conflicts_with_all = ["text", "json"])]
    data: Vec<String>,
    /// The body, as it is
    #[arg(long = "data-text", value_name = "TEXT", conflicts_with = "json")]
    text: Option<String>,
    /// The body, as JSON
    #[arg(long, value_name = "JSON")]
    json: Option<String>,
    /// A header
    #[arg(long = "header", value_name = "NAME: VALUE")]
    headers: Vec<String>,
    /// A cookie
    #[arg(long = "cookie", value_name = "NAME=VALUE")]
    cookies: Vec<String>,
    /// A header of the request whose value the log shall not show; those with credentials are never shown
    #[arg(long, value_name = "NAME")]
    hide_request_headers: Vec<String>,
    /// A header of the answer whose value the log shall not show
    #[arg(long, value_name = "NAME")]
    hide_response_headers: Vec<String>,
    /// User and password, such as ci:%(secret:deploy)s
    #[arg(long, value_name = "USER:PASSWORD")]
    auth: Option<String>,
    /// How long all of it may take: 60 seconds where it is not said, at most 3600
    #[arg(long, value_name = "SECONDS")]
    timeout: Option<f64>,
    /// Do not follow redirects
    #[arg(long)]
    no_allow_redirects: bool,
    /// Do not verify the server's certificate
    #[arg(long, conflicts_with = "verify")]
    no_verify: bool,
    /// A file of authorities (PEM) that the server's certificate is held against
    #[arg(long, value_name = "FILE")]
    verify: Option<PathBuf>,
    /// The secret with a certificate to show to the server and its private key, as PEM
    #[arg(long, value_name = "NAME")]
    cert: Option<String>,
    /// The folder with the secrets, a file each; without one there are those of the environment, %(secret:env:NAME)s
    #[arg(long, value_name = "FOLDER", env = "CAMPANILE_SECRETS")]
    secrets: Option<PathBuf>,
}

pub(super) async fn run(Step::Http(flags): &Step) -> anyhow::Result<ExitCode> {
    let mut signals = Signals::listen()?;
    let build = flags.build.id();
    let properties = tokio::select! {
        properties = properties(&flags.server, build) => properties?,
        // Nothing has begun that would have to be ended.
        _ = signals.first() => return Ok(ExitCode::from(signals.exit_code())),
    };
    let step = flags.arguments()?.step(&properties).map_err(|why| anyhow!(why))?;
    let message = Message::Http(step.request.clone());
    let permit = StepGrants::Everything.permit(&message).map_err(|why| anyhow!(why))?;
    let transports = Transports::new(Setup {
        guard: Guard::new(["0.0.0.0/0", "::/0"].iter().filter_map(|all| all.parse().ok())),
        secrets: Secrets::new(flags.secrets.clone()),
        ..Setup::default()
    })?;
    // A key that nobody else has: calls may have to be sent again.
    let key = format!("step-{:032x}", rand::random::<u128>());
    let begun = signals.bear(begin(&flags.server, (build, &step), &key)).await?;
    let stop = async {
        let why = format!("{} came before the answer", signals.first().await);
        Lost { results: Results::Cancelled, why }
    };
    let performed = transports.perform(&permit, (&step, &StepGrants::Everything), stop).await;
    say!("{}", shown(&performed));
    signals.bear(end(&flags.server, (&begun, &performed), &key)).await?;
    Ok(match performed.results {
        Results::Success => ExitCode::SUCCESS,
        Results::Exception => ExitCode::from(EXCEPTION),
        Results::Cancelled => ExitCode::from(signals.exit_code()),
        _ => ExitCode::FAILURE,
    })
}

async fn properties(server: &Server, build: BuildId) -> anyhow::Result<Properties> {
    let found = server.get(&format!("builds/{build}"), &[("property", "*".to_owned())]).await?;
    let build = &found["builds"][0];
    if build["complete"] == true {
        bail!("build {} is finished; a step belongs to one that runs", build["buildid"]);
    }
    Ok(serde_json::from_value(build["properties"].clone())?)
}

async fn begin(server: &Server, (build, step): (BuildId, &HttpStep), key: &str) -> anyhow::Result<BegunStep> {
    let results = post(server, begin_calls(build, &step.name), &format!("{key}-begin")).await?;
    BegunStep::read(&results).context("the host answered with something else than the step")
}

/// Tells how the step ended; where the host does not take all of it, without the texts, so that it does not stay open.
async fn end(server: &Server, (begun, performed): (&BegunStep, &Performed), key: &str) -> anyhow::Result<()> {
    let mut end = StepEnd {
        results: performed.results,
        state_string: performed.state_string(),
        log: performed.log.clone(),
        contents: performed.contents.clone(),
    };
    let mut contents = Vec::new();
    if !end.contents.is_empty() {
        let results = post(server, content_calls(begun, end.contents.len()), &format!("{key}-contents")).await;
        contents =
            results.and_then(|results| content_ids(&results).context("the host named no logs")).unwrap_or_default();
    }
    let told = post(server, end_calls(begun, &contents, &end), &format!("{key}-end")).await;
    let Err(error) = told else { return Ok(()) };
    if error.downcast_ref::<reqwest::Error>().is_some() {
        return Err(error.context("telling how the step ended"));
    }
    let why = format!("the log of the step is left out, the host did not take it: {error:#}").replace('\n', " ");
    end.log = format!("e{why}\n");
    end.contents.clear();
    let told = post(server, end_calls(begun, &contents, &end), &format!("{key}-short")).await;
    told.context("telling how the step ended")?;
    eprintln!("campanile: {why}");
    Ok(())
}

async fn post(server: &Server, calls: Vec<(&'static str, Value)>, key: &str) -> anyhow::Result<Vec<Value>> {
    let answer = server.post_once("updates", &batch(calls), key).await?;
    Ok(answer["results"].as_array().cloned().unwrap_or_default())
}

fn batch(calls: Vec<(&'static str, Value)>) -> Value {
    calls.into_iter().map(|(method, params)| json!({"method": method, "params": params})).collect()
}

/// The log for a terminal, and how it ended.
fn shown(performed: &Performed) -> String {
    let lines = performed.log.lines().filter_map(|line| line.get(1..));
    lines.chain([performed.state_string().as_str()]).collect::<Vec<_>>().join("\n")
}

impl Http {
    fn arguments(&self) -> anyhow::Result<HttpStepArguments> {
        let (method, url) = match self.target.as_slice() {
            [url] => (None, url),
            [method, url] => (Some(method.clone()), url),
            _ => bail!("expected a method and a URL"),
        };
        let texts = |fields: BTreeMap<String, String>| fields.into_iter().map(|(name, value)| (name, json!(value)));
        let data = match (&self.text, self.data.is_empty()) {
            (Some(text), _) => Some(json!(text)),
            (None, false) => Some(Value::Object(texts(fields("--data", &self.data, '=')?).collect::<Map<_, _>>())),
            (None, true) => None,
        };
        let auth = self.auth.as_deref().map(|auth| auth.split_once(':').context("--auth: expected USER:PASSWORD"));
        Ok(HttpStepArguments {
            url: url.clone(),
            method,
            name: self.name.clone(),
            params: Some(texts(fields("--param", &self.params, '=')?).collect()),
            data,
            json: self.json.as_deref().map(serde_json::from_str).transpose().context("--json")?,
            headers: Some(fields("--header", &self.headers, ':')?),
            cookies: Some(fields("--cookie", &self.cookies, '=')?),
            hide_request_headers: self.hide_request_headers.clone(),
            hide_response_headers: self.hide_response_headers.clone(),
            auth: auth.transpose()?.map(|(user, password)| (user.to_owned(), password.to_owned())),
            timeout: self.timeout,
            allow_redirects: self.no_allow_redirects.then_some(false),
            verify: match (&self.verify, self.no_verify) {
                (Some(file), _) => Some(Verify::Authorities(file.display().to_string())),
                (None, true) => Some(Verify::Whether(false)),
                (None, false) => None,
            },
            cert: self.cert.clone(),
        })
    }
}

/// Fields by their names; one that is there twice is an error.
fn fields(flag: &str, said: &[String], separator: char) -> anyhow::Result<BTreeMap<String, String>> {
    let mut fields = BTreeMap::new();
    for field in said {
        let (name, value) =
            field.split_once(separator).with_context(|| format!("{flag} {field:?}: no `{separator}`"))?;
        // Only in a header may blanks stand that belong to neither.
        let (name, value) = if separator == ':' { (name.trim(), value.trim()) } else { (name, value) };
        if fields.insert(name.to_owned(), value.to_owned()).is_some() {
            bail!("{flag} {name:?} stands there twice");
        }
    }
    Ok(fields)
}
