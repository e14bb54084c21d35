//! Formatters: what a message says. Buildbot's `MessageFormatter` and its kin, and plugins in place of functions.
//!
//! A setting names one ([`FormatterChoice`]); the generators ask it. Without a template the default texts are
//! written at once; a template is read only when it is used, and the host makes what it is told.
//!
//! Not here: the default texts (`message`).

mod before;
mod choice;
mod format;
mod problems;
mod table;
mod template;

pub(crate) use before::Before;
pub(crate) use choice::Formatter;
pub use choice::FormatterChoice;
pub use choice::LogChoice;
pub(crate) use choice::Template;
pub(crate) use format::Occasion;
pub(crate) use format::Said;
pub(crate) use format::Topic;
