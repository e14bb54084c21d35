//! Settings: from JSON to the plugin's own type, and where they do not fit.
//!
//! Not here: what the values mean; that is the plugin's to check in `subscribe`.

use std::borrow::Cow;

use schemars::JsonSchema;
use schemars::Schema;
use schemars::SchemaGenerator;
use schemars::json_schema;
use serde::Deserialize;
use serde::Deserializer;
use serde::de::DeserializeOwned;
use serde::de::SeqAccess;
use serde::de::Visitor;
use serde_json::value::RawValue;
use serde_path_to_error::Segment;

use crate::contract::Problem;

/// Parses settings; the problem says where, as a JSON pointer.
pub(crate) fn parse<S: DeserializeOwned>(json: &str) -> Result<S, Problem> {
    // Keeping track of the place costs; the place is asked for only if something is wrong.
    serde_json::from_str(json).map_err(|error| locate::<S>(json).unwrap_or_else(|| Problem::new("", error.to_string())))
}

fn locate<S: DeserializeOwned>(json: &str) -> Option<Problem> {
    let mut reader = serde_json::Deserializer::from_str(json);
    let error = serde_path_to_error::deserialize::<_, S>(&mut reader).err()?;
    let at = error.path().iter().filter_map(pointer_part).collect::<String>();
    let message = error.into_inner().to_string();
    // The position in JSON text that nobody wrote helps nobody.
    let message = message.split(" at line ").next().unwrap_or_default();
    Some(Problem::new(at, message))
}

fn pointer_part(segment: &Segment) -> Option<String> {
    match segment {
        Segment::Seq { index } => Some(format!("/{index}")),
        Segment::Map { key } => Some(format!("/{}", pointer_key(key))),
        Segment::Enum { .. } | Segment::Unknown => None,
    }
}

/// A key as it stands in a JSON pointer: `a/b` is `a~1b` there.
pub fn pointer_key(key: &str) -> Cow<'_, str> {
    if key.contains(['~', '/']) { Cow::Owned(key.replace('~', "~0").replace('/', "~1")) } else { Cow::Borrowed(key) }
}

/// A setting that is a word or a list of words, as Buildbot's `mode`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OneOrMany {
    /// A word by itself; often a shortcut.
    One(String),
    /// A list of words.
    Many(Vec<String>),
}

impl<'de> Deserialize<'de> for OneOrMany {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Words)
    }
}

struct Words;

impl<'de> Visitor<'de> for Words {
    type Value = OneOrMany;

    fn expecting(&self, to: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        to.write_str("a string or a list of strings")
    }

    fn visit_str<E>(self, word: &str) -> Result<OneOrMany, E> {
        Ok(OneOrMany::One(word.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<OneOrMany, A::Error> {
        let mut words = Vec::new();
        while let Some(word) = list.next_element()? {
            words.push(word);
        }
        Ok(OneOrMany::Many(words))
    }
}

impl JsonSchema for OneOrMany {
    fn schema_name() -> Cow<'static, str> {
        "OneOrMany".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": ["string", "array"], "items": {"type": "string"}})
    }
}

/// A setting that names another plugin: `"short"`, `{"plugin": "short", "width": 70}`, or for a formatter
/// `{"template": "…"}`. What it holds is the host's business; it is handed on as it is.
///
/// Mark the field with `#[schemars(extend("x-campanile" = "message-formatter"))]` (or `"review-callbacks"`,
/// `"address-lookup"`, `"previous-build"`).
#[derive(Debug, Clone, Deserialize)]
#[serde(transparent)]
pub struct PluginChoice(Box<RawValue>);

impl PluginChoice {
    /// The JSON to hand to the host.
    #[must_use]
    pub fn json(&self) -> &str {
        self.0.get()
    }

    /// The text, where nothing but a text stands: a plugin's name.
    #[must_use]
    pub fn text(&self) -> Option<String> {
        serde_json::from_str(self.0.get()).ok()
    }
}

impl JsonSchema for PluginChoice {
    fn schema_name() -> Cow<'static, str> {
        "PluginChoice".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": ["string", "object"]})
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Sample {
        #[expect(dead_code, reason = "only parsed")]
        words: Vec<String>,
        mode: Option<OneOrMany>,
        formatter: Option<PluginChoice>,
    }

    #[track_caller]
    fn check(json: &str, at: &str, message: &str) {
        let problem = parse::<Sample>(json).expect_err("these settings are wrong");
        assert_eq!((problem.at.as_str(), problem.message.as_str()), (at, message));
    }

    #[test]
    fn problems_say_where() {
        check(r#"{"words": ["a", 1]}"#, "/words/1", "invalid type: integer `1`, expected a string");
        check(
            r#"{"words": [], "a/b": 1}"#,
            "/a~1b",
            "unknown field `a/b`, expected one of `words`, `mode`, `formatter`",
        );
        check(r#"{}"#, "", "missing field `words`");
        check(
            r#"{"words": [], "mode": 7}"#,
            "/mode",
            "invalid type: integer `7`, expected a string or a list of strings",
        );
    }

    #[test]
    fn a_plugin_choice_is_handed_on_as_it_is() {
        let sample: Sample = parse(r#"{"words": [], "mode": "all", "formatter": {"plugin": "short"}}"#).expect("fits");
        assert_eq!(sample.mode, Some(OneOrMany::One("all".into())));
        assert_eq!(sample.formatter.map(|choice| choice.json().to_owned()).as_deref(), Some(r#"{"plugin": "short"}"#));
        let sample: Sample = parse(r#"{"words": [], "formatter": null}"#).expect("fits");
        assert!(sample.formatter.is_none());
    }
}
