//! How things end: Buildbot's result codes 0 to 6, and which of two is worse.

use schemars::JsonSchema;
use schemars::Schema;
use schemars::SchemaGenerator;
use schemars::json_schema;
use serde::Deserialize;
use serde::Deserializer;
use serde::Serialize;
use serde::Serializer;
use serde::de::Error;
use std::borrow::Cow;

/// How a build, a step, a request or a buildset ended. Its JSON is the code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Results {
    Success,
    Warnings,
    Failure,
    Skipped,
    Exception,
    Retry,
    Cancelled,
}

impl Results {
    /// In the order of their codes.
    pub const ALL: [Self; 7] =
        [Self::Success, Self::Warnings, Self::Failure, Self::Skipped, Self::Exception, Self::Retry, Self::Cancelled];

    /// From worst to best.
    const WORST_FIRST: [Self; 7] =
        [Self::Cancelled, Self::Retry, Self::Exception, Self::Failure, Self::Warnings, Self::Success, Self::Skipped];

    pub fn code(self) -> i64 {
        self as i64
    }

    pub fn from_code(code: i64) -> Option<Self> {
        usize::try_from(code).ok().and_then(|i| Self::ALL.get(i).copied())
    }

    /// Buildbot's name for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Warnings => "warnings",
            Self::Failure => "failure",
            Self::Skipped => "skipped",
            Self::Exception => "exception",
            Self::Retry => "retry",
            Self::Cancelled => "cancelled",
        }
    }

    /// The worse of two: cancelled, retry, exception, failure, warnings, success, skipped.
    pub fn worse(self, other: Self) -> Self {
        if other.rank() < self.rank() { other } else { self }
    }

    fn rank(self) -> usize {
        Self::WORST_FIRST.iter().position(|&r| r == self).unwrap_or(Self::WORST_FIRST.len())
    }
}

impl Serialize for Results {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_i64(self.code())
    }
}

impl<'de> Deserialize<'de> for Results {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let code = i64::deserialize(deserializer)?;
        Self::from_code(code).ok_or_else(|| D::Error::custom(format!("invalid result code {code}, expected 0 to 6")))
    }
}

impl JsonSchema for Results {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "results".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "integer", "minimum": 0, "maximum": Self::ALL.len() - 1})
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn worse_follows_buildbots_order() {
        let check = |a: Results, b: Results, worse: Results| {
            assert_eq!(a.worse(b), worse);
            assert_eq!(b.worse(a), worse);
        };
        check(Results::Success, Results::Skipped, Results::Success);
        check(Results::Success, Results::Warnings, Results::Warnings);
        check(Results::Failure, Results::Exception, Results::Exception);
        check(Results::Retry, Results::Exception, Results::Retry);
        check(Results::Retry, Results::Cancelled, Results::Cancelled);
    }

    #[test]
    fn codes_go_round() {
        for results in Results::ALL {
            assert_eq!(Results::from_code(results.code()), Some(results));
        }
        assert_eq!(Results::from_code(-1), None);
        assert_eq!(Results::from_code(7), None);
    }
}
