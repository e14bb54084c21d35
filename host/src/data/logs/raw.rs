//! A whole log as text, for people: what it belongs to stands above the lines of a `stdio` log.

use super::reading::Reading;
use crate::data::Data;
use crate::data::DataError;
use crate::model::*;
use crate::store::Reader;

/// A log as text.
pub struct RawLog {
    pub kind: LogKind,
    /// A name for the file, such as `linux_build_7_step_compile_log_stdio`.
    pub file_name: String,
    /// Lines that stand before it.
    pub preamble: String,
    pub content: Reading,
}

/// What a log belongs to, as far as that is known.
struct Origin {
    step: Option<Step>,
    build: Option<Build>,
    builder: Option<Builder>,
    worker: Option<Worker>,
}

impl Data {
    /// The log at `path`, all of it that there is now.
    pub async fn log_raw(&self, path: &str) -> Result<RawLog, DataError> {
        let log = self.log_at(path).await?;
        let of = log.clone();
        let origin = self.store.read_soon(move |reader| Origin::of(reader, &of)).await?;
        Ok(RawLog {
            kind: log.kind,
            file_name: origin.file_name(&log),
            preamble: if log.kind == LogKind::Stdio { origin.preamble() } else { String::new() },
            content: Reading {
                store: self.store.clone(),
                log: log.logid,
                kind: log.kind,
                next: 0,
                last: log.num_lines - 1,
            },
        })
    }
}

impl Origin {
    fn of(reader: &Reader<'_>, log: &Log) -> Result<Self, DataError> {
        let step = reader.step(log.stepid)?;
        let build = step.as_ref().map(|step| reader.build(step.buildid)).transpose()?.flatten();
        let builder = build.as_ref().map(|build| reader.builder(build.builderid)).transpose()?.flatten();
        let worker = build.as_ref().and_then(|build| build.workerid);
        let worker = worker.map(|id| reader.worker(id)).transpose()?.flatten();
        Ok(Self { step, build, builder, worker })
    }

    fn preamble(&self) -> String {
        let lines = [
            self.builder.as_ref().map(|builder| format!("Builder: {}\n", builder.name)),
            self.build.as_ref().map(|build| format!("Build number: {}\n", build.number)),
            self.worker.as_ref().map(|worker| format!("Worker name: {}\n", worker.name)),
        ];
        lines.into_iter().flatten().collect()
    }

    fn file_name(&self, log: &Log) -> String {
        let parts = [
            self.builder.as_ref().map(|builder| builder.name.clone()),
            self.build.as_ref().map(|build| format!("build_{}", build.number)),
            self.step.as_ref().map(|step| format!("step_{}", step.name)),
            Some(format!("log_{}", log.slug)),
        ];
        parts.into_iter().flatten().collect::<Vec<_>>().join("_")
    }
}
