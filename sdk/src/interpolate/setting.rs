//! A setting that is filled in.

use std::borrow::Cow;
use std::collections::BTreeMap;

use schemars::JsonSchema;
use schemars::Schema;
use schemars::SchemaGenerator;
use schemars::json_schema;
use serde::Deserialize;

use super::Interpolate;

/// A setting whose value is filled in for each message: `"%(prop:branch)s"`, or with keywords
/// `{fmtstring = "%(kw:team)s", kw = {team = "a"}}`. Writing `%(secret:name)s` grants that secret.
///
/// It is read when it is used; ask [`problem`](Self::problem) in `subscribe`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub enum Renderable {
    /// Just the text.
    Text(String),
    /// The text, and what its keywords stand for.
    #[serde(rename_all = "snake_case")]
    WithKeywords {
        /// The text.
        fmtstring: String,
        /// What `%(kw:…)s` stands for, by name.
        #[serde(default)]
        kw: BTreeMap<String, String>,
    },
}

impl Renderable {
    /// The text as it was written.
    #[must_use]
    pub fn text(&self) -> &str {
        match self {
            Self::Text(text) | Self::WithKeywords { fmtstring: text, .. } => text,
        }
    }

    /// Reads it.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn read(&self) -> Result<Interpolate, String> {
        match self {
            Self::Text(text) => Interpolate::parse(text),
            Self::WithKeywords { fmtstring, kw } => {
                let read = |(name, text): (&String, &String)| Ok((name.clone(), Interpolate::parse(text)?));
                let keywords = kw.iter().map(read).collect::<Result<_, String>>()?;
                Ok(Interpolate { keywords, ..Interpolate::parse(fmtstring)? })
            }
        }
    }

    /// What is wrong with it, if anything.
    #[must_use]
    pub fn problem(&self) -> Option<String> {
        self.read().err()
    }
}

impl From<&str> for Renderable {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl JsonSchema for Renderable {
    fn schema_name() -> Cow<'static, str> {
        "Renderable".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": ["string", "object"],
            "x-campanile": "text",
            "properties": {
                "fmtstring": {"type": "string"},
                "kw": {"type": "object", "additionalProperties": {"type": "string"}},
            },
            "required": ["fmtstring"],
            "additionalProperties": false,
        })
    }
}
