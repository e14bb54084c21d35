//! What of a payload becomes properties: Buildbot's `github_property_whitelist` and its like.

use glob::Pattern;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use crate::contract::NewChange;
use crate::contract::Problem;

/// Patterns of the names of properties, such as `github.head.*`. Objects in the payload are taken apart, and their keys put
/// together with dots; what a list holds stays as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Whitelist(Vec<String>);

impl Whitelist {
    /// Whether nothing is wanted, so that a payload need not be looked at.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The change with all properties of `payload` that a pattern fits, by name, each beginning with `prefix` and a dot.
    #[must_use]
    pub fn add(&self, change: NewChange, prefix: &str, payload: &Value) -> NewChange {
        let patterns: Vec<Pattern> = self.0.iter().filter_map(|pattern| Pattern::new(pattern).ok()).collect();
        let mut found = Vec::new();
        flatten(prefix, payload, &mut found);
        found.retain(|(name, _)| patterns.iter().any(|pattern| pattern.matches(name)));
        found.sort_by(|(one, _), (other, _)| one.cmp(other));
        found.into_iter().fold(change, |change, (name, value)| change.property(&name, value))
    }

    /// Patterns that are none; `setting` is what they are called.
    #[must_use]
    pub fn problems(&self, setting: &str) -> Vec<Problem> {
        let wrong = |(index, pattern): (usize, &String)| {
            let error = Pattern::new(pattern).err()?;
            Some(Problem::new(format!("/{setting}/{index}"), format!("`{pattern}` is no pattern: {error}")))
        };
        self.0.iter().enumerate().filter_map(wrong).collect()
    }
}

fn flatten<'v>(name: &str, value: &'v Value, found: &mut Vec<(String, &'v Value)>) {
    match value {
        Value::Object(object) => {
            object.iter().for_each(|(key, value)| flatten(&format!("{name}.{key}"), value, found));
        }
        other => found.push((String::from(name), other)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn names_are_made_of_the_way_to_a_value() {
        let payload = json!({"head": {"ref": "main", "n": 7, "repo": {"id": 3}}, "labels": [{"a": 1}], "x": null});
        let names = |patterns: Value| -> Vec<(String, String)> {
            let list: Whitelist = serde_json::from_value(patterns).expect("a list");
            list.add(NewChange::default(), "github", &payload).properties
        };
        let pair = |name: &str, value: &str| (String::from(name), String::from(value));
        assert_eq!(
            names(json!(["github.head.*"])),
            [pair("github.head.n", "7"), pair("github.head.ref", "\"main\""), pair("github.head.repo.id", "3"),]
        );
        assert_eq!(
            names(json!(["*.labels", "github.?"])),
            [pair("github.labels", "[{\"a\":1}]"), pair("github.x", "null")]
        );
        assert_eq!(names(json!([])), []);
    }

    #[test]
    fn a_pattern_that_is_none_is_said() {
        let list: Whitelist = serde_json::from_value(json!(["github.*", "[a"])).expect("a list");
        let problems = list.problems("github_property_whitelist");
        assert_eq!((problems.len(), problems[0].at.as_str()), (1, "/github_property_whitelist/1"));
    }
}
