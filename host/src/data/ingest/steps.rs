//! Steps and their logs, as far as they are told.

use super::From;
use super::builds::missing;
use super::places::id_of;
use super::told::ContentTold;
use super::told::LogTold;
use super::told::StepTold;
use super::told::Told;
use super::told::fit;
use crate::data::updates::LONGEST_LINK;
use crate::data::updates::MOST_URLS;
use crate::data::updates::UpdateError;
use crate::data::updates::append_event;
use crate::model::*;
use crate::store::Chunk;
use crate::store::StoreError;
use serde_json::json;

impl From<'_, '_> {
    /// What is told of the steps of a build, in their order.
    pub(super) fn steps(&mut self, told: &Told, build: BuildId) -> Result<(), UpdateError> {
        let mut steps: Vec<&StepTold> = told.steps.iter().flatten().collect();
        steps.sort_by_key(|step| step.number);
        steps.into_iter().try_for_each(|step| self.step(step, build))
    }

    fn step(&mut self, told: &StepTold, build: BuildId) -> Result<(), UpdateError> {
        let started_at = self.at(told.started_at.or(told.complete_at));
        let known = match self.tx.ingested(self.masterid, told.stepid)? {
            Some(id) => self.tx.step(id)?.filter(|ours| ours.buildid == build).map(|ours| ours.stepid),
            None => None,
        };
        let stepid = match known {
            Some(id) => id,
            None => {
                let step = json!({"buildid": build, "name": named(&told.name)});
                let made = self.call("addStep", &step, started_at)?;
                let id = StepId(id_of(&made["stepid"])?);
                self.tx.put_ingested((self.masterid, told.stepid), id, None)?;
                id
            }
        };
        let Some(ours) = self.tx.step(stepid)?.filter(|step| !step.complete) else { return Ok(()) };
        if let (None, Some(at)) = (ours.started_at, told.started_at) {
            let locks_acquired = told.locks_acquired_at.is_some();
            let start = json!({"stepid": stepid, "started_at": at, "locks_acquired": locks_acquired});
            self.call("startStep", &start, at)?;
        }
        self.describe_step(told, &ours)?;
        told.logs.iter().try_for_each(|log| self.log(log, stepid, self.at(told.complete_at)))?;
        if told.complete {
            let results = told.results.ok_or_else(|| missing("results", "a step that is complete has some"))?;
            self.finish_step((stepid, told.hidden), results, self.at(told.complete_at))?;
        }
        Ok(())
    }

    fn describe_step(&mut self, told: &StepTold, ours: &Step) -> Result<(), UpdateError> {
        let (stepid, at) = (ours.stepid, self.at(told.complete_at));
        let state_string = fit(&told.state_string);
        if ours.state_string != state_string {
            self.call("setStepStateString", &json!({"stepid": stepid, "state_string": state_string}), at)?;
        }
        // What is more than fits is left out: a step that triggers has links to all that it triggered.
        let urls = told.urls.iter().filter(|url| [&url.name, &url.url].iter().all(|text| is_link(text)));
        let room = MOST_URLS.saturating_sub(ours.urls.len());
        for url in urls.filter(|url| !ours.urls.contains(url)).take(room) {
            self.call("addStepURL", &json!({"stepid": stepid, "name": url.name, "url": url.url}), at)?;
        }
        Ok(())
    }

    /// A log whose lines are not told is not kept either: it would look as if it were empty.
    fn log(&mut self, told: &LogTold, step: StepId, at: Timestamp) -> Result<(), UpdateError> {
        if told.kind == LogKind::Deleted || (told.content.is_none() && told.num_lines > 0) {
            return Ok(());
        }
        let known = match self.tx.ingested(self.masterid, told.logid)? {
            Some(id) => self.tx.log(id)?.filter(|ours| ours.stepid == step).map(|ours| ours.logid),
            None => None,
        };
        let logid = match known {
            Some(id) => id,
            None => {
                let log = json!({"stepid": step, "name": named(&told.name), "type": told.kind});
                let id = LogId(id_of(&self.call("addLog", &log, at)?)?);
                self.tx.put_ingested((self.masterid, told.logid), id, None)?;
                id
            }
        };
        let Some(ours) = self.tx.log(logid)?.filter(|log| !log.complete) else { return Ok(()) };
        if let Some(content) = &told.content {
            self.append(content, &ours, at)?;
        }
        if told.complete {
            self.call("finishLog", &json!({"logid": logid}), at)?;
        }
        Ok(())
    }

