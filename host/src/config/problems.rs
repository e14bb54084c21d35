//! Reading sections one by one, so that all that is wrong is told at once.

use serde::de::DeserializeOwned;
use serde_path_to_error::Path;
use serde_path_to_error::Segment;
use std::collections::HashSet;
use std::fmt;
use std::path::PathBuf;
use thiserror::Error;
use toml::Table;
use toml::Value;

/// A configuration that cannot be used, and all that is wrong with it.
#[derive(Debug, Error)]
pub struct ConfigError {
    /// Absent where it did not come from a file.
    pub path: Option<PathBuf>,
    /// Each with its key path in front.
    pub problems: Vec<String>,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.path {
            Some(path) => write!(f, "the configuration {} cannot be used:", path.display())?,
            None => f.write_str("the configuration cannot be used:")?,
        }
        self.problems.iter().try_for_each(|problem| write!(f, "\n  {problem}"))
    }
}

/// A configuration being read.
pub(super) struct Reading {
    table: Table,
    problems: Vec<String>,
}

impl Reading {
    pub(super) fn new(table: Table) -> Self {
        Self { table, problems: Vec::new() }
    }

    pub(super) fn problem(&mut self, at: &str, message: impl fmt::Display) {
        self.problems.push(format!("{at}: {message}"));
    }

    /// A section, or its defaults.
    pub(super) fn section<T: DeserializeOwned + Default>(&mut self, name: &str) -> T {
        match self.table.remove(name) {
            Some(value) => self.read(name, value).unwrap_or_default(),
            None => T::default(),
        }
    }

    /// The tables `[[name]]` that read, each with its index among all.
    pub(super) fn list<T: DeserializeOwned>(&mut self, name: &str) -> Vec<(usize, T)> {
        match self.table.remove(name) {
            None => Vec::new(),
            Some(Value::Array(tables)) => {
                let read = |(index, table)| Some((index, self.read(&format!("{name}[{index}]"), table)?));
                tables.into_iter().enumerate().filter_map(read).collect()
            }
            Some(_) => {
                self.problem(name, format!("write it as [[{name}]]"));
                Vec::new()
            }
        }
    }

    /// Reads a table. What is wrong is noted and left out, and the rest is read again: so all of it is told.
    fn read<T: DeserializeOwned>(&mut self, at: &str, mut value: Value) -> Option<T> {
        let (mut left_out, mut missed) = (HashSet::new(), HashSet::new());
        loop {
            let error = match serde_path_to_error::deserialize(value.clone()) {
                Ok(read) => return missed.is_empty().then_some(read),
                Err(error) => error,
            };
            let (path, key) = (error.path().to_string(), first_key(error.path()));
            let message = error.into_inner().message().to_owned();
            let table = value.as_table_mut();
            match (table, key, missing_field(&message)) {
                (Some(table), Some(key), _) if table.contains_key(&key) => {
                    table.remove(&key);
                    self.problem(&format!("{at}.{path}"), with_hint(&message));
                    left_out.insert(key);
                }
                // Something stands in for it, so that the rest is judged; it is not missing where it was left out.
                (Some(table), None, Some(key)) if missed.insert(key.to_owned()) => {
                    table.insert(key.to_owned(), Value::from(""));
                    if !left_out.contains(key) {
                        self.problem(at, &message);
                    }
                }
                _ => {
                    self.problem(at, message);
                    return None;
                }
            }
        }
    }

    /// All that is wrong; nothing may be left over.
    pub(super) fn finish(mut self) -> Vec<String> {
        for key in std::mem::take(&mut self.table).keys() {
            self.problem(
                key,
                "unknown section; there are server, store, plugins, secrets, network, ssh, www, [[http_step]] and [[reporter]]",
            );
        }
        self.problems
    }
}

/// The key of the table that holds what is wrong.
fn first_key(path: &Path) -> Option<String> {
    match path.iter().next()? {
        Segment::Map { key } => Some(key.clone()),
        Segment::Seq { .. } | Segment::Enum { .. } | Segment::Unknown => None,
    }
}

/// The field that serde's message says is missing.
fn missing_field(message: &str) -> Option<&str> {
    message.strip_prefix("missing field `")?.strip_suffix('`')
}

/// Serde's message of an unknown field, with the known one that is most like it; other messages as they are.
fn with_hint(message: &str) -> String {
    let Some(rest) = message.strip_prefix("unknown field ") else { return message.to_owned() };
    // In backticks stands first what is there, then what could be.
    let mut quoted = rest.split('`').skip(1).step_by(2);
    let unknown = quoted.next().unwrap_or_default();
    let known: Vec<&str> = quoted.collect();
    let near = known
        .iter()
        .map(|known| (strsim::damerau_levenshtein(known, unknown), known))
        .filter(|(distance, known)| *distance <= 1 + known.len() / 4)
        .min();
    match near {
        Some((_, near)) => format!("unknown key, did you mean {near}?"),
        None => format!("unknown key; there are {}", known.join(", ")),
    }
}
