//! Steps: added under a name of their own, started, described, finished.

use super::Apply;
use super::UpdateError;
use super::emit;
use super::numbered;
use super::params;
use crate::model::*;
use crate::store::Names;
use crate::store::Tx;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;
use serde_json::json;

/// Steps of one build; a loop in a CI system shall not fill the disk.
const MOST_STEPS: i64 = 10_000;

/// Links of one step: each of its events tells of all.
pub(in crate::data) const MOST_URLS: usize = 100;

/// The longest name and the longest address of a link, in bytes.
pub(in crate::data) const LONGEST_LINK: usize = 2048;

/// The longest name, in characters.
const LONGEST_NAME: usize = 50;

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
fn free_name(tx: &mut Tx<'_>, build: BuildId, asked: String) -> Result<String, UpdateError> {
    let names = Names::Steps(build);
    if tx.has_name(names, &asked)? { numbered::free(tx, names, (&asked, 1), LONGEST_NAME) } else { Ok(asked) }
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
        params::short("state_string", &self.state_string)?;
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
        params::at_most("name", self.name.len(), LONGEST_LINK)?;
        params::at_most("url", self.url.len(), LONGEST_LINK)?;
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
