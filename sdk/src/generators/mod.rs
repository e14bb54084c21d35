//! Generators: what is reported, and when. Buildbot's, for every reporter.
//!
//! A reporter has a setting `generators`, a list of [`Generator`]; [`problems`] says what is wrong with them,
//! [`subscriptions`] what they want to be told, [`reports`] what they make of an event. Sending it is the reporter's.

mod filters;
mod generate;
mod modes;
mod problems;
mod report;
mod setting;
mod subscriptions;

pub use filters::Filters;
pub use generate::reports;
pub use generate::tell;
pub use modes::Mode;
pub use modes::Modes;
pub use problems::problems;
pub use report::Report;
pub use report::ReportLog;
pub use report::SubjectMatter;
pub use report::merged;
pub use setting::Generator;
pub use setting::GeneratorKind;
pub use subscriptions::subscriptions;
