//! The clock: dispatch is one of the two floors that read it.

use crate::model::Millis;
use std::time::Duration;
use std::time::SystemTime;
use std::time::UNIX_EPOCH;

pub(super) fn now() -> Millis {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

/// Returns at that moment; never without one.
pub(super) async fn reached(moment: Option<Millis>) {
    match moment {
        None => std::future::pending().await,
        Some(moment) => {
            let left = moment.0.saturating_sub(now().0);
            tokio::time::sleep(Duration::from_millis(u64::try_from(left).unwrap_or(0))).await;
        }
    }
}
