//! Names that get a number when they are taken: which are, and up to where somebody looked.
//!
//! Not here: how a number stands behind a name (`model`), and which is tried first (`data`).

use super::Reader;
use super::StoreError;
use super::Tx;
use crate::model::BuildId;
use crate::model::StepId;
use std::collections::HashSet;

/// Names among which each is there once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Names {
    Steps(BuildId),
    LogSlugs(StepId),
    ProjectSlugs,
}

impl Names {
    fn owner(self) -> Option<i64> {
        match self {
            Self::Steps(build) => Some(build.0),
            Self::LogSlugs(step) => Some(step.0),
            Self::ProjectSlugs => None,
        }
    }

    /// The names that stand in a given relation to one, in their order.
    fn select(self, relation: &str) -> String {
        match self {
            Self::Steps(_) => format!("SELECT name FROM steps WHERE buildid = ?1 AND name {relation} ?2 ORDER BY name"),
            Self::LogSlugs(_) => {
                format!("SELECT slug FROM logs WHERE stepid = ?1 AND slug {relation} ?2 ORDER BY slug")
            }
            Self::ProjectSlugs => {
                format!("SELECT slug FROM projects WHERE ?1 IS NULL AND slug {relation} ?2 ORDER BY slug")
            }
        }
    }
}

impl Tx<'_> {
    /// The number that this job found free the last time, where `first` was the first name to try: all before it are
    /// taken.
    pub fn free_number(&self, names: Names, first: &str) -> Option<u32> {
        self.free_numbers.get(&(names, first.to_owned())).copied()
    }

    /// Remembers that number until the job ends, or takes something back.
    pub fn remember_free_number(&mut self, first: (Names, String), number: u32) {
        self.free_numbers.insert(first, number);
    }
}

impl Reader<'_> {
    pub fn has_name(&self, names: Names, name: &str) -> Result<bool, StoreError> {
        Ok(self.connection.prepare_cached(&names.select("="))?.exists((names.owner(), name))?)
    }

    /// Those that begin so.
    pub fn names_like(&self, names: Names, beginning: &str) -> Result<HashSet<String>, StoreError> {
        let mut select = self.connection.prepare_cached(&names.select(">="))?;
        let mut rows = select.query((names.owner(), beginning))?;
        let mut found = HashSet::new();
        while let Some(row) = rows.next()? {
            let name: String = row.get(0)?;
            // In order: behind the first other name there is none that begins so.
            if !name.starts_with(beginning) {
                break;
            }
            found.insert(name);
        }
        Ok(found)
    }
}
