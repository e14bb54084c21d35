//! What the recorded calls say, in words: changes, builds, their steps, and how they ended.

use super::screen::Tone;
use crate::model::Results;
use serde_json::Map;
use serde_json::Value;
use std::collections::HashMap;

/// One line about one thing.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Line {
    /// Whom it is about: `linux #3`.
    pub(super) who: String,
    pub(super) text: String,
    pub(super) tone: Tone,
}

/// The names of what came in, by id.
#[derive(Default)]
pub(super) struct Story {
    builders: HashMap<i64, String>,
    builds: HashMap<i64, String>,
    steps: HashMap<i64, Step>,
}

struct Step {
    build: String,
    name: String,
    state: String,
}

impl Story {
    /// What is to be said about a call, now that the host has answered it.
    pub(super) fn tell(&mut self, method: &str, params: &Map<String, Value>, result: &Value) -> Option<Line> {
        let text = |name: &str| params.get(name).and_then(Value::as_str).unwrap_or_default();
        let id = |name: &str| params.get(name).and_then(Value::as_i64).unwrap_or_default();
        let new = |name: &str| result.get(name).and_then(Value::as_i64).unwrap_or_default();
        match method {
            "findBuilderId" => {
                self.builders.insert(result.as_i64()?, text("name").to_owned());
                None
            }
            "addChange" => Some(change(text("author"), text("comments"), text("revision"))),
            "addBuild" => {
                let name = format!("{} #{}", self.builders.get(&id("builderid"))?, new("number"));
                self.builds.insert(new("buildid"), name.clone());
                Some(Line { who: name, text: "begins".to_owned(), tone: Tone::Plain })
            }
            "addStep" => {
                let name = result.get("name").and_then(Value::as_str).unwrap_or(text("name")).to_owned();
                let build = self.builds.get(&id("buildid"))?.clone();
                self.steps.insert(new("stepid"), Step { build, name, state: String::new() });
                None
            }
            "setStepStateString" => {
                self.steps.get_mut(&id("stepid"))?.state = text("state_string").to_owned();
                None
            }
            "finishStep" => self.steps.remove(&id("stepid"))?.ended(results(params)?),
            "finishBuild" => {
                let results = results(params)?;
                let who = self.builds.get(&id("buildid"))?.clone();
                Some(Line { who, text: format!("ends: {}", results.name()), tone: tone(results) })
            }
            _ => None,
        }
    }
}

impl Step {
    fn ended(self, results: Results) -> Option<Line> {
        // A step that was skipped has no news.
        let ran = results != Results::Skipped;
        let tone = if results == Results::Success { Tone::Quiet } else { tone(results) };
        ran.then(|| Line { who: self.build, text: format!("  {:<19} {}", self.name, self.state), tone })
    }
}

fn change(author: &str, comments: &str, revision: &str) -> Line {
    let name = author.split(" <").next().unwrap_or(author);
    let subject = comments.lines().next().unwrap_or_default();
    let short = revision.get(..7).unwrap_or(revision);
    Line { who: "change".to_owned(), text: format!("{name}: {subject} ({short})"), tone: Tone::Plain }
}

fn results(params: &Map<String, Value>) -> Option<Results> {
    params.get("results").and_then(Value::as_i64).and_then(Results::from_code)
}

fn tone(results: Results) -> Tone {
    match results {
        Results::Success => Tone::Good,
        Results::Warnings => Tone::Doubtful,
        Results::Failure | Results::Exception => Tone::Bad,
        Results::Skipped | Results::Retry | Results::Cancelled => Tone::Quiet,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_build_is_told_by_its_names() {
        let mut story = Story::default();
        let mut tell = |method: &str, params: Value, result: Value| {
            let params = params.as_object().expect("params are an object").clone();
            story.tell(method, &params, &result).map(|line| format!("{}: {}", line.who, line.text.trim()))
        };
        assert_eq!(tell("findBuilderId", json!({"name": "linux"}), json!(4)), None);
        let begun = tell("addBuild", json!({"builderid": 4}), json!({"buildid": 9, "number": 2}));
        assert_eq!(begun.as_deref(), Some("linux #2: begins"));
        tell("addStep", json!({"buildid": 9, "name": "test"}), json!({"stepid": 5, "name": "test"}));
        tell("setStepStateString", json!({"stepid": 5, "state_string": "3 tests failed"}), Value::Null);
        let step = tell("finishStep", json!({"stepid": 5, "results": 2}), Value::Null);
        assert_eq!(step.as_deref(), Some("linux #2: test                3 tests failed"));
        let ended = tell("finishBuild", json!({"buildid": 9, "results": 2}), Value::Null);
        assert_eq!(ended.as_deref(), Some("linux #2: ends: failure"));
    }
}
