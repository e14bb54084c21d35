//! A recorded run: a line that says what it is, then one update call a line.
//!
//! What a call returned when it was recorded is not in the file: the ids are those of the host that it is played to.
//! A call that `save`s keeps its result under a name, and a later parameter takes it, or a part of it, by
//! `{"$saved": "name"}` or `{"$saved": ["name", "part", …]}`.

use anyhow::Context;
use anyhow::bail;
use serde::Deserialize;
use serde_json::Map;
use serde_json::Value;
use std::collections::HashMap;
use std::fs;
use std::path::Path;

/// A Buildbot that built a small project: the demo has it with it, wherever it is installed.
const BELFRY: &str = include_str!("../../../../examples/recorded/belfry.jsonl");

/// Times of the recorded day. All of them are optional, and without them the host takes its own.
const TIMES: [&str; 5] = ["claimed_at", "started_at", "complete_at", "locks_acquired_at", "when_timestamp"];

pub(super) struct Recording {
    /// What it is a recording of.
    pub(super) title: String,
    pub(super) calls: Vec<Call>,
}

#[derive(Deserialize)]
struct Header {
    title: String,
}

#[derive(Deserialize)]
pub(super) struct Call {
    /// Seconds from the start.
    pub(super) at: f64,
    pub(super) method: String,
    pub(super) params: Map<String, Value>,
    pub(super) save: Option<String>,
}

impl Recording {
    /// The recording in a file, or the one that is always there.
    pub(super) fn open(file: Option<&Path>) -> anyhow::Result<Self> {
        match file {
            None => Self::parse(BELFRY).context("reading the recording within"),
            Some(file) => {
                let text = fs::read_to_string(file).with_context(|| format!("reading {}", file.display()))?;
                Self::parse(&text).with_context(|| format!("reading {}", file.display()))
            }
        }
    }

    fn parse(text: &str) -> anyhow::Result<Self> {
        let mut lines = text.lines().zip(1..);
        let (header, _) = lines.next().context("it is empty")?;
        let header: Header = serde_json::from_str(header).context("line 1 names no title")?;
        let call = |(line, number)| serde_json::from_str(line).with_context(|| format!("line {number} is not a call"));
        let mut calls = lines.map(call).collect::<anyhow::Result<Vec<Call>>>()?;
        for call in &mut calls {
            call.params.retain(|name, _| !TIMES.contains(&name.as_str()));
        }
        Ok(Self { title: header.title, calls })
    }
}

/// Results of earlier calls, by name.
#[derive(Default)]
pub(super) struct Saved(HashMap<String, Value>);

impl Saved {
    pub(super) fn save(&mut self, name: &str, result: Value) {
        self.0.insert(name.to_owned(), result);
    }

    /// `params` with the results that they name.
    pub(super) fn fill_in(&self, params: &Map<String, Value>) -> anyhow::Result<Map<String, Value>> {
        params.iter().map(|(name, value)| Ok((name.clone(), self.filled(value)?))).collect()
    }

    fn filled(&self, value: &Value) -> anyhow::Result<Value> {
        match value {
            Value::Object(fields) => match fields.get("$saved") {
                Some(Value::String(name)) => self.part(&[Value::from(name.as_str())]),
                Some(Value::Array(path)) => {
                    // A part may be called by a result itself: the request of the builder that was saved as `linux`.
                    self.part(&path.iter().map(|step| self.filled(step)).collect::<anyhow::Result<Vec<_>>>()?)
                }
                Some(other) => bail!("$saved takes a name or a path, not {other}"),
                None => Ok(Value::Object(self.fill_in(fields)?)),
            },
            Value::Array(items) => items.iter().map(|item| self.filled(item)).collect(),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Ok(value.clone()),
        }
    }

    fn part(&self, path: &[Value]) -> anyhow::Result<Value> {
        let missing = || format!("nothing was saved as {}", Value::from(path.to_vec()));
        let name = path.first().and_then(Value::as_str).with_context(missing)?;
        let mut part = self.0.get(name).with_context(missing)?;
        for step in &path[1..] {
            let inner = match step {
                Value::String(key) => part.get(key),
                // A number is a key where there are keys: JSON has no others.
                number => part.get(number.to_string()),
            };
            part = inner.with_context(missing)?;
        }
        Ok(part.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn saved_results_are_filled_in() {
        let mut saved = Saved::default();
        saved.save("linux", json!(3));
        saved.save("set", json!({"bsid": 1, "brids": {"3": 8}}));
        let check = |given: Value, filled: Value| {
            assert_eq!(saved.filled(&given).expect("it is saved"), filled, "{given}");
        };
        check(json!({"builderids": [{"$saved": "linux"}]}), json!({"builderids": [3]}));
        check(json!({"$saved": ["set", "bsid"]}), json!(1));
        check(json!({"$saved": ["set", "brids", {"$saved": "linux"}]}), json!(8));
        assert!(saved.filled(&json!({"$saved": "docs"})).is_err());
    }

    #[test]
    fn the_recording_within_is_one() {
        assert!(Recording::open(None).expect("it is read").calls.len() > 100);
    }
}
