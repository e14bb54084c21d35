//! Filters: which builds a reporter looks at.

use crate::contract::BuildReport;
use crate::contract::Builder;
use crate::contract::Problem;
use crate::contract::Property;
use crate::contract::RequestReport;

/// The four filters of Buildbot's generators. A filter that is absent lets every build pass; an empty one none.
#[derive(Debug, Clone, Copy, Default)]
pub struct Filters<'a> {
    /// Names of builders.
    pub builders: Option<&'a [String]>,
    /// Tags of builders; one in common is enough.
    pub tags: Option<&'a [String]>,
    /// Names of schedulers, compared with the property `scheduler`.
    pub schedulers: Option<&'a [String]>,
    /// Branches, compared with the property `branch`. A build without that property fits none.
    pub branches: Option<&'a [String]>,
}

impl Filters<'_> {
    /// What is wrong with them: builders and tags exclude each other.
    #[must_use]
    pub fn problem(&self) -> Option<Problem> {
        let both = self.builders.is_some() && self.tags.is_some();
        both.then(|| Problem::new("/tags", "give either builders or tags, not both"))
    }

    /// Whether a build passes. Needs the build's properties if `schedulers` or `branches` is given.
    #[must_use]
    pub fn pass(&self, report: &BuildReport) -> bool {
        self.hold(&report.builder, &report.properties)
    }

    /// Whether a request passes, in the same way.
    #[must_use]
    pub fn pass_request(&self, report: &RequestReport) -> bool {
        self.hold(&report.builder, &report.properties)
    }

    fn hold(&self, builder: &Builder, properties: &[Property]) -> bool {
        holds(self.builders, Some(&builder.name))
            && self.tags.is_none_or(|tags| builder.tags.iter().any(|tag| tags.contains(tag)))
            && holds_property(self.schedulers, properties, "scheduler")
            && holds_property(self.branches, properties, "branch")
    }
}

fn holds_property(allowed: Option<&[String]>, properties: &[Property], name: &str) -> bool {
    let value = || properties.iter().find(|property| property.name == name).and_then(Property::text);
    allowed.is_none() || holds(allowed, value().as_deref())
}

fn holds(allowed: Option<&[String]>, value: Option<&str>) -> bool {
    allowed.is_none_or(|allowed| value.is_some_and(|value| allowed.iter().any(|one| one == value)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::GivenBuild;
    use crate::testing::a_build;

    #[track_caller]
    fn check(filters: Filters<'_>, build: GivenBuild, pass: bool) {
        assert_eq!(filters.pass(&build.report()), pass);
    }

    fn words(words: &[&str]) -> Vec<String> {
        words.iter().map(|word| String::from(*word)).collect()
    }

    #[test]
    fn builders() {
        let allowed = words(&["linux", "mac"]);
        let filters = Filters { builders: Some(&allowed), ..Filters::default() };
        check(filters, a_build("linux"), true);
        check(filters, a_build("windows"), false);
        check(Filters::default(), a_build("windows"), true);
        check(Filters { builders: Some(&[]), ..Filters::default() }, a_build("linux"), false);
    }

    #[test]
    fn tags() {
        let allowed = words(&["nightly", "release"]);
        let filters = Filters { tags: Some(&allowed), ..Filters::default() };
        check(filters, a_build("linux").tag("fast").tag("release"), true);
        check(filters, a_build("linux").tag("fast"), false);
        check(filters, a_build("linux"), false);
    }

    #[test]
    fn schedulers_and_branches() {
        let allowed = words(&["main"]);
        let branches = Filters { branches: Some(&allowed), ..Filters::default() };
        check(branches, a_build("linux").property("branch", "main"), true);
        check(branches, a_build("linux").property("branch", "next"), false);
        check(branches, a_build("linux").without_property("branch"), false);
        check(branches, a_build("linux").property_json("branch", serde_json::json!({"lib": "main"})), false);
        let schedulers = Filters { schedulers: Some(&allowed), ..Filters::default() };
        check(schedulers, a_build("linux").property("scheduler", "main"), true);
        check(schedulers, a_build("linux").property("scheduler", "nightly"), false);
    }

    #[test]
    fn builders_and_tags_exclude_each_other() {
        let some = words(&["linux"]);
        let filters = Filters { builders: Some(&some), tags: Some(&some), ..Filters::default() };
        assert_eq!(filters.problem().expect("is a problem").at, "/tags");
    }
}
