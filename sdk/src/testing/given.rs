//! A host made of tables.

use std::cell::RefCell;
use std::collections::BTreeMap;

use serde_json::Value;

use crate::contract::About;
use crate::contract::Answer;
use crate::contract::Build;
use crate::contract::BuildReport;
use crate::contract::BuildsetReport;
use crate::contract::DataError;
use crate::contract::Effect;
use crate::contract::Entry;
use crate::contract::Event;
use crate::contract::Failure;
use crate::contract::Fetched;
use crate::contract::Formatted;
use crate::contract::Grounds;
use crate::contract::HookOutcome;
use crate::contract::HookRequest;
use crate::contract::Id;
use crate::contract::Json;
use crate::contract::Level;
use crate::contract::LogLine;
use crate::contract::LogStream;
use crate::contract::Moment;
use crate::contract::NewChange;
use crate::contract::Previous;
use crate::contract::Problem;
use crate::contract::RawConfig;
use crate::contract::Scope;
use crate::contract::Subscription;
use crate::contract::Want;
use crate::export;
use crate::host::Host;
use crate::host::PluginHost;
use crate::plugin::AddressLookup;
use crate::plugin::ChangeHook;
use crate::plugin::MessageFormatter;
use crate::plugin::PreviousBuild;
use crate::plugin::Reporter;
use crate::plugin::ReviewCallbacks;

/// The settings of a plugin, and a host that answers from tables. Questions that no table answers fail as the
/// real host's do: not found, nothing kept, no such formatter.
#[derive(Debug)]
pub struct Given {
    config: RawConfig,
    builds: BTreeMap<Id, BuildReport>,
    buildsets: BTreeMap<Id, BuildsetReport>,
    logs: BTreeMap<Id, Vec<String>>,
    answers: BTreeMap<String, Json>,
    kept: BTreeMap<String, Json>,
    context: Result<Json, Failure>,
    object: Result<Json, Failure>,
    formatted: Result<Option<Formatted>, Failure>,
    reviewed: Result<Answer, Failure>,
    addresses: BTreeMap<String, String>,
    previous: Result<Option<Build>, Failure>,
    asked: RefCell<Vec<String>>,
    log: RefCell<Vec<String>>,
}

impl Given {
    /// These settings, of a reporter called `test`, and empty tables.
    #[must_use]
    #[expect(clippy::needless_pass_by_value, reason = "a test writes `json!({…})` here")]
    pub fn settings(settings: Value) -> Self {
        let config = RawConfig {
            name: "test".to_owned(),
            title: "Acme CI".to_owned(),
            url: "https://ci.example/".to_owned(),
            settings: settings.to_string(),
        };
        Self {
            config,
            builds: BTreeMap::new(),
            buildsets: BTreeMap::new(),
            logs: BTreeMap::new(),
            answers: BTreeMap::new(),
            kept: BTreeMap::new(),
            context: Err(Failure::GiveUp("no such context".to_owned())),
            object: Err(Failure::GiveUp("no such object".to_owned())),
            formatted: Err(Failure::GiveUp("no such formatter".to_owned())),
            reviewed: Err(Failure::GiveUp("no such callbacks".to_owned())),
            addresses: BTreeMap::new(),
            previous: Err(Failure::GiveUp("no such getter".to_owned())),
            asked: RefCell::default(),
            log: RefCell::default(),
        }
    }

    /// The CI system is called so.
    #[must_use]
    pub fn title(mut self, title: &str) -> Self {
        title.clone_into(&mut self.config.title);
        self
    }

    /// The data API knows this build.
    #[must_use]
    pub fn build(mut self, report: BuildReport) -> Self {
        self.builds.insert(report.build.id, report);
        self
    }

    /// The data API knows this buildset.
    #[must_use]
    pub fn buildset(mut self, report: BuildsetReport) -> Self {
        self.buildsets.insert(report.buildset.id, report);
        self
    }

    /// This log has these lines, all of standard output.
    #[must_use]
    pub fn log_lines(mut self, log: Id, lines: &[&str]) -> Self {
        self.logs.insert(log, lines.iter().map(|line| String::from(*line)).collect());
        self
    }

    /// `GET /api/v2/{path}` answers so.
    #[must_use]
    #[expect(clippy::needless_pass_by_value, reason = "a test writes `json!({…})` here")]
    pub fn answers(mut self, path: &str, answer: Value) -> Self {
        self.answers.insert(path.to_owned(), answer.to_string());
        self
    }

    /// The reporter keeps this value.
    #[must_use]
    #[expect(clippy::needless_pass_by_value, reason = "a test writes `json!({…})` here")]
    pub fn keeps(mut self, key: &str, value: Value) -> Self {
        self.kept.insert(key.to_owned(), value.to_string());
        self
    }

    /// The reporter keeps and forgets what these effects say.
    #[must_use]
    pub fn remembers(mut self, effects: &[Effect]) -> Self {
        for effect in effects {
            match effect {
                Effect::Remember(Entry { key, value: Some(value) }) => {
                    self.kept.insert(key.clone(), value.clone());
                }
                Effect::Remember(Entry { key, value: None }) => {
                    self.kept.remove(key);
                }
                Effect::Deliver(_) | Effect::Skip(_) | Effect::Wake(_) | Effect::Control(_) | Effect::Other(_) => {}
            }
        }
        self
    }

