//! `[[reporter]]`: a plugin with a name and settings.

use super::problems::Reading;
use crate::model::ReporterName;
use serde::Deserialize;
use std::collections::HashSet;
use toml::Table;

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reporter {
    pub name: ReporterName,
    /// The name of a file in the plugins' directory, without `.wasm`.
    pub plugin: String,
    /// What the plugin's schema describes, by Buildbot's argument names.
    #[serde(default)]
    pub settings: Table,
    /// Destinations beyond those that stand in the settings, such as `https://api.example.org`; and `control`.
    #[serde(default)]
    pub allow: Vec<String>,
    /// Where a new reporter begins: with what happens from now on, or with the oldest event kept.
    #[serde(default)]
    pub from: From,
    /// So many attempts may be under way at once to each of its destinations.
    #[serde(default)]
    pub in_flight: Option<usize>,
}

/// As many as there may be in all.
const MOST_IN_FLIGHT: usize = 256;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum From {
    #[default]
    Now,
    Start,
}

pub(super) fn check_names(reporters: &[(usize, Reporter)], reading: &mut Reading) {
    let mut seen = HashSet::new();
    for (index, reporter) in reporters {
        let ReporterName(name) = &reporter.name;
        if name.is_empty() || name.chars().any(|c| c.is_control() || c == '/') {
            reading.problem(&format!("reporter[{index}].name"), format!("{name:?} must be a name without slashes"));
        }
        if reporter.in_flight.is_some_and(|most| !(1..=MOST_IN_FLIGHT).contains(&most)) {
            reading.problem(&format!("reporter[{index}].in_flight"), format!("expected 1 to {MOST_IN_FLIGHT}"));
        }
        if !seen.insert(name) {
            reading
                .problem(&format!("reporter[{index}].name"), format!("{name:?} is the name of another reporter, too"));
        }
    }
}
