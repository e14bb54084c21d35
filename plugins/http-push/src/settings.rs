//! The settings, with Buildbot's names and defaults, and what is wrong with them.
//!
//! What is posted about stands in `generators`, or, in the older form, on the reporter itself.

use std::borrow::Cow;

use campanile_sdk::PluginChoice;
use campanile_sdk::Sources;
use campanile_sdk::contract::Contents;
use campanile_sdk::contract::Scope;
use campanile_sdk::formatters::FormatterChoice;
use campanile_sdk::generators;
use campanile_sdk::generators::Generator;
use campanile_sdk::generators::GeneratorKind;
use campanile_sdk::generators::Report;
use campanile_sdk::http::Access;
use campanile_sdk::http::Headers;
use campanile_sdk::http::Login;
use campanile_sdk::http::Verify;
use campanile_sdk::prelude::*;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

/// Posts what happens to builds as JSON.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Settings {
    /// Where the builds are posted.
    #[schemars(extend("x-campanile" = "http-origin"))]
    pub(crate) server_url: String,

    /// The user who logs in by HTTP basic authentication. Together with password.
    #[serde(default)]
    user: Option<String>,

    /// The secret that holds the user's password, by its name.
    #[serde(default)]
    #[schemars(extend("x-campanile" = "secret"))]
    password: Option<String>,

    /// Who logs in: `["user", "secret"]`, with the name of the secret that holds the password, or `{token = "secret"}` for
    /// a bearer's token. Not together with user.
    #[serde(default)]
    auth: Option<Login>,

    /// More headers, names and values, the values with placeholders.
    #[serde(default)]
    headers: Option<Headers>,

    /// The message-formatter plugin that makes what is posted of the build. Without it, the build itself is posted. Not
    /// together with generators.
    #[serde(default, rename = "format_fn", alias = "formatFn")]
    #[schemars(extend("x-campanile" = "message-formatter"))]
    format_fn: Option<PluginChoice>,

    /// Only builds of these builders. Not together with generators.
    #[serde(default)]
    builders: Option<Vec<String>>,

    /// Whether the build has its properties.
    #[serde(default)]
    want_properties: bool,

    /// Whether the build has its steps.
    #[serde(default)]
    want_steps: bool,

    /// Whether the steps have their logs, with what they say. Includes the steps.
    #[serde(default)]
    want_logs: bool,

    /// Whether the build has the one before it on the builder, as `prev_build`.
    #[serde(default)]
    pub(crate) want_previous_build: bool,

    /// What is posted about. Without it, builds that start and builds that end, however they end.
    #[serde(default)]
    generators: Option<Vec<Generator>>,

    /// Whether each request and its answer are written into the plugin's log.
    #[serde(default)]
    pub(crate) debug: bool,

    /// Whether the server's certificate is verified; or a file of authorities (PEM) that vouch for it, by its whole path.
    #[serde(default)]
    verify: Verify,

    /// The secret that holds a certificate to show to the server, and its private key (PEM), by its name.
    #[serde(default)]
    #[schemars(extend("x-campanile" = "secret"))]
    cert: Option<String>,

    /// Changes nothing: what is posted is UTF-8 either way.
    #[serde(default)]
    #[expect(dead_code, reason = "configurations have it")]
    skip_encoding: bool,

    /// The secret that signs each request as standard-webhooks has it, by its name.
    #[serde(default)]
    #[schemars(extend("x-campanile" = "secret"))]
    secret: Option<String>,
}

