//! What a plugin says during one call: its log, standard output and standard error, in the order of saying.
//!
//! Bounded: what exceeds the budget is dropped, and the log says so. The last lines of standard error are kept
//! whatever was dropped, for they tell why a guest crashed.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;

/// What a call may say.
const LOG_BYTES: usize = 64 << 10;
/// Each entry costs this much besides its text, so that empty ones are bounded too.
const ENTRY_BYTES: usize = 32;
const LINE_BYTES: usize = 8 << 10;
const TAIL_LINES: usize = 30;
const TAIL_LINE_CHARS: usize = 1_000;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogEntry {
    /// Who says it: the reporter's plugin, or the formatter that it asked.
    pub plugin: String,
    pub origin: LogOrigin,
    pub level: LogLevel,
    pub message: String,
    pub fields: Vec<(String, String)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogOrigin {
    Log,
    Stdout,
    Stderr,
    /// The host, about the log itself.
    Host,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum LogLevel {
    Debug,
    Info,
    Warn,
    Error,
}

/// Shared by the state of a call and its standard streams.
#[derive(Clone)]
pub(super) struct CallLog(Arc<Mutex<Inner>>);

struct Inner {
    plugin: String,
    reporter: String,
    entries: Vec<LogEntry>,
    bytes: usize,
    dropped: usize,
    stdout: Vec<u8>,
    stderr: Vec<u8>,
    tail: VecDeque<String>,
}

impl CallLog {
    pub(super) fn new(plugin: &str, reporter: &str) -> Self {
        Self(Arc::new(Mutex::new(Inner {
            plugin: plugin.to_owned(),
            reporter: reporter.to_owned(),
            entries: Vec::new(),
            bytes: 0,
            dropped: 0,
            stdout: Vec::new(),
            stderr: Vec::new(),
            tail: VecDeque::new(),
        })))
    }

    pub(super) fn write(&self, level: LogLevel, message: String, fields: Vec<(String, String)>) {
        let mut inner = self.lock();
        let plugin = inner.plugin.clone();
        inner.push(LogEntry { plugin, origin: LogOrigin::Log, level, message, fields });
    }

    /// Takes what a formatter said into the log of the call that asked it.
    pub(super) fn append(&self, entries: Vec<LogEntry>) {
        let mut inner = self.lock();
        entries.into_iter().for_each(|entry| inner.keep(entry));
    }

    /// Bytes of a standard stream. Whole lines become entries, the rest waits for its end.
    pub(super) fn stream(&self, origin: LogOrigin, bytes: &[u8]) {
        let mut inner = self.lock();
        for &byte in bytes {
            let pending = inner.pending(origin);
            if byte != b'\n' {
                pending.push(byte);
            }
            if byte == b'\n' || pending.len() >= LINE_BYTES {
                inner.line(origin);
            }
        }
    }

    /// All that was said, and the last lines of standard error.
    pub(super) fn finish(&self) -> (Vec<LogEntry>, Vec<String>) {
        let mut inner = self.lock();
        for origin in [LogOrigin::Stdout, LogOrigin::Stderr] {
            if !inner.pending(origin).is_empty() {
                inner.line(origin);
            }
        }
        if inner.dropped > 0 {
            let message = format!("{} more entries were dropped: a call may log {LOG_BYTES} bytes", inner.dropped);
            let plugin = inner.plugin.clone();
            let entry =
                LogEntry { plugin, origin: LogOrigin::Host, level: LogLevel::Warn, message, fields: Vec::new() };
            inner.forward(&entry);
            inner.entries.push(entry);
        }
        (std::mem::take(&mut inner.entries), std::mem::take(&mut inner.tail).into())
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        // A log is whole after each statement, so a panic elsewhere does not spoil it.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn pending(&mut self, origin: LogOrigin) -> &mut Vec<u8> {
        match origin {
            LogOrigin::Stderr => &mut self.stderr,
            LogOrigin::Stdout | LogOrigin::Log | LogOrigin::Host => &mut self.stdout,
        }
    }

    fn line(&mut self, origin: LogOrigin) {
        let bytes = std::mem::take(self.pending(origin));
        let message = String::from_utf8_lossy(&bytes).into_owned();
        let level = match origin {
            LogOrigin::Stderr => {
                self.tail.push_back(message.chars().take(TAIL_LINE_CHARS).collect());
                if self.tail.len() > TAIL_LINES {
                    self.tail.pop_front();
                }
                LogLevel::Warn
            }
            LogOrigin::Stdout | LogOrigin::Log | LogOrigin::Host => LogLevel::Info,
        };
        self.push(LogEntry { plugin: self.plugin.clone(), origin, level, message, fields: Vec::new() });
    }

    fn push(&mut self, entry: LogEntry) {
        if self.dropped == 0 && self.bytes + size(&entry) <= LOG_BYTES {
            self.forward(&entry);
        }
        self.keep(entry);
    }

    fn keep(&mut self, entry: LogEntry) {
        // Once something was dropped all that follows is: a log with holes misleads.
        if self.dropped > 0 || self.bytes + size(&entry) > LOG_BYTES {
            self.dropped += 1;
            return;
        }
        self.bytes += size(&entry);
        self.entries.push(entry);
    }

    fn forward(&self, entry: &LogEntry) {
        let (plugin, reporter, message) = (&entry.plugin, &self.reporter, &entry.message);
        let fields = entry.fields.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join(" ");
        match entry.level {
            LogLevel::Debug => tracing::debug!(plugin, reporter, fields, "{message}"),
            LogLevel::Info => tracing::info!(plugin, reporter, fields, "{message}"),
            LogLevel::Warn => tracing::warn!(plugin, reporter, fields, "{message}"),
            // A plugin's error is no error of the host.
            LogLevel::Error => tracing::warn!(plugin, reporter, fields, plugin_error = true, "{message}"),
        }
    }
}

fn size(entry: &LogEntry) -> usize {
    let fields: usize = entry.fields.iter().map(|(name, value)| name.len() + value.len() + ENTRY_BYTES).sum();
    ENTRY_BYTES + entry.message.len() + fields
}
