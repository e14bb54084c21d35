//! Reading sections one by one, so that all that is wrong is told at once.

use serde::de::DeserializeOwned;
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

    /// The tables `[[name]]`.
    pub(super) fn list<T: DeserializeOwned>(&mut self, name: &str) -> Vec<T> {
        match self.table.remove(name) {
            None => Vec::new(),
            Some(Value::Array(tables)) => {
                let read = |(index, table)| self.read(&format!("{name}[{index}]"), table);
                tables.into_iter().enumerate().filter_map(read).collect()
            }
            Some(_) => {
                self.problem(name, format!("write it as [[{name}]]"));
                Vec::new()
            }
        }
    }

    fn read<T: DeserializeOwned>(&mut self, at: &str, value: Value) -> Option<T> {
        match serde_path_to_error::deserialize(value) {
            Ok(read) => Some(read),
            Err(error) => {
                let path = error.path().to_string();
                let at = if path == "." { at.to_owned() } else { format!("{at}.{path}") };
                self.problem(&at, error.into_inner().message());
                None
            }
        }
    }

    /// All that is wrong; nothing may be left over.
    pub(super) fn finish(mut self) -> Vec<String> {
        for key in std::mem::take(&mut self.table).keys() {
            self.problem(key, "unknown section; there are server, store, plugins, secrets, network and [[reporter]]");
        }
        self.problems
    }
}
