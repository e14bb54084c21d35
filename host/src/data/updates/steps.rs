//! Steps: added under a name of their own, started, described, finished.

use super::Apply;
use super::UpdateError;
use super::emit;
use super::params;
use crate::model::*;
use crate::store::Tx;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;
use serde_json::json;
use std::collections::HashSet;

/// Steps of one build; a loop in a CI system shall not fill the disk.
const MOST_STEPS: i64 = 10_000;

/// Links of one step: it is written again with each.
const MOST_URLS: usize = 1000;

/// The longest name, in characters.
const LONGEST_NAME: usize = 50;

/// What is cut off a long name to number it, at most: `_9999`, as there are no more than [`MOST_STEPS`].
const LONGEST_SUFFIX: usize = 5;

/// Adds a step, pending. Its name may differ from the one asked for when that is taken.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AddStep {
    buildid: BuildId,
    name: String,
}

impl Apply for AddStep {
    fn apply(self, tx: &mut Tx<'_>, now: Timestamp) -> Result<Value, UpdateError> {
        params::name("name", &self.name)?;
        params::build(tx, self.buildid)?;
        let number = tx.next_step_number(self.buildid)?;
        if number >= MOST_STEPS {
            return Err(UpdateError::invalid("buildid", format!("the build has {MOST_STEPS} steps already")));
        }
        let asked: String = self.name.chars().take(LONGEST_NAME).collect();
        let name = free_name(tx, self.buildid, asked)?;
        let stepid = tx.insert_step(self.buildid, (number, &name))?;
        tell(tx, now, stepid, "new")?;
        Ok(json!({"stepid": stepid, "number": number, "name": name}))
    }
}

/// `comp`, `comp_1`, `comp_2`, …: the first that is free in the build.
fn free_name(tx: &Tx<'_>, build: BuildId, asked: String) -> Result<String, UpdateError> {
    if tx.step_by_name(build, &asked)?.is_none() {
        return Ok(asked);
    }
    // Read once: a query for each candidate would be slow where a loop calls all its steps the same.
    let stem: String = asked.chars().take(LONGEST_NAME - LONGEST_SUFFIX).collect();
    let mut taken = HashSet::new();
    tx.each_step_name(build, &stem, |name| taken.extend(number_in_name(&asked, name)))?;
    let free = (1..).find(|number| !taken.contains(number));
    Ok(numbered_name(&asked, free.unwrap_or(u32::MAX)))
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StartStep {
    stepid: StepId,
    #[serde(default)]
    started_at: Option<Timestamp>,
    #[serde(default)]
    locks_acquired: bool,
}

impl Apply for StartStep {
    fn apply(self, tx: &mut Tx<'_>, now: Timestamp) -> Result<Value, UpdateError> {
        tx.start_step(self.stepid, self.started_at.unwrap_or(now), self.locks_acquired)?;
        tell(tx, now, self.stepid, "started")
    }
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SetStepLocksAcquiredAt {
    stepid: StepId,
    #[serde(default, alias = "ts")]
    locks_acquired_at: Option<Timestamp>,
}

impl Apply for SetStepLocksAcquiredAt {
    fn apply(self, tx: &mut Tx<'_>, now: Timestamp) -> Result<Value, UpdateError> {
        tx.set_step_locks_acquired(self.stepid, self.locks_acquired_at.unwrap_or(now))?;
        tell(tx, now, self.stepid, "updated")
    }
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SetStepStateString {
    stepid: StepId,
    state_string: String,
}

impl Apply for SetStepStateString {
    fn apply(self, tx: &mut Tx<'_>, now: Timestamp) -> Result<Value, UpdateError> {
        tx.set_step_state(self.stepid, &self.state_string)?;
        tell(tx, now, self.stepid, "updated")
    }
}

/// Adds a link; one that is there already is not added again, but told all the same, as Buildbot does.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AddStepUrl {
    stepid: StepId,
    name: String,
    url: String,
}

impl Apply for AddStepUrl {
    fn apply(self, tx: &mut Tx<'_>, now: Timestamp) -> Result<Value, UpdateError> {
        params::line("name", &self.name)?;
        params::line("url", &self.url)?;
        let mut urls = params::step(tx, self.stepid)?.urls;
        let url = Url { name: self.name, url: self.url };
        if !urls.contains(&url) {
            if urls.len() >= MOST_URLS {
                return Err(UpdateError::invalid("stepid", format!("the step has {MOST_URLS} links already")));
            }
            urls.push(url);
            tx.set_step_urls(self.stepid, &urls)?;
        }
        tell(tx, now, self.stepid, "updated")
    }
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FinishStep {
    pub(super) stepid: StepId,
    pub(super) results: Results,
    pub(super) hidden: bool,
}

impl Apply for FinishStep {
    fn apply(self, tx: &mut Tx<'_>, now: Timestamp) -> Result<Value, UpdateError> {
        let step = params::step(tx, self.stepid)?;
        if step.complete {
            // As with builds: a repeated call is no second end.
            return match (step.results, step.hidden) == (Some(self.results), self.hidden) {
                true => Ok(Value::Null),
                false => Err(UpdateError::invalid("stepid", format!("step {} is finished already", self.stepid))),
            };
        }
        tx.finish_step(self.stepid, (self.results, self.hidden), now)?;
        tell(tx, now, self.stepid, "finished")
    }
}

fn tell(tx: &mut Tx<'_>, now: Timestamp, id: StepId, what: &str) -> Result<Value, UpdateError> {
    let step = params::step(tx, id)?;
    emit::step(tx, now, &step, what)?;
    Ok(Value::Null)
}
