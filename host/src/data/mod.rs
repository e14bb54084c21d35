//! The rules of the data API: what an update means, how a question is answered, what belongs to an event.
//!
//! Not here: HTTP (`api`), SQL (`store`), who is told (`dispatch`).

mod blame;
mod context;
pub mod control;
pub mod endpoints;
pub mod http_steps;
pub mod ingest;
pub mod logs;
mod reports;
mod site;
pub mod updates;
mod urls;

pub use endpoints::Answer;
pub use site::Site;

use crate::model::*;
use crate::store::Reader;
use crate::store::Store;
use crate::store::StoreError;
use std::sync::Arc;
use thiserror::Error;

/// Why a question has no answer.
#[derive(Debug, Error)]
pub enum DataError {
    #[error("{0}")]
    NotFound(String),
    #[error("{0}")]
    Invalid(String),
    #[error("the answer would be larger than {most_bytes} bytes: ask for less by limit and offset, or by field")]
    TooLarge { most_bytes: usize },
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The largest answer that a plugin gets.
pub const MOST_BYTES: usize = 1024 * 1024;

/// The largest answer that anybody gets: it is gathered in memory. Pages and fields make it smaller.
pub const MOST_ANSWER_BYTES: usize = 16 * 1024 * 1024;

/// Lines of a log that one question gets at most.
const MOST_LINES: u32 = 100_000;

/// Answers questions. Cheap to clone.
#[derive(Clone)]
pub struct Data {
    store: Store,
    site: Arc<Site>,
    routes: Arc<endpoints::Routes>,
}

impl Data {
    pub fn new(store: Store, site: Site) -> Self {
        Self { store, site: Arc::new(site), routes: Arc::new(endpoints::Routes::new()) }
    }

    pub fn site(&self) -> &Site {
        &self.site
    }

    /// What `GET /api/v2/{path}` answers.
    pub async fn answer(&self, path: &str, query: &str) -> Result<Answer, DataError> {
        let question = endpoints::Question::parse(&self.routes, path, query)?;
        self.store.read_for_client(move |reader| question.answer(reader, MOST_ANSWER_BYTES)).await
    }

    /// The parts of a path of the data API.
    pub fn resource_path(&self, path: &str) -> Result<Vec<String>, DataError> {
        endpoints::Question::parts(&self.routes, path)
    }

    /// The same as JSON text, for a plugin: `builds/7/steps?limit=5`.
    pub async fn get(&self, path: &str) -> Result<String, DataError> {
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        let question = endpoints::Question::parse(&self.routes, path, query)?;
        match self.store.read_soon(move |reader| question.answer(reader, MOST_BYTES)).await? {
            Answer::Resources(resources) => resources.into_text(),
            Answer::Bytes { .. } => Err(DataError::Invalid(format!("what is at {path} is not JSON"))),
        }
    }

    /// The log that a path names in any of its ways: `builds/7/steps/compile/logs/stdio`, `logs/42`.
    pub async fn log_at(&self, path: &str) -> Result<Log, DataError> {
        let question = endpoints::Question::parse(&self.routes, path, "")?;
        self.store.read_soon(move |reader| question.log(reader)).await
    }

    /// How SQLite goes about a question: a line for each table and each sort. For tests.
    pub async fn plan(&self, path: &str) -> Result<Vec<String>, DataError> {
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        let question = endpoints::Question::parse(&self.routes, path, query)?;
        self.store.read(move |reader| question.plan(reader)).await
    }

    /// How long an answer takes, in looks that each follow 10,000 steps of SQLite's machine. For tests.
    pub fn effort(&self, path: &str) -> Result<u32, DataError> {
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        let question = endpoints::Question::parse(&self.routes, path, query)?;
        Ok(self.store.read_counted(|reader| question.answer(reader, MOST_ANSWER_BYTES))?.1)
    }

    pub async fn build_report(&self, id: BuildId, want: Want) -> Result<BuildReport, DataError> {
        self.read(move |reader, site| reports::build(reader, site, id, want)).await
    }

    /// A build as `event` tells it, where the event is about it.
    pub async fn build_as_told(
        &self,
        id: BuildId,
        want: Want,
        event: Option<Arc<ReporterEvent>>,
    ) -> Result<BuildReport, DataError> {
        self.read(move |reader, site| reports::build_as_told(reader, site, (id, event.as_deref()), want)).await
    }

    /// A build by itself, as it is now.
    pub async fn build(&self, id: BuildId) -> Result<Build, DataError> {
        self.read(move |reader, _| reader.build(id)?.ok_or_else(|| DataError::NotFound(format!("no build {id}")))).await
    }