    /// What formatters are told is this.
    #[must_use]
    #[expect(clippy::needless_pass_by_value, reason = "a test writes `json!({…})` here")]
    pub fn context(mut self, context: Value) -> Self {
        self.context = Ok(context.to_string());
        self
    }

    /// What is posted of a build or a request is this.
    #[must_use]
    #[expect(clippy::needless_pass_by_value, reason = "a test writes `json!({…})` here")]
    pub fn object(mut self, object: Value) -> Self {
        self.object = Ok(object.to_string());
        self
    }

    /// A formatter that is asked answers so.
    #[must_use]
    pub fn formatted(mut self, answer: Result<Option<Formatted>, Failure>) -> Self {
        self.formatted = answer;
        self
    }

    /// Review callbacks that are asked answer so.
    #[must_use]
    pub fn reviewed(mut self, answer: Result<Answer, Failure>) -> Self {
        self.reviewed = answer;
        self
    }

    /// A lookup that is asked knows this address.
    #[must_use]
    pub fn address(mut self, user: &str, address: &str) -> Self {
        self.addresses.insert(user.to_owned(), address.to_owned());
        self
    }

    /// A getter of previous builds that is asked answers so.
    #[must_use]
    pub fn found_before(mut self, answer: Result<Option<Build>, Failure>) -> Self {
        self.previous = answer;
        self
    }

    /// Loads the reporter.
    ///
    /// # Errors
    /// What the reporter says is wrong with the settings.
    pub fn subscribe<R: Reporter>(&self) -> Result<Vec<Subscription>, Vec<Problem>> {
        export::subscribe::<R>(self.config.clone())
    }

    /// What is wrong with the settings, a line each: `{pointer}: {message}`.
    #[must_use]
    pub fn problems<R: Reporter>(&self) -> Vec<String> {
        let problems = self.subscribe::<R>().err().unwrap_or_default();
        problems.into_iter().map(|problem| format!("{}: {}", problem.at, problem.message)).collect()
    }

    /// Calls the reporter with an event.
    ///
    /// # Errors
    /// The reporter's failure.
    pub fn handle<R: Reporter>(&self, event: &Event) -> Result<Vec<Effect>, Failure> {
        export::handle::<R>(self.config.clone(), event, self)
    }

    /// What the reporter wants to happen because of an event.
    ///
    /// # Panics
    /// The call fails.
    #[must_use]
    #[track_caller]
    pub fn effects<R: Reporter>(&self, event: &Event) -> Vec<Effect> {
        match self.handle::<R>(event) {
            Ok(effects) => effects,
            Err(failure) => panic!("the call fails: {failure:?}"),
        }
    }

    /// Expects just these effects.
    ///
    /// # Panics
    /// The effects are others, or the call fails.
    #[track_caller]
    pub fn expect<R: Reporter>(&self, event: &Event, effects: &[Effect]) {
        assert_eq!(self.effects::<R>(event), effects);
    }

    /// Calls a formatter with these settings and this context.
    ///
    /// # Errors
    /// The formatter's failure.
    #[expect(clippy::needless_pass_by_value, reason = "a test writes `json!({…})` here")]
    pub fn format<F: MessageFormatter>(&self, context: Value) -> Result<Option<Formatted>, Failure> {
        export::format::<F>(&self.config.settings, context.to_string(), self)
    }

    /// Calls review callbacks with these settings and this context.
    ///
    /// # Errors
    /// The callbacks' failure.
    #[expect(clippy::needless_pass_by_value, reason = "a test writes `json!({…})` here")]
    pub fn review_of<C: ReviewCallbacks>(&self, moment: Moment, context: Value) -> Result<Answer, Failure> {
        export::review::<C>(&self.config.settings, (moment, context.to_string()), self)
    }

    /// Calls a lookup with these settings: an address, or none, for each user.
    ///
    /// # Errors
    /// The lookup's failure.
    pub fn look_up<L: AddressLookup>(&self, users: &[&str]) -> Result<Vec<Option<String>>, Failure> {
        let users: Vec<String> = users.iter().map(|user| String::from(*user)).collect();
        export::addresses::<L>(&self.config.settings, &users, self)
    }

    /// Calls a change hook with these settings, where nothing was read yet: its changes.
    ///
    /// # Errors
    /// What is wrong with the request.
    ///
    /// # Panics
    /// If it answers with something else than changes.
    pub fn hooked<H: ChangeHook>(&self, request: &HookRequest) -> Result<Vec<NewChange>, String> {
        match self.hook::<H>(request, &[])? {
            HookOutcome::Changes(changes) => Ok(changes),
            other => panic!("these are no changes: {other:?}"),
        }
    }

