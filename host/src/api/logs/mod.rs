//! Logs over HTTP: lines in as a stream, lines out by number, whole logs out as text.
//!
//! No answer and no body stands in memory as a whole. Not here: what a line is, and what is written when (`data::logs`).

mod append;
mod contents;
mod raw;

pub use append::Appends;
pub(super) use append::append;
pub(super) use contents::contents;
pub(super) use contents::of_no_log;
pub(super) use raw::raw;
pub(super) use raw::raw_inline;

/// How a log is reached, as Buildbot has it.
pub(super) const PLACES: [&str; 4] = [
    "/api/v2/logs/{log}",
    "/api/v2/steps/{step}/logs/{slug}",
    "/api/v2/builds/{build}/steps/{step}/logs/{slug}",
    "/api/v2/builders/{builder}/builds/{build}/steps/{step}/logs/{slug}",
];

/// The path of the log, when `path` asks for `what` of it. As it stands in the request: its parts are decoded one by
/// one, for a name may hold an encoded slash.
fn place<'p>(path: &'p str, what: &str) -> &'p str {
    let path = path.strip_prefix("/api/v2/").unwrap_or(path);
    path.strip_suffix(what).and_then(|path| path.strip_suffix('/')).unwrap_or(path)
}