    /// The properties of a build.
    pub async fn build_properties(&self, id: BuildId) -> Result<Properties, DataError> {
        self.read(move |reader, _| Ok(reader.build_properties(id)?)).await
    }

    pub async fn buildset_report(&self, id: BuildsetId, want: Want) -> Result<BuildsetReport, DataError> {
        self.read(move |reader, site| reports::buildset(reader, site, id, want)).await
    }

    /// An event of the log as a reporter gets it that asked by `topic`.
    pub async fn reporter_event(&self, event: Event, topic: String, want: Want) -> Result<ReporterEvent, DataError> {
        self.read(move |reader, site| reports::event(reader, site, (&event, topic), want)).await
    }

    /// Events of the log as a reporter gets them that asked by their topics, read at one moment. What passes by itself ends
    /// it; other errors are of one event.
    pub async fn reporter_events(
        &self,
        events: Vec<(Event, String, Want)>,
    ) -> Result<Vec<Result<ReporterEvent, DataError>>, DataError> {
        self.read(move |reader, site| {
            let told = events.into_iter().map(|(event, topic, want)| {
                match reports::event(reader, site, (&event, topic), want) {
                    Err(DataError::Store(error)) if error.passes() => Err(DataError::Store(error)),
                    told => Ok(told),
                }
            });
            told.collect()
        })
        .await
    }

    /// The event of a test report; `topic` is what [`Trial::topic`] says.
    pub async fn trial_event(
        &self,
        trial: Trial,
        (seq, topic, at): (Seq, &'static str, Timestamp),
    ) -> Result<ReporterEvent, DataError> {
        self.read(move |reader, site| reports::made_up(reader, site, &trial, (seq, topic, at))).await
    }

    /// `count` lines of a log from line `first`; fewer where it ends.
    pub async fn log_lines(&self, id: LogId, first: u32, count: u32) -> Result<Vec<LogLine>, DataError> {
        self.read(move |reader, _| reports::lines(reader, id, first, count.min(MOST_LINES))).await
    }

    /// The context of a formatter, as JSON. What `event` is about is seen as it says.
    pub async fn formatter_context(
        &self,
        about: &About,
        (grounds, scope): (&Grounds, &Extent),
        event: Option<Arc<ReporterEvent>>,
    ) -> Result<String, DataError> {
        let (about, grounds, scope) = (about.clone(), grounds.clone(), scope.clone());
        self.read(move |reader, site| context::of(reader, site, (&about, &grounds, &scope), event.as_deref())).await
    }

    /// What is posted of a build or a request, as JSON. What `event` is about is seen as it says.
    pub async fn posted(
        &self,
        (about, previous, scope): (&About, Previous, &Extent),
        event: Option<Arc<ReporterEvent>>,
    ) -> Result<String, DataError> {
        let told =
            event.as_deref().and_then(|event| context::object_of_event(&self.site, (about, previous, scope), event));
        if let Some(told) = told {
            return told;
        }
        let (about, scope) = (about.clone(), scope.clone());
        self.read(move |reader, site| context::object(reader, site, (&about, previous, &scope), event.as_deref())).await
    }

    /// The context of review callbacks, as JSON. What `event` is about is seen as it says.
    pub async fn review_context(
        &self,
        about: &About,
        scope: &ReviewScope,
        event: Option<&ReporterEvent>,
    ) -> Result<String, DataError> {
        let (about, scope, event) = (about.clone(), scope.clone(), event.cloned());
        self.read(move |reader, site| context::for_review(reader, site, (&about, &scope), event.as_ref())).await
    }

    pub async fn reporter_state(&self, reporter: &ReporterName, key: &str) -> Result<Option<String>, DataError> {
        let (reporter, key) = (reporter.clone(), key.to_owned());
        self.read(move |reader, _| Ok(reader.remembered(&reporter, &key)?)).await
    }

    pub async fn reporter_state_keys(&self, reporter: &ReporterName, prefix: &str) -> Result<Vec<String>, DataError> {
        let (reporter, prefix) = (reporter.clone(), prefix.to_owned());
        self.read(move |reader, _| Ok(reader.remembered_keys(&reporter, &prefix)?)).await
    }

    async fn read<T: Send + 'static>(
        &self,
        job: impl FnOnce(&Reader<'_>, &Site) -> Result<T, DataError> + Send + 'static,
    ) -> Result<T, DataError> {
        let site = Arc::clone(&self.site);
        self.store.read(move |reader| job(reader, &site)).await
    }
}
