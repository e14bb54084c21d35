//! Something that happened: immutable, with a position in the log.

use super::Seq;
use super::Timestamp;
use std::sync::Arc;

/// An event to be written.
#[derive(Clone, Debug)]
pub struct NewEvent {
    /// The paths it goes by, the first is its own: `builders/3/builds/2/new`, `builds/22/new`, …
    pub topics: Vec<String>,
    /// JSON.
    pub body: String,
}

/// An event of the log.
#[derive(Clone, Debug)]
pub struct Event {
    pub seq: Seq,
    pub at: Timestamp,
    pub topics: Arc<[String]>,
    /// JSON.
    pub body: Arc<str>,
}
