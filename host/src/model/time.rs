//! Moments. The data API counts seconds, as Buildbot does; dispatch counts milliseconds.

use schemars::JsonSchema;
use serde::Deserialize;
use serde::Serialize;
use std::fmt;
use thiserror::Error;

/// Whole seconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "i64", into = "i64")]
#[schemars(inline, extend("minimum" = 0, "maximum" = LAST))]
pub struct Timestamp(pub i64);

/// The last second of the year 9999, behind which dates are no longer written in four digits.
const LAST: i64 = 253_402_300_799;

/// What is no time that anybody means.
#[derive(Debug, Error)]
#[error("{0} is no time in whole seconds since 1970, up to the year 9999")]
pub struct NoTime(i64);

impl TryFrom<i64> for Timestamp {
    type Error = NoTime;

    fn try_from(seconds: i64) -> Result<Self, NoTime> {
        if (0..=LAST).contains(&seconds) { Ok(Self(seconds)) } else { Err(NoTime(seconds)) }
    }
}

impl From<Timestamp> for i64 {
    fn from(at: Timestamp) -> Self {
        at.0
    }
}

/// Milliseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Millis(pub i64);

impl Millis {
    /// This moment and so many milliseconds.
    pub fn plus(self, millis: i64) -> Self {
        Self(self.0.saturating_add(millis))
    }

    /// The second it lies in.
    pub fn seconds(self) -> Timestamp {
        Timestamp(self.0.div_euclid(1000))
    }
}

impl Timestamp {
    /// The moment at which this second begins.
    pub fn millis(self) -> Millis {
        Millis(self.0.saturating_mul(1000))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for Millis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