    /// Appends the lines that the log does not have yet.
    fn append(&mut self, told: &ContentTold, ours: &Log, at: Timestamp) -> Result<(), UpdateError> {
        let lines = &told.content;
        if let (LogKind::Stdio, Some(line)) = (ours.kind, lines.unmarked) {
            let message = format!("line {line} of log {:?} must begin with o, e or h, its stream", ours.name);
            return Err(UpdateError::Invalid { param: "content", message });
        }
        let known = ours.num_lines - i64::from(told.firstline);
        if known < 0 {
            let message = format!("{} lines come before it that were not told", -known);
            return Err(UpdateError::Invalid { param: "firstline", message });
        }
        let (part, chunks) = behind(&lines.prepared.chunks, known)?;
        if part.is_none() && chunks.is_empty() {
            return Ok(());
        }
        let num_lines = self.tx.append_chunks(ours, part.as_slice())?;
        let num_lines = self.tx.append_chunks(&Log { num_lines, ..ours.clone() }, chunks)?;
        append_event(self.tx, at, ours, num_lines)
    }

    /// Ends the steps of a build that has ended, where that was not told: with retry, as after a master that is gone.
    pub(super) fn end_steps(&mut self, build: BuildId, at: Timestamp) -> Result<(), UpdateError> {
        for step in self.tx.steps_of(build)?.into_iter().filter(|step| !step.complete) {
            self.finish_step((step.stepid, step.hidden), Results::Retry, at)?;
        }
        Ok(())
    }

    fn finish_step(
        &mut self,
        (step, hidden): (StepId, bool),
        results: Results,
        at: Timestamp,
    ) -> Result<(), UpdateError> {
        for log in self.tx.logs_of(step)?.into_iter().filter(|log| !log.complete) {
            self.call("finishLog", &json!({"logid": log.logid}), at)?;
        }
        self.call("finishStep", &json!({"stepid": step, "results": results, "hidden": hidden}), at)?;
        Ok(())
    }
}

/// A name that can be kept.
fn named(told: &str) -> String {
    if told.is_empty() { "unnamed".to_owned() } else { fit(told) }
}

/// Whether a text can be one of a link's two.
fn is_link(text: &str) -> bool {
    text.len() <= LONGEST_LINK && fit(text) == text
}

/// What comes behind so many lines: the rest of a chunk that has some of them, and the chunks after it, which are written as
/// they are.
fn behind(chunks: &[Chunk], lines: i64) -> Result<(Option<Chunk>, &[Chunk]), StoreError> {
    let mut left = lines;
    for (index, chunk) in chunks.iter().enumerate() {
        if left == 0 {
            return Ok((None, &chunks[index..]));
        }
        if left < chunk.lines() {
            return Ok((Some(chunk.behind(left)?), &chunks[index + 1..]));
        }
        left -= chunk.lines();
    }
    Ok((None, &[]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::logs::prepare_text;

    /// Only a chunk that begins with known lines is touched; what was compressed elsewhere stays so.
    #[test]
    fn lines_that_are_known_are_left_out() {
        let text = "oa line that is known, or is not\n".repeat(5000);
        let chunks = prepare_text(&text).unwrap().chunks;
        let first = chunks[0].lines();
        assert!(chunks.len() > 2 && first > 1);
        let check = |known: i64, part: Option<i64>, untouched: usize| {
            let (found, rest) = behind(&chunks, known).unwrap();
            assert_eq!(found.map(|chunk| chunk.lines()), part, "{known}");
            assert!(std::ptr::eq(rest, &chunks[chunks.len() - untouched..]), "{known}");
        };
        check(0, None, chunks.len());
        check(1, Some(first - 1), chunks.len() - 1);
        check(first, None, chunks.len() - 1);
        check(first + 1, Some(chunks[1].lines() - 1), chunks.len() - 2);
        let (part, rest) = behind(&chunks, 5001).unwrap();
        assert!(part.is_none() && rest.is_empty(), "more than there is");
    }
}
