//! What generators want to be told.

use crate::contract::Subscription;
use crate::contract::TopicFilter;
use crate::contract::Want;
use crate::formatters::Formatter;
use crate::formatters::LogChoice;
use crate::generators::Generator;
use crate::generators::GeneratorKind as Kind;

/// What the generators want to be told, each topic once, and the reporter itself with each of them.
#[must_use]
pub fn subscriptions(generators: &[Generator], besides: Want) -> Vec<Subscription> {
    let mut filters: Vec<TopicFilter> = Vec::new();
    for generator in generators {
        for (pattern, want) in generator.wanted() {
            // What is about no build brings nothing along.
            let want = if want.is_empty() { want } else { want | besides };
            match filters.iter_mut().find(|filter| filter.pattern == pattern) {
                Some(filter) => filter.want |= want,
                None => filters.push(TopicFilter { pattern: pattern.to_owned(), want }),
            }
        }
    }
    filters.into_iter().map(Subscription::Topic).collect()
}

impl Generator {
    fn wanted(&self) -> Vec<(&'static str, Want)> {
        let along = |at_start| self.along(&self.message(at_start));
        let mut previous = Want::empty();
        previous.set(Want::PREVIOUS, self.modes().need_previous());
        match self.kind {
            Kind::BuildStatusGenerator => {
                let mut wanted = vec![("builds/*/finished", along(false) | previous)];
                if self.report_new == Some(true) {
                    wanted.push(("builds/*/new", along(false)));
                }
                wanted
            }
            Kind::BuildStartEndStatusGenerator => {
                vec![("builds/*/new", along(true)), ("builds/*/finished", along(false))]
            }
            Kind::BuildRequestGenerator => {
                vec![("buildrequests/*/new", Want::PROPERTIES), ("buildrequests/*/cancel", Want::PROPERTIES)]
            }
            Kind::BuildSetStatusGenerator => vec![("buildsets/*/complete", along(false) | previous)],
            Kind::BuildSetCombinedStatusGenerator => vec![("buildsets/*/complete", Want::PROPERTIES)],
            Kind::WorkerMissingGenerator => vec![("workers/*/missing", Want::empty())],
        }
    }

    /// What a message about a build needs. What a template reads it asks for when it is asked.
    fn along(&self, formatter: &Formatter) -> Want {
        let mut want = Want::PROPERTIES;
        if let Formatter::Message(template) = formatter
            && template.template.is_none()
        {
            want |= Want::STEPS | Want::LOGS | Want::USERS;
        }
        let reads_logs = matches!(formatter, Formatter::Message(template)
            if template.scope.contents != crate::contract::Contents::None);
        if reads_logs || self.add_logs.as_ref().is_some_and(LogChoice::is_any) {
            want |= Want::STEPS | Want::LOGS;
        }
        want
    }
}
