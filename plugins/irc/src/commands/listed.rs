//! The builders that a command is about: one, those that are online, or all.

use std::collections::BTreeSet;

use campanile_sdk::contract::Id;

use super::Trouble;
use crate::call::Call;
use crate::data;
use crate::data::Builder;

/// Builders that one command tells of at most: each is a line, and takes two questions.
const MOST_TOLD: usize = 100;

/// The builders, and those of them that are online.
pub(super) struct Asked {
    pub(super) builders: Vec<Builder>,
    pub(super) online: BTreeSet<Id>,
    /// So many more there would be.
    pub(super) left_out: usize,
    /// Whether it is about just this one.
    pub(super) is_one: bool,
}

/// What `status` and `last` are about.
pub(super) fn asked(call: &Call<'_>, which: Option<&str>) -> Result<Asked, Trouble> {
    let online = data::online(call)?;
    let (mut builders, is_one) = match which {
        Some(name) if name != "all" => (vec![data::builder(call, name)?], true),
        Some(_) => (data::builders(call)?, false),
        None => (data::builders(call)?.into_iter().filter(|builder| online.contains(&builder.id)).collect(), false),
    };
    let left_out = builders.len().saturating_sub(MOST_TOLD);
    builders.truncate(MOST_TOLD);
    Ok(Asked { builders, online, left_out, is_one })
}

impl Asked {
    /// The lines, and that there would be more.
    pub(super) fn text(&self, mut lines: Vec<String>) -> String {
        if self.left_out > 0 {
            lines.push(format!("... and {} more builders: ask for them by name.", self.left_out));
        }
        lines.join("\n")
    }
}
