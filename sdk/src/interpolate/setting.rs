//! A setting that is filled in.

use std::borrow::Cow;
use std::collections::BTreeMap;

use schemars::JsonSchema;
use schemars::Schema;
use schemars::SchemaGenerator;
use schemars::json_schema;
use serde::Deserialize;
use serde::Serialize;

use super::Interpolate;
use super::Sources;
use crate::contract::Part;

/// A setting whose value is filled in for each message: `"%(prop:branch)s"`, or with keywords
/// `{fmtstring = "%(kw:team)s", kw = {team = "a"}}`. Writing `%(secret:name)s` grants that secret.
///
/// It is read when it is used; ask [`problem`](Self::problem) in `subscribe`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
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

    /// It, with all filled in, where no secret may stand. One that [`plain_problem`](Self::plain_problem) would refuse is empty.
    #[must_use]
    pub fn fill_plain(&self, sources: Sources<'_>) -> String {
        self.read().map(|text| text.fill_plain(sources)).unwrap_or_default()
    }

    /// What is wrong with it where no secret may stand, if anything.
    #[must_use]
    pub fn plain_problem(&self) -> Option<String> {
        match self.read() {
            Err(problem) => Some(problem),
            Ok(text) => {
                let is_secret = |part: &Part| matches!(part, Part::Secret(_));
                text.fill(Sources::default()).iter().any(is_secret).then(|| String::from("no secret may stand here"))
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::a_build;

    #[test]
    fn where_no_secret_may_stand() {
        let problem = |text: &str| Renderable::from(text).plain_problem();
        assert_eq!(problem("buildbot/%(prop:buildername)s"), None);
        assert_eq!(problem("%(secret:token)s").as_deref(), Some("no secret may stand here"));
        assert!(problem("%(nothing)s").is_some());
        let report = a_build("linux").report();
        assert_eq!(Renderable::from("ci/%(prop:buildername)s").fill_plain(Sources::build(&report)), "ci/linux");
    }
}
