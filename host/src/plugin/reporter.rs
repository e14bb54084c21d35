//! A reporter, ready to be called: its plugin, its settings, what it wants, and what it may reach.

use crate::config::From;
use crate::model::ChatPermit;
use crate::model::Grants;
use crate::model::Pattern;
use crate::model::ReporterConfig;
use crate::model::ReporterName;
use crate::model::TopicFilter;
use crate::model::Want;
use crate::plugin::load::Plugin;
use std::sync::Arc;

pub struct Reporter {
    pub name: ReporterName,
    pub plugin: Arc<Plugin>,
    pub config: ReporterConfig,
    pub filters: Vec<TopicFilter>,
    /// The chat connections that are kept up for it.
    pub chats: Vec<ChatPermit>,
    pub grants: Grants,
    pub from: From,
    /// So many attempts may be under way at once to each of its destinations, if the operator says so.
    pub in_flight: Option<usize>,
}

impl Reporter {
    /// What it asks to be told.
    pub fn patterns(&self) -> Vec<Pattern> {
        self.filters.iter().map(|filter| filter.pattern.clone()).collect()
    }

    /// All that the filters of these indices want.
    pub fn wanted(&self, filters: &[usize]) -> Want {
        let wants = filters.iter().filter_map(|&index| self.filters.get(index)).map(|filter| filter.want);
        wants.fold(Want::default(), |a, b| Want {
            properties: a.properties | b.properties,
            steps: a.steps | b.steps,
            logs: a.logs | b.logs,
            previous: a.previous | b.previous,
            changes: a.changes | b.changes,
            users: a.users | b.users,
        })
    }
}
