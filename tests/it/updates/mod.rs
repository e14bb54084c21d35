//! The update methods, one family a file: results, events in their order, rows, and what is said of wrong calls.

mod bounds;
mod builds;
mod changes;
mod forms;
mod idempotency;
mod life_cycle;
mod masters;
mod refusals;
mod requests;

use campanile_tests::TestHost;
use rusqlite::types::Value as Column;
use serde_json::Value;

/// An event as it stands in the log.
pub(crate) struct Told {
    pub(crate) topics: Vec<String>,
    pub(crate) body: Value,
}

/// What was told so far, and from where on to look.
pub(crate) struct Log<'h> {
    host: &'h TestHost,
    seen: i64,
}

impl<'h> Log<'h> {
    /// From now on.
    pub(crate) fn of(host: &'h TestHost) -> Self {
        let seen = host.database().query_row("SELECT ifnull(max(seq), 0) FROM events", [], |row| row.get(0));
        Self { host, seen: seen.expect("a position") }
    }

    /// The events since the last look.
    pub(crate) fn news(&mut self) -> Vec<Told> {
        let database = self.host.database();
        let mut select =
            database.prepare("SELECT seq, topics, body FROM events WHERE seq > ? ORDER BY seq").expect("a statement");
        let rows = select.query_map([self.seen], |row| {
            Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?, row.get::<_, String>(2)?))
        });
        let mut told = Vec::new();
        for row in rows.expect("rows") {
            let (seq, topics, body) = row.expect("a row");
            self.seen = seq;
            let topics = topics.lines().map(str::to_owned).collect();
            told.push(Told { topics, body: serde_json::from_str(&body).expect("JSON") });
        }
        told
    }

    /// Their topics, in order.
    pub(crate) fn topics(&mut self) -> Vec<String> {
        self.news().into_iter().flat_map(|told| told.topics).collect()
    }
}

/// Rows, each as its columns with a blank between.
pub(crate) fn rows(host: &TestHost, sql: &str) -> Vec<String> {
    let database = host.database();
    let mut select = database.prepare(sql).expect("a statement");
    let columns = select.column_count();
    let rows = select.query_map([], |row| (0..columns).map(|column| row.get::<_, Column>(column)).collect());
    let shown = |row: rusqlite::Result<Vec<Column>>| {
        let row = row.expect("a row");
        let row = row.iter().map(|column| match column {
            Column::Null => "null".to_owned(),
            Column::Integer(number) => number.to_string(),
            Column::Real(number) => number.to_string(),
            Column::Text(text) => text.clone(),
            Column::Blob(bytes) => String::from_utf8_lossy(bytes).into_owned(),
        });
        row.collect::<Vec<_>>().join(" ")
    };
    rows.expect("rows").map(shown).collect()
}
