//! The table of a formatter, as the operator writes it.

use serde::Deserialize;
use serde_json::Map;
use serde_json::Value;

use super::Formatter;
use super::LogChoice;
use super::Template;
use crate::contract::BodyKind;
use crate::contract::Contents;
use crate::contract::Problem;
use crate::contract::Scope;
use crate::interpolate::Renderable;
use crate::settings;

/// Which formatter a table is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
pub(super) enum Kind {
    #[default]
    #[serde(rename = "MessageFormatter")]
    Message,
    #[serde(rename = "MessageFormatterMissingWorker")]
    MissingWorker,
    #[serde(rename = "MessageFormatterRenderable")]
    Renderable,
    #[serde(rename = "MessageFormatterEmpty")]
    Empty,
}

impl Kind {
    /// What Buildbot calls it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Message => "MessageFormatter",
            Self::MissingWorker => "MessageFormatterMissingWorker",
            Self::Renderable => "MessageFormatterRenderable",
            Self::Empty => "MessageFormatterEmpty",
        }
    }
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum TemplateType {
    #[default]
    Plain,
    Html,
}

/// A table that names no plugin.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Table {
    #[serde(default)]
    pub(super) kind: Kind,
    pub(super) template: Option<Renderable>,
    pub(super) subject: Option<Renderable>,
    #[serde(alias = "templateType")]
    template_type: Option<TemplateType>,
    pub(super) ctx: Option<Map<String, Value>>,
    #[serde(alias = "wantProperties")]
    want_properties: Option<bool>,
    #[serde(alias = "wantSteps")]
    want_steps: Option<bool>,
    #[serde(alias = "wantLogs")]
    want_logs: Option<bool>,
    #[serde(alias = "wantLogsContent")]
    want_logs_content: Option<LogChoice>,
}

/// What makes a table a plugin's. Anything else in it is the plugin's.
#[derive(Deserialize)]
struct Chosen {
    kind: Option<String>,
    plugin: Option<Value>,
    function: Option<Value>,
}

/// What is written.
pub(super) enum Written {
    /// Its name, if it has one.
    Plugin(Option<String>),
    Table(Box<Table>),
}

/// Reads what is written, and says what does not fit the types.
pub(super) fn written(json: &str) -> Result<Written, Problem> {
    if json.starts_with('"') {
        return settings::parse(json).map(|name| Written::Plugin(Some(name)));
    }
    let chosen: Chosen = settings::parse(json)?;
    let is_function = chosen.kind.as_deref().is_some_and(|kind| kind.starts_with("MessageFormatterFunction"));
    let name = |value: Option<Value>| value.and_then(|value| value.as_str().map(str::to_owned));
    if is_function {
        return Ok(Written::Plugin(name(chosen.function)));
    }
    if chosen.plugin.is_some() {
        return Ok(Written::Plugin(name(chosen.plugin)));
    }
    settings::parse(json).map(|table| Written::Table(Box::new(table)))
}

pub(super) fn read(json: &str) -> Option<Formatter> {
    match written(json).ok()? {
        Written::Plugin(_) => Some(Formatter::Plugin(json.to_owned())),
        Written::Table(table) => Some(table.formatter()),
    }
}

impl Table {
    fn formatter(self) -> Formatter {
        match self.kind {
            Kind::Message => Formatter::Message(self.template()),
            Kind::MissingWorker => Formatter::MissingWorker(self.template()),
            Kind::Renderable => Formatter::Renderable { template: self.template, subject: self.subject },
            Kind::Empty => Formatter::Empty,
        }
    }

    fn template(self) -> Template {
        let text = |setting: Option<Renderable>| setting.map(|setting| setting.text().to_owned());
        let kind = match self.template_type.unwrap_or_default() {
            TemplateType::Plain => BodyKind::Plain,
            TemplateType::Html => BodyKind::Html,
        };
        let scope = Scope {
            properties: self.want_properties.unwrap_or(true),
            steps: self.want_steps.unwrap_or(false),
            logs: self.want_logs.unwrap_or(false),
            contents: self.want_logs_content.map_or(Contents::None, |logs| logs.contents()),
        };
        let context = self.ctx.unwrap_or_default();
        Template { template: text(self.template), subject: text(self.subject), kind, context, scope }
    }

    /// The keys that are there, but that this kind of formatter does not know.
    pub(super) fn strangers(&self) -> Vec<&'static str> {
        let there = [
            ("template", self.template.is_some()),
            ("subject", self.subject.is_some()),
            ("template_type", self.template_type.is_some()),
            ("ctx", self.ctx.is_some()),
            ("want_properties", self.want_properties.is_some()),
            ("want_steps", self.want_steps.is_some()),
            ("want_logs", self.want_logs.is_some()),
            ("want_logs_content", self.want_logs_content.is_some()),
        ];
        let known = match self.kind {
            Kind::Message => 8,
            Kind::MissingWorker => 4,
            Kind::Renderable => 2,
            Kind::Empty => 0,
        };
        there[known..].iter().filter(|(_, is_there)| *is_there).map(|(name, _)| *name).collect()
    }
}
