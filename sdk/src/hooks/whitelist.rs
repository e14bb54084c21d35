//! What of a payload becomes properties: Buildbot's `github_property_whitelist` and its like.

use glob::Pattern;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use crate::contract::NewChange;
use crate::contract::Problem;

/// What one value may take of all changes of a request, in bytes of JSON: the list of a push's commits, once in the change of
/// each commit, would grow with the square of their number.
const MOST_BYTES: usize = 4 * 1024 * 1024;

/// Properties of one change. What GitHub tells of a push or a pull request is a few hundred.
const MOST_PROPERTIES: usize = 2000;

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
    pub fn add(&self, mut change: NewChange, prefix: &str, payload: &Value) -> NewChange {
        change.properties.extend(self.found(prefix, payload, 1));
        change
    }

    /// The properties that each of so many `changes` of one payload has. A value that is too large for that is null, so that
    /// its name is there at least.
    #[must_use]
    pub fn found(&self, prefix: &str, payload: &Value, changes: usize) -> Vec<(String, String)> {
        let patterns: Vec<Pattern> = self.0.iter().filter_map(|pattern| Pattern::new(pattern).ok()).collect();
        let mut found = Vec::new();
        flatten(prefix, payload, &mut found);
        found.retain(|(name, _)| patterns.iter().any(|pattern| pattern.matches(name)));
        found.sort_by(|(one, _), (other, _)| one.cmp(other));
        // A key with a dot in it can make two names one.
        found.dedup_by(|(one, _), (other, _)| one == other);
        if found.len() > MOST_PROPERTIES {
            println!("of {} properties from the payload the first {MOST_PROPERTIES} are taken", found.len());
            found.truncate(MOST_PROPERTIES);
        }
        let most = MOST_BYTES / changes.max(1);
        found.into_iter().map(|(name, value)| written(name, value, most)).collect()
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

fn written(name: String, value: &Value, most: usize) -> (String, String) {
    let json = value.to_string();
    if json.len() <= most {
        return (name, json);
    }
    println!("{name} is null in each change: it has {} bytes, and {most} are what one may take", json.len());
    (name, Value::Null.to_string())
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
    fn a_large_value_has_less_room_the_more_changes_there_are() {
        let list: Whitelist = serde_json::from_value(json!(["github.*"])).expect("a list");
        let payload = json!({"commits": vec!["x".repeat(1021); 1024], "ref": "main"});
        let found = |changes: usize| list.found("github", &payload, changes);
        assert_eq!(found(3)[0].1.len(), 1024 * 1024 + 1);
        assert_eq!(found(4)[0], (String::from("github.commits"), String::from("null")));
        assert_eq!(found(4096)[1], (String::from("github.ref"), String::from("\"main\"")));
    }

    #[test]
    fn there_are_not_endlessly_many() {
        let list: Whitelist = serde_json::from_value(json!(["github.*"])).expect("a list");
        let payload: Value = (0..9000).map(|n| (n.to_string(), json!(n))).collect::<serde_json::Map<_, _>>().into();
        assert_eq!(list.found("github", &payload, 1).len(), MOST_PROPERTIES);
        assert_eq!(list.found("a", &json!({"b": {"c": 1}, "b.c": 2}), 1), []);
    }

    #[test]
    fn a_pattern_that_is_none_is_said() {
        let list: Whitelist = serde_json::from_value(json!(["github.*", "[a"])).expect("a list");
        let problems = list.problems("github_property_whitelist");
        assert_eq!((problems.len(), problems[0].at.as_str()), (1, "/github_property_whitelist/1"));
    }
}
