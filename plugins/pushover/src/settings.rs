//! The settings, with Buildbot's names and defaults.

use std::borrow::Cow;
use std::collections::BTreeMap;

use campanile_sdk::contract::Problem;
use campanile_sdk::formatters::FormatterChoice;
use campanile_sdk::generators;
use campanile_sdk::generators::Generator;
use campanile_sdk::generators::GeneratorKind;
use campanile_sdk::pointer_key;
use schemars::JsonSchema;
use serde::Deserialize;

/// What there are priorities for.
const OUTCOMES: [&str; 6] = ["cancelled", "exception", "failing", "passing", "warnings", "worker_missing"];

/// Other parameters that Pushover knows.
const PARAMETERS: [&str; 9] =
    ["sound", "callback", "timestamp", "url", "url_title", "device", "retry", "expire", "html"];

/// What is said without a formatter.
const USUAL: &str = "The Buildbot has detected a <a href=\"{{ build_url }}\">{{ status_detected }}</a> of \
<i>{{ buildername }}</i> while building {{ projects }} on {{ workername }}.";

/// Tells phones by Pushover how builds ended.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Settings {
    /// The secret that holds the key of the user or the group, by its name.
    #[serde(rename = "user_key", alias = "userKey")]
    #[schemars(extend("x-campanile" = "secret"))]
    pub(crate) user_key: String,

    /// The secret that holds the token of the application, by its name.
    #[serde(rename = "api_token", alias = "apiToken")]
    #[schemars(extend("x-campanile" = "secret"))]
    pub(crate) api_token: String,

    /// How urgent an outcome is, from -2 to 2, by its name: cancelled, exception, failing, passing, warnings, worker_missing.
    #[serde(default)]
    pub(crate) priorities: BTreeMap<String, i8>,

    /// More parameters of Pushover's: sound, callback, timestamp, url, url_title, device, retry, expire, html.
    #[serde(default, alias = "other_params")]
    pub(crate) other_params: BTreeMap<String, Parameter>,

    /// What is reported, and how. Without it: builds that failed, succeeded or had warnings, in a line of HTML.
    #[serde(default)]
    pub(crate) generators: Option<Vec<Generator>>,

    /// Where messages are posted; somebody else's server may speak Pushover's language.
    #[serde(default = "pushover", rename = "base_url", alias = "baseUrl")]
    #[schemars(extend("x-campanile" = "http-origin"))]
    pub(crate) base_url: String,
}

/// A parameter: a text or a number.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
#[schemars(inline)]
pub(crate) enum Parameter {
    Number(i64),
    Text(String),
}

impl Parameter {
    pub(crate) fn text(&self) -> String {
        match self {
            Self::Number(number) => number.to_string(),
            Self::Text(text) => text.clone(),
        }
    }
}

impl Settings {
    pub(crate) fn generators(&self) -> Cow<'_, [Generator]> {
        self.generators.as_deref().map_or_else(|| usual().into(), Cow::Borrowed)
    }

    /// All that is wrong with them.
    pub(crate) fn problems(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        for (name, priority) in &self.priorities {
            let at = format!("/priorities/{}", pointer_key(name));
            if !OUTCOMES.contains(&name.as_str()) {
                problems.push(Problem::new(at, format!("expected one of {}", OUTCOMES.join(", "))));
            } else if !(-2..=2).contains(priority) {
                problems.push(Problem::new(at, format!("{priority} is no priority: expected -2 to 2")));
            }
        }
        for name in self.other_params.keys().filter(|name| !PARAMETERS.contains(&name.as_str())) {
            let at = format!("/otherParams/{}", pointer_key(name));
            problems.push(Problem::new(at, format!("expected one of {}", PARAMETERS.join(", "))));
        }
        problems.extend(generators::problems(self.generators.as_deref().unwrap_or_default(), "/generators"));
        problems
    }
}

fn usual() -> Vec<Generator> {
    let mut generator = Generator::new(GeneratorKind::BuildStatusGenerator);
    generator.message_formatter = Some(FormatterChoice::template(USUAL));
    vec![generator]
}

fn pushover() -> String {
    "https://api.pushover.net/1/messages.json".to_owned()
}
