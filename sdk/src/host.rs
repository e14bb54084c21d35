//! What a plugin may ask, as traits: a component asks its imports, a test asks tables that it filled.
//!
//! All of it only reads. Not here: the tables (`testing`).

use crate::bindings::imports::campanile::reporter as imports;
use crate::contract::About;
use crate::contract::Answer;
use crate::contract::Build;
use crate::contract::BuildReport;
use crate::contract::BuildsetReport;
use crate::contract::DataError;
use crate::contract::Failure;
use crate::contract::Formatted;
use crate::contract::Grounds;
use crate::contract::Id;
use crate::contract::Json;
use crate::contract::Level;
use crate::contract::LogLine;
use crate::contract::Moment;
use crate::contract::Previous;
use crate::contract::Scope;
use crate::contract::Want;

/// What every plugin may ask: the data API, and a place to log. Mostly the event brings all that is needed.
pub trait PluginHost {
    /// A build as of now, with what is wanted along.
    ///
    /// # Errors
    /// There is no such build, or the answer would be too large.
    fn build(&self, id: Id, want: Want) -> Result<BuildReport, DataError>;

    /// A buildset as of now, with its builds.
    ///
    /// # Errors
    /// There is no such buildset, or the answer would be too large.
    fn buildset(&self, id: Id, want: Want) -> Result<BuildsetReport, DataError>;

    /// `count` lines of a log from line `first` (counted from 0); fewer where it ends.
    ///
    /// # Errors
    /// There is no such log, or the answer would be too large.
    fn lines(&self, log: Id, first: u32, count: u32) -> Result<Vec<LogLine>, DataError>;

    /// What `GET /api/v2/{path}` answers, such as `builds?complete=false&order=-number&limit=5`.
    ///
    /// # Errors
    /// There is no such resource, the question is wrong, or the answer would be larger than 1 MiB.
    fn get(&self, path: &str) -> Result<Json, DataError>;

    /// Writes to the plugin's log; `fields` are names and values.
    fn log(&self, level: Level, message: &str, fields: &[(&str, &str)]);
}

/// What a reporter may ask besides: what it remembered, and other plugins.
pub trait Host: PluginHost {
    /// The value kept under `key`, as it was before this call; see [`Effect::Remember`](crate::contract::Effect).
    fn recall(&self, key: &str) -> Option<Json>;

    /// The keys that begin with `prefix`, sorted.
    fn recall_keys(&self, prefix: &str) -> Vec<String>;

    /// What a formatter would be told, as JSON; see [`Context`](crate::Context).
    ///
    /// # Errors
    /// There is no such thing, or it is too large to be told.
    fn context(&self, about: &About, grounds: &Grounds, scope: &Scope) -> Result<Json, Failure>;

    /// A build, or a request that has none, as an object of the data API with what belongs to it, to be posted.
    ///
    /// # Errors
    /// There is no such thing, it is neither of these, or it is too large to be told.
    fn object(&self, about: &About, previous: Previous, scope: &Scope) -> Result<Json, Failure>;

    /// Asks the formatter that a setting names; `None` if it has nothing to say.
    ///
    /// # Errors
    /// The formatter's own; pass it on with `?`.
    fn format(&self, formatter: &str, about: &About, grounds: &Grounds) -> Result<Option<Formatted>, Failure>;

    /// Asks the review callbacks that a setting names.
    ///
    /// # Errors
    /// The callbacks' own; pass it on with `?`.
    fn review(&self, callbacks: &str, moment: Moment, about: &About) -> Result<Answer, Failure>;

    /// The mail addresses of users, in their order; `None` for who has none.
    ///
    /// # Errors
    /// The lookup's own; pass it on with `?`.
    fn addresses(&self, lookup: &str, users: &[String]) -> Result<Vec<Option<String>>, Failure>;

    /// The build that this one is to be compared with, by the getter that a setting names; `None` if there is none.
    ///
    /// # Errors
    /// The getter's own; pass it on with `?`.
    fn previous_build(&self, getter: &str, build: Id) -> Result<Option<Build>, Failure>;
}

/// The component's imports. What a plugin does not call is not even imported.
#[derive(Debug, Clone, Copy)]
#[doc(hidden)]
pub struct Imports;

impl PluginHost for Imports {
    fn build(&self, id: Id, want: Want) -> Result<BuildReport, DataError> {
        imports::data::build(id, want)
    }

    fn buildset(&self, id: Id, want: Want) -> Result<BuildsetReport, DataError> {
        imports::data::buildset(id, want)
    }

    fn lines(&self, log: Id, first: u32, count: u32) -> Result<Vec<LogLine>, DataError> {
        imports::data::lines(log, first, count)
    }

    fn get(&self, path: &str) -> Result<Json, DataError> {
        imports::data::get(path)
    }

    fn log(&self, level: Level, message: &str, fields: &[(&str, &str)]) {
        let fields: Vec<(String, String)> =
            fields.iter().map(|(name, value)| (String::from(*name), String::from(*value))).collect();
        imports::log::write(level, message, &fields);
    }
}

impl Host for Imports {
    fn recall(&self, key: &str) -> Option<Json> {
        imports::state::get(key)
    }

    fn recall_keys(&self, prefix: &str) -> Vec<String> {
        imports::state::keys(prefix)
    }

    fn context(&self, about: &About, grounds: &Grounds, scope: &Scope) -> Result<Json, Failure> {
        imports::helpers::context(about, grounds, scope)
    }

    fn object(&self, about: &About, previous: Previous, scope: &Scope) -> Result<Json, Failure> {
        imports::helpers::object(about, previous, scope)
    }

    fn format(&self, formatter: &str, about: &About, grounds: &Grounds) -> Result<Option<Formatted>, Failure> {
        imports::helpers::format(formatter, about, grounds)
    }

    fn review(&self, callbacks: &str, moment: Moment, about: &About) -> Result<Answer, Failure> {
        imports::helpers::review(callbacks, moment, about)
    }

    fn addresses(&self, lookup: &str, users: &[String]) -> Result<Vec<Option<String>>, Failure> {
        imports::helpers::addresses(lookup, users)
    }

    fn previous_build(&self, getter: &str, build: Id) -> Result<Option<Build>, Failure> {
        imports::helpers::previous_build(getter, build)
    }
}
