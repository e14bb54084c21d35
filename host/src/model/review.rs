//! Reviews of changes, as callbacks that are plugins ask for them.

use crate::model::BuildId;
use crate::model::BuildsetId;
use crate::model::Extent;

/// When a review is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// A build has started.
    Start,
    /// A build has ended.
    End,
    /// A buildset has ended.
    Summary,
}

/// What review callbacks want to be said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Review {
    /// What the reporter would say without callbacks.
    Default,
    Nothing,
    Say(Verdict),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    pub message: String,
    /// Names and votes, each name once. Absent: the reporter votes by the results.
    pub labels: Option<Vec<(String, i32)>>,
}

/// What of builds and buildsets callbacks are told.
#[derive(Clone, Debug, PartialEq)]
pub struct ReviewScope {
    pub extent: Extent,
    /// Of a buildset, the builds of these builders alone. Absent: of all.
    pub builders: Option<Vec<String>>,
    /// The builds of these buildsets belong to it, too.
    pub buildsets: Vec<BuildsetId>,
    /// These builds do not count: others were made in their place.
    pub replaced: Vec<BuildId>,
}
