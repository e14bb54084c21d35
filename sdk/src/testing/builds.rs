//! Builds for tests, with sensible values for all that a test does not care about.

use crate::contract::BuildReport;
use crate::contract::Builder;
use crate::contract::Event;
use crate::contract::EventBody;
use crate::contract::Id;
use crate::contract::Log;
use crate::contract::LogKind;
use crate::contract::Patch;
use crate::contract::Property;
use crate::contract::Results;
use crate::contract::SourceStamp;
use crate::contract::Step;
use crate::testing::samples::build;
use crate::testing::samples::buildset;
use crate::testing::samples::change;
use crate::testing::samples::request;

/// A build in the making; everything can be set, in any order.
#[derive(Debug, Clone)]
pub struct GivenBuild {
    report: BuildReport,
}

/// A successful build on the builder of this name, of the project `proj`, with the usual properties (`branch`
/// is `main`), no steps, no users, no changes, and no build before.
#[must_use]
pub fn a_build(builder: &str) -> GivenBuild {
    let given = GivenBuild {
        report: BuildReport {
            build: build(21, 1, Some(Results::Success)),
            builder: Builder { id: 80, name: builder.to_owned(), description: None, tags: Vec::new() },
            request: request(),
            buildset: buildset(),
            parent: None,
            url: "https://ci.example/#/builders/80/builds/1".to_owned(),
            properties: Vec::new(),
            steps: Vec::new(),
            previous: None,
            changes: Vec::new(),
            users: Vec::new(),
        },
    };
    given
        .property("branch", "main")
        .property("reason", "because")
        .property("scheduler", "commits")
        .property("workername", "worker-1")
}

impl GivenBuild {
    /// One with what no other function sets.
    #[must_use]
    pub fn of(report: BuildReport) -> Self {
        Self { report }
    }

    /// How it ended.
    #[must_use]
    pub fn results(mut self, results: Results) -> Self {
        self.report.build.results = Some(results);
        self
    }

    /// The outcome in the build's own words.
    #[must_use]
    pub fn state(mut self, state_string: &str) -> Self {
        state_string.clone_into(&mut self.report.build.state_string);
        self
    }

    /// It still runs.
    #[must_use]
    pub fn running(mut self) -> Self {
        self.report.build.results = None;
        self.report.build.complete_at = None;
        self
    }

    /// Its number on its builder.
    #[must_use]
    pub fn number(mut self, number: u32) -> Self {
        self.report.build.number = number;
        self.report.url = format!("https://ci.example/#/builders/80/builds/{number}");
        self
    }

    /// Its number in the data API.
    #[must_use]
    pub fn id(mut self, id: Id) -> Self {
        self.report.build.id = id;
        self
    }

    /// The build before, how it ended.
    #[must_use]
    pub fn previous(mut self, results: Results) -> Self {
        self.report.previous = Some(build(20, 0, Some(results)));
        self
    }

    /// The build before still runs.
    #[must_use]
    pub fn previous_running(mut self) -> Self {
        self.report.previous = Some(build(20, 0, None));
        self
    }

    /// The number of the build before, where there is one.
    #[must_use]
    pub fn previous_number(mut self, number: u32) -> Self {
        if let Some(previous) = &mut self.report.previous {
            previous.number = number;
        }
        self
    }

    /// One more tag of the builder.
    #[must_use]
    pub fn tag(mut self, tag: &str) -> Self {
        self.report.builder.tags.push(tag.to_owned());
        self
    }

    /// A property that is a string; takes the place of one with the same name.
    #[must_use]
    pub fn property(self, name: &str, value: &str) -> Self {
        self.property_json(name, serde_json::Value::from(value))
    }

