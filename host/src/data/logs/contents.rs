//! Lines of a log by their numbers: Buildbot's `contents`, whose `offset` and `limit` count lines.

use super::reading::Reading;
use crate::data::Data;
use crate::data::DataError;
use crate::model::Log;
use crate::model::LogId;
use crate::model::LogKind;

const FIELDS: [&str; 3] = ["content", "firstline", "logid"];

/// Lines of a log, to be read.
pub struct Contents {
    pub logid: LogId,
    pub first_line: i64,
    pub content: Reading,
    fields: Vec<String>,
}

impl Contents {
    /// Whether it was asked for this field, or for all.
    pub fn shows(&self, field: &str) -> bool {
        self.fields.is_empty() || self.fields.iter().any(|asked| asked == field)
    }
}

/// Which lines are wanted, and which fields.
#[derive(Default)]
struct Wanted {
    offset: Option<i64>,
    limit: Option<i64>,
    fields: Vec<String>,
}

impl Data {
    /// The lines of the log at `path` for which `query` asks.
    pub async fn log_contents(&self, path: &str, query: &str) -> Result<Contents, DataError> {
        let wanted = Wanted::parse(query)?;
        let (logid, log) = match self.log_at(path).await {
            Ok(log) => (log.logid, Some(log)),
            // By its id a log need not exist: who asks for so many lines of it is told that there are none.
            Err(DataError::NotFound(message)) => (id_in(path).ok_or(DataError::NotFound(message))?, None),
            Err(error) => return Err(error),
        };
        let (next, last) = wanted.lines(logid, log.as_ref())?;
        // Of a log that is not there no line is read, as of one that was deleted.
        let kind = log.as_ref().map_or(LogKind::Deleted, |log| log.kind);
        let last = last.min(log.map_or(0, |log| log.num_lines) - 1);
        let content = Reading { store: self.store.clone(), log: logid, kind, next, last };
        Ok(Contents { logid, first_line: next, content, fields: wanted.fields })
    }
}

fn id_in(path: &str) -> Option<LogId> {
    path.strip_prefix("logs/")?.parse().ok().map(LogId)
}

impl Wanted {
    fn parse(query: &str) -> Result<Self, DataError> {
        let mut wanted = Self::default();
        for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
            let number = || value.parse().map_err(|_| DataError::Invalid(format!("invalid {name} {value:?}")));
            match name.as_ref() {
                // The first one counts.
                "offset" => wanted.offset = wanted.offset.or(Some(number()?)),
                "limit" => wanted.limit = wanted.limit.or(Some(number()?)),
                "field" if FIELDS.contains(&value.as_ref()) => wanted.fields.push(value.into_owned()),
                "field" => return Err(DataError::Invalid(format!("no such field {value:?}"))),
                "order" | "property" => {}
                name if FIELDS.contains(&name.split("__").next().unwrap_or(name)) => {
                    return Err(DataError::Invalid("this is not a collection: it takes no filter".to_owned()));
                }
                name => return Err(DataError::Invalid(format!("unrecognized query parameter {name:?}"))),
            }
        }
        Ok(wanted)
    }

    /// The first and the last line. An empty log has a line 0 here, which is not there.
    fn lines(&self, logid: LogId, log: Option<&Log>) -> Result<(i64, i64), DataError> {
        let first = self.offset.unwrap_or(0);
        let last = match (self.limit, log) {
            (Some(limit), _) => first.saturating_add(limit.saturating_sub(1)),
            (None, Some(log)) => (log.num_lines - 1).max(0),
            (None, None) => return Err(DataError::NotFound(format!("no log with logid {logid}"))),
        };
        if first < 0 || first > last {
            return Err(DataError::NotFound(match log {
                Some(log) => format!("log {logid} has no lines {first} to {last}, it has {}", log.num_lines),
                None => format!("no log with logid {logid}"),
            }));
        }
        Ok((first, last))
    }
}
