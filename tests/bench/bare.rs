//! A bare writer: one thread with one connection that does the host's statements with the host's settings, many jobs a
//! commit, and nothing else. No HTTP, no JSON, no rules: event bodies are ready-made.
//!
//! The statements are those of `host/src/store`; `batches` checks that both write the same rows.

use crate::mix::BATCH;
use crate::mix::Subject;
use rusqlite::Connection;
use rusqlite::config::DbConfig;
use std::path::Path;
use std::sync::mpsc;
use std::thread::JoinHandle;

/// Jobs in one commit, as the host's.
const JOBS: usize = 512;

const BUILD: &str = "SELECT buildid, number, builderid, buildrequestid, workerid, masterid, started_at, complete_at,
    locks_duration_s, state_string, results FROM builds WHERE buildid = ?";
const STEP: &str = "SELECT stepid, number, name, buildid, started_at, locks_acquired_at, complete_at, state_string,
    results, urls, hidden FROM steps WHERE stepid = ?";
const STEP_BY_NAME: &str = "SELECT stepid, number, name, buildid, started_at, locks_acquired_at, complete_at,
    state_string, results, urls, hidden FROM steps WHERE buildid = ? AND name = ?";
const LOG: &str = "SELECT logid, name, slug, stepid, complete, num_lines, type FROM logs WHERE logid = ?";

/// A batch, and who is told when it is on disk.
pub(crate) type Job = (Subject, usize, tokio::sync::oneshot::Sender<()>);

/// Takes batches: the subject, and the number of its first call.
pub(crate) struct Bare {
    pub(crate) jobs: mpsc::SyncSender<Job>,
    thread: JoinHandle<()>,
}

/// What is written for a job: its subject, the number of its first call, the position of the newest event.
pub(crate) type Work = fn(&Connection, Subject, usize, &mut i64) -> rusqlite::Result<()>;

impl Bare {
    pub(crate) fn start(path: &Path, work: Work) -> Self {
        let connection = Connection::open(path).expect("the database opens");
        for (pragma, value) in [
            ("synchronous", "FULL"),
            ("foreign_keys", "ON"),
            ("cache_size", "-8192"),
            ("mmap_size", "0"),
            ("temp_store", "MEMORY"),
            ("journal_size_limit", "67108864"),
            ("wal_autocheckpoint", "4000"),
        ] {
            connection.pragma_update(None, pragma, value).expect("a pragma");
        }
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true).expect("a setting");
        connection.set_prepared_statement_cache_capacity(256);
        let (jobs, queue) = mpsc::sync_channel(4096);
        let thread = std::thread::spawn(move || write(&connection, &queue, work).expect("the writer writes"));
        Self { jobs, thread }
    }

    pub(crate) fn stop(self) {
        drop(self.jobs);
        self.thread.join().expect("the writer ends");
    }
}

fn write(connection: &Connection, queue: &mpsc::Receiver<Job>, work: Work) -> rusqlite::Result<()> {
    let mut seq: i64 = connection.query_row("SELECT ifnull(max(seq), 0) FROM events", [], |row| row.get(0))?;
    while let Ok(first) = queue.recv() {
        connection.prepare_cached("BEGIN IMMEDIATE")?.execute([])?;
        let mut told = Vec::new();
        let mut next = Some(first);
        while let Some((subject, from, done)) = next.take() {
            work(connection, subject, from, &mut seq)?;
            told.push(done);
            if told.len() < JOBS {
                next = queue.try_recv().ok();
            }
        }
        connection.prepare_cached("COMMIT")?.execute([])?;
        for done in told {
            // Nobody waits any more: fine.
            let _ = done.send(());
        }
    }
    Ok(())
}

/// A batch of the mix.
pub(crate) fn batch(connection: &Connection, subject: Subject, from: usize, seq: &mut i64) -> rusqlite::Result<()> {
    (from..from + BATCH).try_for_each(|number| call(connection, subject, number, seq))
}

