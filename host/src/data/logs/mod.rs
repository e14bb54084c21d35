//! Logs as a whole: appended to in a stream, read by line range or as text, put together when they are finished.
//!
//! Invariant: however long a log is, what is in memory of it is bounded, here by pages and batches of some hundred KiB.
//! Not here: the update calls (`updates::logs`), HTTP (`api`).

mod append;
mod contents;
mod lines;
mod merge;
mod prepare;
mod raw;
mod reading;

pub use append::AppendError;
pub use append::Appended;
pub use append::Appender;
pub use contents::Contents;
pub use merge::merge_finished;
pub(super) use merge::merge_some;
pub(super) use prepare::Prepared;
pub(super) use prepare::prepare_text;
pub(super) use prepare::unmarked;
pub use raw::RawLog;
pub use reading::Reading;
