//! What dialects of change hooks share: payloads, references, people, times, options.
//!
//! Not here: what a forge's payload looks like; its dialect knows.

pub mod bitbucket;
mod change;
mod form;
mod person;
mod reference;
mod request;
mod skips;
mod time;
mod whitelist;

pub use person::Person;
pub use reference::Reference;
pub use reference::is_zero;
pub use skips::Skips;
pub use time::timestamp;
pub use whitelist::Whitelist;
