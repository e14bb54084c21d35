//! Finished logs put together, in small transactions, by one task in the background.
//!
//! The column `merged` says what is left to do; the bell only says when to look.

use crate::model::LogId;
use crate::store::Store;
use crate::store::StoreError;
use crate::store::Tx;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// Bytes put together in one transaction, before they are compressed: some milliseconds of the writer.
const STEP_BYTES: i64 = 512 * 1024;

/// What a call of `compressLog` does itself, in the transaction of its batch.
const CALL_BYTES: i64 = 1024 * 1024;

/// When the store refuses, it is asked again after so long.
const RETRY: Duration = Duration::from_secs(10);

/// Puts the chunks of finished logs together, until it is told to stop.
pub async fn merge_finished(store: Store, stop: CancellationToken) {
    let mut finished = store.to_merge();
    loop {
        finished.mark_unchanged();
        let wait = match merge_all(&store, &stop).await {
            Ok(()) => Duration::MAX,
            Err(StoreError::Closed) => return,
            Err(error) => {
                tracing::warn!(%error, "finished logs are put together later");
                RETRY
            }
        };
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(wait) => {}
            rung = finished.changed() => if rung.is_err() { return },
        }
    }
}

async fn merge_all(store: &Store, stop: &CancellationToken) -> Result<(), StoreError> {
    while let Some(log) = store.read(|reader| reader.log_to_merge()).await? {
        let mut from = Some(0);
        while let Some(line) = from {
            if stop.is_cancelled() {
                return Ok(());
            }
            from = merge_step(store, log, line).await?;
        }
    }
    Ok(())
}

/// One step of a log, planned on a snapshot. Returns where to go on.
async fn merge_step(store: &Store, log: LogId, from: i64) -> Result<Option<i64>, StoreError> {
    let (merges, next) = store.read(move |reader| reader.plan_merges(log, from, STEP_BYTES)).await?;
    store
        .write(move |tx| {
            for merge in &merges {
                tx.apply_merge(merge)?;
            }
            if next.is_none() { tx.set_merged(log).map(|()| next) } else { Ok(next) }
        })
        .await
}

/// Puts the first chunks of a log together, at once. Returns the bytes saved.
pub(in crate::data) fn merge_some(tx: &mut Tx<'_>, log: LogId) -> Result<i64, StoreError> {
    let (merges, _) = tx.plan_merges(log, 0, CALL_BYTES)?;
    merges.iter().map(|merge| tx.apply_merge(merge)).sum()
}
