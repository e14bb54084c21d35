//! The default message about a build, with the texts of Buildbot's `MessageFormatter`.
//!
//! Not here: whether there is a message (`generators`), and custom formatters, which the host calls.

mod html;
mod others;
mod plain;
mod status;
mod subject;

pub use html::escape;
pub use html::html_body;
pub(crate) use others::buildset_body;
pub(crate) use others::request_body;
pub(crate) use others::request_subject;
pub(crate) use others::worker_body;
pub(crate) use others::worker_subject;
pub use plain::plain_body;
pub use status::projects;
pub use status::source_stamps;
pub use status::status_detected;
pub use status::summary;
pub use subject::default_subject;
pub use subject::fallback_subject;
pub use subject::fill_subject;
pub use subject::one_line;
pub use subject::subject_in_set;
pub use subject::subject_problem;
