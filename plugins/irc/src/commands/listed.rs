//! The builders that a command is about: one, those that are online, or all.

use std::collections::BTreeSet;

use campanile_sdk::contract::Id;

use super::Trouble;
use super::brief::Brief;
use crate::call::Call;
use crate::data;
use crate::data::Builder;

/// Builders that one command tells of at most: each is a line or more, and takes two questions.
const MOST_TOLD: usize = 29;

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
    pub(super) fn text(&self, lines: Vec<String>, call: &Call<'_>) -> String {
        let mut answer = Brief::default();
        lines.into_iter().for_each(|line| answer.add([line]));
        answer.leave_out(self.left_out);
        answer.text(&format!("ask for them by name, or see {}", call.config.url))
    }
}
