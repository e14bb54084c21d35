//! The setting that chooses a formatter, and the formatters.

use std::borrow::Cow;

use schemars::JsonSchema;
use schemars::Schema;
use schemars::SchemaGenerator;
use schemars::json_schema;
use serde::Deserialize;
use serde_json::Map;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::contract::BodyKind;
use crate::contract::Contents;
use crate::contract::Scope;
use crate::interpolate::Renderable;

/// A setting that chooses a formatter: `{kind = "MessageFormatter", template = "…"}` and its kin, where `kind` may be
/// left out, or the name of a message-formatter plugin, alone (`"short"`) or with settings
/// (`{plugin = "short", width = 70}`).
///
/// It is read when it is used.
#[derive(Debug, Clone)]
pub struct FormatterChoice(Choice);

#[derive(Debug, Clone)]
enum Choice {
    Written(Box<RawValue>),
    Default(Formatter),
}

/// A formatter, ready to be asked.
#[derive(Debug, Clone)]
pub(crate) enum Formatter {
    Message(Template),
    MissingWorker(Template),
    Renderable {
        template: Option<Renderable>,
        subject: Option<Renderable>,
    },
    Empty,
    /// As the host wants it.
    Plugin(String),
}

/// What `MessageFormatter` is given.
#[derive(Debug, Clone)]
pub(crate) struct Template {
    /// Without one, the default text.
    pub(crate) template: Option<String>,
    pub(crate) subject: Option<String>,
    pub(crate) kind: BodyKind,
    /// Takes the place of what the context would have.
    pub(crate) context: Map<String, Value>,
    pub(crate) scope: Scope,
}

impl Template {
    /// The default text.
    pub(crate) fn default(kind: BodyKind) -> Self {
        let scope = Scope { properties: true, steps: false, logs: false, contents: Contents::None };
        Self { template: None, subject: None, kind, context: Map::new(), scope }
    }
}

impl FormatterChoice {
    /// The default text, as HTML.
    #[must_use]
    pub fn html() -> Self {
        Self(Choice::Default(Formatter::Message(Template::default(BodyKind::Html))))
    }

    /// The default text about a worker, as HTML.
    #[must_use]
    pub fn html_about_workers() -> Self {
        Self(Choice::Default(Formatter::MissingWorker(Template::default(BodyKind::Html))))
    }

    /// This template, which makes HTML, with the default subject.
    #[must_use]
    pub fn template(template: &str) -> Self {
        let usual = Template::default(BodyKind::Html);
        Self(Choice::Default(Formatter::Message(Template { template: Some(template.to_owned()), ..usual })))
    }

    /// This text, with placeholders, and no subject.
    #[must_use]
    pub fn renderable(template: impl Into<Renderable>) -> Self {
        Self(Choice::Default(Formatter::Renderable { template: Some(template.into()), subject: None }))
    }

    /// Nothing at all.
    #[must_use]
    pub fn empty() -> Self {
        Self(Choice::Default(Formatter::Empty))
    }

    /// The formatter. One that [`problems`](Self::problems) would refuse says nothing.
    pub(crate) fn formatter(&self) -> Formatter {
        match &self.0 {
            Choice::Default(formatter) => formatter.clone(),
            Choice::Written(json) => super::table::read(json.get()).unwrap_or(Formatter::Empty),
        }
    }

    /// What the operator wrote.
    pub(super) fn written(&self) -> Option<&str> {
        match &self.0 {
            Choice::Default(_) => None,
            Choice::Written(json) => Some(json.get()),
        }
    }
}

impl<'de> Deserialize<'de> for FormatterChoice {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Box::<RawValue>::deserialize(deserializer).map(|json| Self(Choice::Written(json)))
    }
}

impl JsonSchema for FormatterChoice {
    fn schema_name() -> Cow<'static, str> {
        "FormatterChoice".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        // A plugin's own settings may stand here too, so the keys are only spelled, and checked by `problems`.
        json_schema!({
            "type": ["string", "object", "null"],
            "x-campanile": "message-formatter",
            "properties": {
                "kind": {}, "plugin": {}, "function": {}, "template": {}, "subject": {}, "template_type": {},
                "ctx": {}, "want_properties": {}, "want_steps": {}, "want_logs": {}, "want_logs_content": {},
            },
        })
    }
}

/// Logs: all, none, or those with one of these names, which are a log's, or `step.log`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(untagged, expecting = "expected true, false, or a list of names of logs")]
pub enum LogChoice {
    /// All or none.
    All(bool),
    /// Those.
    Named(Vec<String>),
}

impl LogChoice {
    /// Whether this log is meant.
    #[must_use]
    pub fn includes(&self, step: &str, log: &str) -> bool {
        let named =
            |name: &String| name == log || name.strip_prefix(step).and_then(|n| n.strip_prefix('.')) == Some(log);
        match self {
            Self::All(all) => *all,
            Self::Named(names) => names.iter().any(named),
        }
    }

    /// Whether any log may be meant.
    #[must_use]
    pub fn is_any(&self) -> bool {
        *self != Self::All(false)
    }

    pub(crate) fn contents(&self) -> Contents {
        match self {
            Self::All(true) => Contents::All,
            Self::All(false) => Contents::None,
            Self::Named(names) => Contents::Named(names.clone()),
        }
    }
}

impl JsonSchema for LogChoice {
    fn schema_name() -> Cow<'static, str> {
        "LogChoice".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": ["boolean", "array"], "items": {"type": "string"}})
    }
}