impl Settings {
    /// What is posted about.
    pub(crate) fn generators(&self) -> Cow<'_, [Generator]> {
        match &self.generators {
            Some(generators) => Cow::Owned(generators.iter().cloned().map(with_formatters).collect()),
            None => {
                let mut generator = Generator::new(GeneratorKind::BuildStartEndStatusGenerator);
                generator.builders.clone_from(&self.builders);
                generator.start_formatter = self.formatter();
                generator.end_formatter = self.formatter();
                Cow::Owned(vec![with_formatters(generator)])
            }
        }
    }

    /// Who asks, and whom to believe.
    pub(crate) fn access<'s>(&'s self, sources: Sources<'s>) -> Access<'s> {
        Access {
            user: self.user.as_deref(),
            password: self.password.as_deref(),
            auth: self.auth.as_ref(),
            headers: self.headers.as_ref(),
            sources,
            verify: Some(&self.verify),
            cert: self.cert.as_deref(),
            secret: self.secret.as_deref(),
        }
    }

    /// What the build has besides.
    pub(crate) fn scope(&self) -> Scope {
        let contents = if self.want_logs { Contents::All } else { Contents::None };
        Scope { properties: self.want_properties, steps: self.want_steps, logs: self.want_logs, contents }
    }

    /// All that is wrong with them.
    pub(crate) fn problems(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        if let Some(generators) = &self.generators {
            let flat = [("format_fn", self.format_fn.is_some()), ("builders", self.builders.is_some())];
            let message = "this stands in each of the `generators` where there are some";
            let stands = flat.into_iter().filter(|(_, is_there)| *is_there);
            problems.extend(stands.map(|(name, _)| Problem::new(format!("/{name}"), message)));
            problems.extend(generators::problems(generators, "/generators"));
            problems.extend(generators.iter().enumerate().filter_map(unspoken));
        }
        problems.extend(self.format_fn.as_ref().and_then(|choice| wrong_format_fn(choice, self.formatter())));
        let access = self.access(Sources::default());
        problems.extend(access.problem().map(|message| Problem::new("", message)));
        problems.extend(self.headers.iter().flat_map(|headers| headers.problems("/headers")));
        problems
    }

    /// Whether the generator has no formatter for such a report, so that the build itself is posted.
    pub(crate) fn posts_own(&self, index: usize, report: &Report<'_>) -> bool {
        let Some(generators) = &self.generators else { return self.format_fn.is_none() };
        let Some(generator) = generators.get(index) else { return false };
        let slot = match generator.kind {
            GeneratorKind::BuildStartEndStatusGenerator if report.results.is_none() => &generator.start_formatter,
            GeneratorKind::BuildStartEndStatusGenerator => &generator.end_formatter,
            GeneratorKind::BuildRequestGenerator => &generator.formatter,
            GeneratorKind::BuildStatusGenerator
            | GeneratorKind::BuildSetStatusGenerator
            | GeneratorKind::BuildSetCombinedStatusGenerator
            | GeneratorKind::WorkerMissingGenerator => &generator.message_formatter,
        };
        slot.is_none()
    }

    /// `format_fn`, which is told what the build shall have.
    fn formatter(&self) -> Option<FormatterChoice> {
        let mut chosen = match serde_json::from_str(self.format_fn.as_ref()?.json()).ok()? {
            Value::String(name) => serde_json::Map::from_iter([("plugin".to_owned(), Value::String(name))]),
            Value::Object(table) => table,
            _ => return None,
        };
        let wanted = [
            ("want_properties", self.want_properties),
            ("want_steps", self.want_steps),
            ("want_logs", self.want_logs),
            ("want_logs_content", self.want_logs),
        ];
        for (key, wanted) in wanted {
            chosen.entry(key).or_insert(Value::Bool(wanted));
        }
        serde_json::from_value(Value::Object(chosen)).ok()
    }
}

/// A name that no plugin has the host tells; here, what names none, and what is wrong beside the name.
fn wrong_format_fn(choice: &PluginChoice, formatter: Option<FormatterChoice>) -> Option<Problem> {
    let named = match serde_json::from_str(choice.json()) {
        Ok(Value::String(_)) => true,
        Ok(Value::Object(table)) => table.get("plugin").is_some_and(Value::is_string),
        _ => false,
    };
    match formatter {
        Some(formatter) if named => formatter.problems("/format_fn").into_iter().next(),
        _ => Some(Problem::new(
            "/format_fn",
            "expected the name of a message-formatter plugin, or a table with `plugin`",
        )),
    }
}

/// A generator without a formatter says nothing of its own: the build itself is posted.
fn with_formatters(mut generator: Generator) -> Generator {
    use GeneratorKind as Kind;
    let slots: &mut [&mut Option<FormatterChoice>] = match generator.kind {
        Kind::BuildStartEndStatusGenerator => &mut [&mut generator.start_formatter, &mut generator.end_formatter],
        Kind::BuildRequestGenerator => &mut [&mut generator.formatter],
        Kind::BuildStatusGenerator
        | Kind::BuildSetStatusGenerator
        | Kind::BuildSetCombinedStatusGenerator
        | Kind::WorkerMissingGenerator => &mut [&mut generator.message_formatter],
    };
    for slot in slots {
        slot.get_or_insert_with(|| FormatterChoice::renderable(""));
    }
    generator
}

/// What is neither about a build nor about a request has no object of its own.
fn unspoken((index, generator): (usize, &Generator)) -> Option<Problem> {
    let needs_one = match generator.kind {
        GeneratorKind::BuildStatusGenerator
        | GeneratorKind::BuildStartEndStatusGenerator
        | GeneratorKind::BuildRequestGenerator => false,
        GeneratorKind::BuildSetStatusGenerator
        | GeneratorKind::BuildSetCombinedStatusGenerator
        | GeneratorKind::WorkerMissingGenerator => generator.message_formatter.is_none(),
    };
    let message = format!("{:?} needs a message_formatter that makes JSON", generator.kind);
    needs_one.then(|| Problem::new(format!("/generators/{index}/message_formatter"), message))
}