    /// A property with any value; takes the place of one with the same name.
    #[must_use]
    #[expect(clippy::needless_pass_by_value, reason = "a test writes `json!({…})` here")]
    pub fn property_json(self, name: &str, value: serde_json::Value) -> Self {
        let mut given = self.without_property(name);
        given.report.properties.push(Property { value: value.to_string(), ..Self::property_of(name, "") });
        given.report.properties.sort_by(|one, other| one.name.cmp(&other.name));
        given
    }

    /// A build that does not have this property.
    #[must_use]
    pub fn without_property(mut self, name: &str) -> Self {
        self.report.properties.retain(|property| property.name != name);
        self
    }

    /// One more step, how it ended.
    #[must_use]
    pub fn step(mut self, name: &str, results: Results) -> Self {
        self.push_step(name, Some(results));
        self
    }

    /// One more step, which still runs.
    #[must_use]
    pub fn running_step(mut self, name: &str) -> Self {
        self.push_step(name, None);
        self
    }

    /// One more log of the last step; its id is 1000, 1001, … through the build.
    ///
    /// # Panics
    /// There is no step yet.
    #[must_use]
    #[track_caller]
    pub fn log(mut self, name: &str) -> Self {
        let id = 1000 + self.report.steps.iter().map(|step| step.logs.len() as u64).sum::<u64>();
        let build = self.report.url.clone();
        let step = self.report.steps.last_mut().expect("a log belongs to the step before it");
        step.logs.push(Log {
            id,
            name: name.to_owned(),
            slug: name.to_owned(),
            kind: LogKind::Stdio,
            complete: true,
            num_lines: 10,
            url: format!("{build}/steps/{}/logs/{name}", step.number),
        });
        self
    }

    /// One more of those whom it concerns.
    #[must_use]
    pub fn user(mut self, user: &str) -> Self {
        self.report.users.push(user.to_owned());
        self.report.users.sort();
        self
    }

    /// One more change, whose author it concerns.
    #[must_use]
    pub fn change(mut self, author: &str, comments: &str) -> Self {
        let id = 500 + self.report.changes.len() as u64;
        self.report.changes.push(change(id, author, comments));
        if self.report.users.iter().any(|user| user == author) { self } else { self.user(author) }
    }

    /// Built from these source stamps alone.
    #[must_use]
    pub fn stamps(mut self, stamps: Vec<SourceStamp>) -> Self {
        self.report.buildset.source_stamps = stamps;
        self
    }

    /// With a patch on its first source stamp.
    #[must_use]
    pub fn patch(mut self, author: &str) -> Self {
        let patch = Patch { id: 99, level: 1, subdir: None, author: author.to_owned(), comment: "try".to_owned() };
        if let Some(stamp) = self.report.buildset.source_stamps.first_mut() {
            stamp.patch = Some(patch);
        }
        self
    }

    /// The report itself.
    #[must_use]
    pub fn report(self) -> BuildReport {
        self.report
    }

    /// The event that it has finished.
    #[must_use]
    pub fn finished(self) -> Event {
        self.event("finished", 19)
    }

    /// The event that it has started; it has no result yet.
    #[must_use]
    pub fn started(self) -> Event {
        self.running().event("new", 10)
    }

    pub(super) fn property_of(name: &str, value: &str) -> Property {
        let value = serde_json::Value::from(value).to_string();
        Property { name: name.to_owned(), value, source: "test".to_owned() }
    }

    fn event(self, verb: &str, at: u64) -> Event {
        let topic = format!("builds/{}/{verb}", self.report.build.id);
        Event { seq: 1, topic, at, body: EventBody::Build(self.report) }
    }

    fn push_step(&mut self, name: &str, results: Option<Results>) {
        let number = u32::try_from(self.report.steps.len()).expect("a test has few steps");
        self.report.steps.push(Step {
            id: 100 + u64::from(number),
            number,
            name: name.to_owned(),
            started_at: Some(11),
            complete_at: results.map(|_| 12),
            results,
            state_string: "finished".to_owned(),
            hidden: false,
            urls: Vec::new(),
            logs: Vec::new(),
        });
    }
}
