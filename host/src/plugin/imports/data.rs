//! Reads of the data API.

use crate::data::DataError;
use crate::model::BuildId;
use crate::model::BuildsetId;
use crate::model::LogId;
use crate::plugin::bindings::wit::data::Error;
use crate::plugin::bindings::wit::data::Host;
use crate::plugin::bindings::wit::data::LogLine;
use crate::plugin::bindings::wit::types::BuildReportResult;
use crate::plugin::bindings::wit::types::BuildsetReportResult;
use crate::plugin::bindings::wit::types::Want;
use crate::plugin::convert;
use crate::plugin::state::CallState;
use crate::plugin::state::HostFailure;
use wasmtime::Result;

/// The largest answer.
const ANSWER_BYTES: usize = 1 << 20;

type Answer<T> = Result<Result<T, Error>>;

impl Host for CallState {
    async fn build(&mut self, id: u64, want: Want) -> Answer<BuildReportResult> {
        let (Some(data), Some(id)) = (self.data(), number(id)) else { return Ok(Err(Error::NotFound)) };
        let answer = data.build_report(BuildId(id), convert::want(want)).await;
        bounded(answer.map(|report| convert::build_report(&report)), convert::build_report_size)
    }

    async fn buildset(&mut self, id: u64, want: Want) -> Answer<BuildsetReportResult> {
        let (Some(data), Some(id)) = (self.data(), number(id)) else { return Ok(Err(Error::NotFound)) };
        let answer = data.buildset_report(BuildsetId(id), convert::want(want)).await;
        bounded(answer.map(|report| convert::buildset_report(&report)), |report| {
            report.builds.iter().map(convert::build_report_size).sum()
        })
    }

    async fn lines(&mut self, log: u64, first: u32, count: u32) -> Answer<Vec<LogLine>> {
        let (Some(data), Some(id)) = (self.data(), number(log)) else { return Ok(Err(Error::NotFound)) };
        let answer = data.log_lines(LogId(id), first, count).await;
        let lines = answer.map(|lines| lines.into_iter().map(convert::log_line).collect());
        bounded(lines, |lines: &Vec<LogLine>| lines.iter().map(|line| line.text.len() + size_of::<LogLine>()).sum())
    }

    async fn get(&mut self, path: String) -> Answer<String> {
        let Some(data) = self.data() else { return Ok(Err(Error::NotFound)) };
        bounded(data.get(&path).await, String::len)
    }
}

/// Ids of the data API are positive and have 63 bits.
fn number(id: u64) -> Option<i64> {
    i64::try_from(id).ok()
}

fn bounded<T>(answer: Result<T, DataError>, size: impl Fn(&T) -> usize) -> Answer<T> {
    match answer {
        Ok(answer) if size(&answer) > ANSWER_BYTES => Ok(Err(Error::TooLarge)),
        Ok(answer) => Ok(Ok(answer)),
        Err(DataError::NotFound(_)) => Ok(Err(Error::NotFound)),
        Err(DataError::Invalid(what)) => Ok(Err(Error::Invalid(what))),
        Err(DataError::TooLarge { .. }) => Ok(Err(Error::TooLarge)),
        Err(DataError::Store(reason)) => Err(HostFailure(format!("cannot read the data API: {reason}")).into()),
    }
}