    /// Calls a change hook with these settings.
    ///
    /// # Errors
    /// What is wrong with the request.
    pub fn hook<H: ChangeHook>(&self, request: &HookRequest, fetched: &[Fetched]) -> Result<HookOutcome, String> {
        export::changes::<H>(&self.config.settings, request, fetched)
    }

    /// Calls a getter of previous builds with these settings.
    ///
    /// # Errors
    /// The getter's failure.
    pub fn build_before<G: PreviousBuild>(&self, report: &BuildReport) -> Result<Option<Id>, Failure> {
        export::previous_build::<G>(&self.config.settings, report, self)
    }

    /// What the plugin logged so far: level, message, fields, such as `warn: invalid address: user=x`.
    #[must_use]
    pub fn logged(&self) -> Vec<String> {
        self.log.borrow().clone()
    }

    /// What other plugins were asked so far, such as `format "short" about build 21 with failing`.
    #[must_use]
    pub fn asked(&self) -> Vec<String> {
        self.asked.borrow().clone()
    }

    fn note(&self, question: String) {
        self.asked.borrow_mut().push(question);
    }
}

impl PluginHost for Given {
    fn build(&self, id: Id, _: Want) -> Result<BuildReport, DataError> {
        self.builds.get(&id).cloned().ok_or(DataError::NotFound)
    }

    fn buildset(&self, id: Id, _: Want) -> Result<BuildsetReport, DataError> {
        self.buildsets.get(&id).cloned().ok_or(DataError::NotFound)
    }

    fn lines(&self, log: Id, first: u32, count: u32) -> Result<Vec<LogLine>, DataError> {
        let lines = self.logs.get(&log).ok_or(DataError::NotFound)?.iter().skip(first as usize);
        Ok(lines.take(count as usize).map(|line| LogLine { origin: LogStream::Stdout, text: line.clone() }).collect())
    }

    fn get(&self, path: &str) -> Result<Json, DataError> {
        self.answers.get(path).cloned().ok_or(DataError::NotFound)
    }

    fn log(&self, level: Level, message: &str, fields: &[(&str, &str)]) {
        let level = format!("{level:?}").replace("Level::", "").to_lowercase();
        let fields: String = fields.iter().map(|(name, value)| format!(": {name}={value}")).collect();
        self.log.borrow_mut().push(format!("{level}: {message}{fields}"));
    }
}

impl Host for Given {
    fn recall(&self, key: &str) -> Option<Json> {
        self.kept.get(key).cloned()
    }

    fn recall_keys(&self, prefix: &str) -> Vec<String> {
        self.kept.keys().filter(|key| key.starts_with(prefix)).cloned().collect()
    }

    fn context(&self, about: &About, grounds: &Grounds, scope: &Scope) -> Result<Json, Failure> {
        self.note(format!("context of {} with {}: {}", named(about), told(grounds), extent(scope)));
        self.context.clone()
    }

    fn object(&self, about: &About, previous: Previous, scope: &Scope) -> Result<Json, Failure> {
        let grounds = Grounds { mode: Vec::new(), previous };
        self.note(format!("object of {}{}: {}", named(about), told(&grounds), extent(scope)));
        self.object.clone()
    }

    fn format(&self, formatter: &str, about: &About, grounds: &Grounds) -> Result<Option<Formatted>, Failure> {
        self.note(format!("format {formatter} about {} with {}", named(about), told(grounds)));
        self.formatted.clone()
    }

    fn review(&self, callbacks: &str, moment: Moment, about: &About) -> Result<Answer, Failure> {
        self.note(format!("review {callbacks} at {moment:?} about {}", named(about)));
        self.reviewed.clone()
    }

    fn addresses(&self, lookup: &str, users: &[String]) -> Result<Vec<Option<String>>, Failure> {
        self.note(format!("addresses {lookup} of {}", users.join(", ")));
        Ok(users.iter().map(|user| self.addresses.get(user).cloned()).collect())
    }

    fn previous_build(&self, getter: &str, build: Id) -> Result<Option<Build>, Failure> {
        self.note(format!("previous build {getter} of {build}"));
        self.previous.clone()
    }
}

fn extent(Scope { properties, steps, logs, contents }: &Scope) -> String {
    let wanted = [(*properties, "properties"), (*steps, "steps"), (*logs, "logs")].into_iter();
    let wanted: Vec<&str> = wanted.filter(|(wanted, _)| *wanted).map(|(_, name)| name).collect();
    format!("{}, {}", wanted.join(" "), format!("{contents:?}").replace("Contents::", ""))
}

fn told(Grounds { mode, previous }: &Grounds) -> String {
    let mode = mode.join(", ");
    match previous {
        Previous::Usual => mode,
        Previous::None => format!("{mode} after no build"),
        Previous::Build(id) => format!("{mode} after build {id}"),
    }
}

fn named(about: &About) -> String {
    match about {
        About::Build(id) => format!("build {id}"),
        About::BuildInSet(id) => format!("build {id} in its set"),
        About::Buildset(id) => format!("buildset {id}"),
        About::Request(id) => format!("request {id}"),
        About::Worker(id) => format!("worker {id}"),
        About::Other(json) => format!("other {json}"),
    }
}