/// Added, started, described, given a link, finished.
pub(crate) fn life_of_a_step(
    connection: &Connection,
    subject: Subject,
    number: usize,
    seq: &mut i64,
) -> rusqlite::Result<()> {
    let build = subject.build;
    let step = add_step(connection, build, &format!("step-{number}"), seq)?;
    let text = format!("compiling {number} of 9999");
    let urls = format!(r#"[{{"name":"report","url":"https://example.org/{number}"}}]"#);
    // What is added to, and what ends, is looked at before.
    let updates: [(&str, bool, &str, &[&dyn rusqlite::ToSql]); 4] = [
        (
            "started",
            false,
            "UPDATE steps SET started_at = ?2, locks_acquired_at = iif(?3, ?2, locks_acquired_at) WHERE stepid = ?1",
            &[&step, &1_700_000_000, &false],
        ),
        ("updated", false, "UPDATE steps SET state_string = ?2 WHERE stepid = ?1", &[&step, &text]),
        ("updated", true, "UPDATE steps SET urls = ?2 WHERE stepid = ?1", &[&step, &urls]),
        (
            "finished",
            true,
            "UPDATE steps SET complete_at = ?4, results = ?2, hidden = ?3 WHERE stepid = ?1",
            &[&step, &0, &false, &1_700_000_000],
        ),
    ];
    for (what, looked_at, sql, params) in updates {
        if looked_at {
            read(connection, STEP, &[&step])?;
        }
        connection.prepare_cached(sql)?.execute(params)?;
        read(connection, STEP, &[&step])?;
        event(connection, seq, &step_topics(build, step, what), STEP_BODY)?;
    }
    Ok(())
}

fn call(connection: &Connection, subject: Subject, number: usize, seq: &mut i64) -> rusqlite::Result<()> {
    let Subject { build, step, log } = subject;
    let run = |sql: &str, params: &[&dyn rusqlite::ToSql]| connection.prepare_cached(sql)?.execute(params);
    match number % 4 {
        0 => {
            let text = format!("compiling {number} of 9999");
            run("UPDATE steps SET state_string = ?2 WHERE stepid = ?1", &[&step, &text])?;
            read(connection, STEP, &[&step])?;
            event(connection, seq, &step_topics(build, step, "updated"), STEP_BODY)
        }
        1 => add_step(connection, build, &format!("step-{number}"), seq).map(drop),
        2 => {
            let text = format!("running step {number}");
            run("UPDATE builds SET state_string = ?2 WHERE buildid = ?1", &[&build, &text])?;
            read(connection, BUILD, &[&build])?;
            event(connection, seq, &format!("builders/1/builds/{build}/update\nbuilds/{build}/update"), BUILD_BODY)
        }
        _ => {
            let lines: i64 = connection.prepare_cached(LOG)?.query_row([log], |row| row.get(5))?;
            let content = format!("oCC src/part-{number}.c -O2 -g -Wall\noLD build/part-{number}");
            let insert = "INSERT INTO logchunks (logid, first_line, last_line, bytes, compressed, content)
                VALUES (?, ?, ?, ?, 0, ?)";
            run(insert, &[&log, &lines, &(lines + 1), &content.len(), &content.as_bytes()])?;
            run("UPDATE logs SET num_lines = ?2 WHERE logid = ?1", &[&log, &(lines + 2)])?;
            read(connection, LOG, &[&log])?;
            event(connection, seq, &format!("logs/{log}/append\nsteps/{step}/logs/stdio/append"), LOG_BODY)
        }
    }
}

fn add_step(connection: &Connection, build: i64, name: &str, seq: &mut i64) -> rusqlite::Result<i64> {
    read(connection, BUILD, &[&build])?;
    read(connection, STEP_BY_NAME, &[&build, &name])?;
    let number: i64 = connection
        .prepare_cached("SELECT ifnull(max(number), -1) + 1 FROM steps WHERE buildid = ?")?
        .query_row([build], |row| row.get(0))?;
    connection
        .prepare_cached("INSERT INTO steps (number, name, buildid, state_string) VALUES (?, ?, ?, 'pending')")?
        .execute((number, name, build))?;
    let step = connection.last_insert_rowid();
    read(connection, STEP, &[&step])?;
    event(connection, seq, &step_topics(build, step, "new"), STEP_BODY)?;
    Ok(step)
}

fn step_topics(build: i64, step: i64, what: &str) -> String {
    format!("builds/{build}/steps/{step}/{what}\nsteps/{step}/{what}")
}

/// Reads all columns of what is found.
fn read(connection: &Connection, sql: &str, params: &[&dyn rusqlite::ToSql]) -> rusqlite::Result<()> {
    let mut select = connection.prepare_cached(sql)?;
    let columns = select.column_count();
    let mut rows = select.query(params)?;
    while let Some(row) = rows.next()? {
        for column in 0..columns {
            std::hint::black_box(row.get::<_, rusqlite::types::Value>(column)?);
        }
    }
    Ok(())
}

fn event(connection: &Connection, seq: &mut i64, topics: &str, body: &str) -> rusqlite::Result<()> {
    *seq += 1;
    connection.prepare_cached("INSERT INTO events (seq, at, topics, body) VALUES (?, ?, ?, ?)")?.execute((
        *seq,
        1_700_000_000,
        topics,
        body,
    ))?;
    Ok(())
}

const STEP_BODY: &str = r#"{"stepid":1234,"number":123,"name":"step-1234","buildid":64,"started_at":null,"locks_acquired_at":null,"complete":false,"complete_at":null,"state_string":"compiling 1234 of 9999","results":null,"urls":[],"hidden":false}"#;
const BUILD_BODY: &str = r#"{"buildid":64,"number":64,"builderid":1,"buildrequestid":64,"workerid":null,"masterid":1,"started_at":1700000000,"complete_at":null,"locks_duration_s":0,"complete":false,"state_string":"running step 1234","results":null,"properties":{}}"#;
const LOG_BODY: &str =
    r#"{"logid":64,"name":"stdio","slug":"stdio","stepid":64,"complete":false,"num_lines":1234,"type":"s"}"#;
