//! The clock: what arrives, arrives now.

use crate::model::Millis;
use std::time::SystemTime;
use std::time::UNIX_EPOCH;

pub(super) fn now() -> Millis {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}
