//! Commits that their authors do not want to be built: Buildbot's `skips`.

use std::borrow::Cow;

use regex_lite::Regex;
use schemars::JsonSchema;
use schemars::Schema;
use schemars::SchemaGenerator;
use schemars::json_schema;
use serde::Deserialize;

use crate::contract::Problem;

/// Regular expressions; what one is found in is skipped. None of them look ahead or behind.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Skips(Vec<String>);

impl Default for Skips {
    fn default() -> Self {
        Self(USUAL.map(String::from).to_vec())
    }
}

const USUAL: [&str; 2] = [r"\[ *skip *ci *\]", r"\[ *ci *skip *\]"];

impl Skips {
    /// Whether a message has one in it.
    #[must_use]
    pub fn has(&self, message: &str) -> bool {
        // Every message that a usual one is found in has a bracket, and most messages have none.
        if *self == Self::default() && !message.contains('[') {
            return false;
        }
        self.0.iter().filter_map(|skip| Regex::new(skip).ok()).any(|skip| skip.is_match(message))
    }

    /// Those that are no regular expressions; `setting` is what they are called.
    #[must_use]
    pub fn problems(&self, setting: &str) -> Vec<Problem> {
        let wrong = |(index, skip): (usize, &String)| {
            let error = Regex::new(skip).err()?;
            Some(Problem::new(format!("/{setting}/{index}"), format!("`{skip}` is no regular expression: {error}")))
        };
        self.0.iter().enumerate().filter_map(wrong).collect()
    }
}

impl JsonSchema for Skips {
    fn schema_name() -> Cow<'static, str> {
        "Skips".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "array", "items": {"type": "string"}, "default": USUAL})
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn skips(list: serde_json::Value) -> Skips {
        serde_json::from_value(list).expect("a list")
    }

    #[test]
    fn the_usual_ones() {
        for skipped in ["Oil [skip ci]", "[ci skip] Oil", "Oil\n\n[ skip  ci ]"] {
            assert!(Skips::default().has(skipped), "{skipped}");
        }
        for built in ["Oil", "skip ci", "[skip] ci"] {
            assert!(!Skips::default().has(built), "{built}");
        }
    }

    #[test]
    fn others_take_their_place() {
        let own = skips(serde_json::json!([r"(?i)\bno build\b"]));
        assert!(own.has("NO BUILD please") && !own.has("[skip ci]"));
        assert!(!skips(serde_json::json!([])).has("[skip ci]"));
        let problems = skips(serde_json::json!(["ok", "(?=no)", "("])).problems("skips");
        assert_eq!(problems.iter().map(|problem| problem.at.as_str()).collect::<Vec<_>>(), ["/skips/1", "/skips/2"]);
    }
}
