//! A log appended to by one who sends it piece by piece: whole lines go out in transactions of bounded size.
//!
//! While one batch is prepared and written the next is gathered, and no third: who sends faster waits.

use super::lines::Cutter;
use super::prepare::Prepared;
use super::prepare::prepare;
use crate::data::updates::UpdateError;
use crate::data::updates::append_event;
use crate::model::Log;
use crate::model::LogId;
use crate::model::LogKind;
use crate::model::Timestamp;
use crate::store::CHUNK_BYTES;
use crate::store::Store;
use crate::store::StoreError;
use crate::store::Tx;
use thiserror::Error;
use tokio::task::JoinHandle;

/// Bytes of one transaction, before they are compressed.
const BATCH_BYTES: usize = 512 * 1024;

/// Why nothing more is appended.
#[derive(Debug, Error)]
pub enum AppendError {
    #[error("no log with logid {0}")]
    NoLog(LogId),
    #[error("log {0} is finished")]
    Finished(LogId),
    #[error("log {0} was deleted")]
    Deleted(LogId),
    #[error("line {asked} does not follow: the log has {num_lines} lines")]
    Place { asked: i64, num_lines: i64 },
    #[error("line {0} of the body must begin with o, e or h, its stream: the log is of type s")]
    Unmarked(i64),
    #[error("the body ends in the middle of its line {0}: end it with a line end")]
    MidLine(i64),
    #[error(transparent)]
    Update(#[from] UpdateError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What came of it so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Appended {
    /// The number that the first line got.
    pub first_line: i64,
    /// How many lines are appended.
    pub lines: i64,
    /// How many the log has.
    pub num_lines: i64,
    /// Places where bytes were no UTF-8.
    pub replaced: i64,
    /// Lines that were too long.
    pub cut: i64,
}

/// Where lines go.
#[derive(Clone, Copy)]
struct To {
    log: LogId,
    /// The number that the next line has to get, where the client said one.
    next: Option<i64>,
}

/// What one transaction wrote, and the number of the line after it.
struct Written {
    prepared: Prepared,
    num_lines: i64,
}

/// A log that is being appended to.
pub struct Appender {
    store: Store,
    to: To,
    kind: LogKind,
    cutter: Cutter,
    blocks: Vec<Vec<u8>>,
    gathered: usize,
    writing: Option<JoinHandle<Result<Written, AppendError>>>,
    so_far: Appended,
}

impl Appender {
    /// Begins with line `first` of the log, where the client says which one that is.
    pub async fn open(store: &Store, log: LogId, first: Option<i64>) -> Result<Self, AppendError> {
        let to = To { log, next: first };
        let found = store.read(move |reader| to.check(reader.log(log)?)).await?;
        let num_lines = found.num_lines;
        let so_far = Appended { first_line: num_lines, lines: 0, num_lines, replaced: 0, cut: 0 };
        Ok(Self {
            store: store.clone(),
            to,
            kind: found.kind,
            cutter: Cutter::default(),
            blocks: Vec::new(),
            gathered: 0,
            writing: None,
            so_far,
        })
    }

    /// Takes what came; writes when that is enough.
    pub async fn push(&mut self, bytes: &[u8], now: Timestamp) -> Result<(), AppendError> {
        for piece in bytes.chunks(CHUNK_BYTES) {
            self.cutter.push(piece);
            while let Some(block) = self.cutter.full_block() {
                self.gather(block);
            }
        }
        if self.gathered >= BATCH_BYTES { self.write(now).await } else { Ok(()) }
    }

    /// Writes all whole lines, and returns when they are on disk.
    pub async fn flush(&mut self, now: Timestamp) -> Result<(), AppendError> {
        while let Some(block) = self.cutter.block() {
            self.gather(block);
        }
        self.write(now).await?;
        self.written().await
    }

    /// Nothing more comes.
    pub async fn finish(&mut self, now: Timestamp) -> Result<(), AppendError> {
        self.flush(now).await?;
        match self.cutter.under_way() {
            0 => Ok(()),
            _ => Err(AppendError::MidLine(self.so_far.lines)),
        }
    }

    /// What is on disk.
    pub fn so_far(&self) -> Appended {
        Appended { cut: self.cutter.cut_lines(), ..self.so_far }
    }

    fn gather(&mut self, block: Vec<u8>) {
        self.gathered += block.len() + 1;
        self.blocks.push(block);
    }

    /// Begins to write what is gathered, when what was before it is on disk.
    async fn write(&mut self, now: Timestamp) -> Result<(), AppendError> {
        self.written().await?;
        let blocks = std::mem::take(&mut self.blocks);
        self.gathered = 0;
        if !blocks.is_empty() {
            let (store, to, kind) = (self.store.clone(), self.to, self.kind);
            self.writing = Some(tokio::spawn(async move { write(&store, to, (blocks, kind), now).await }));
        }
        Ok(())
    }

    /// Waits for the transaction under way.
    async fn written(&mut self) -> Result<(), AppendError> {
        let Some(writing) = self.writing.take() else { return Ok(()) };
        let Written { prepared, num_lines } = writing.await.unwrap_or_else(|error| match error.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            Err(_) => Err(StoreError::Closed.into()),
        })?;
        if self.so_far.lines == 0 {
            self.so_far.first_line = num_lines - prepared.lines;
        }
        self.so_far.lines += prepared.lines;
        self.so_far.replaced += prepared.replaced;
        self.so_far.num_lines = num_lines;
        self.to.next = self.to.next.map(|next| next + prepared.lines);
        if prepared.is_unmarked_next { Err(AppendError::Unmarked(self.so_far.lines)) } else { Ok(()) }
    }
}

async fn write(
    store: &Store,
    to: To,
    (blocks, kind): (Vec<Vec<u8>>, LogKind),
    now: Timestamp,
) -> Result<Written, AppendError> {
    let prepared = tokio::task::spawn_blocking(move || prepare(blocks, kind)).await;
    let prepared = prepared.map_err(|_| StoreError::Closed)??;
    store
        .write(move |tx| {
            let num_lines = to.append(tx, &prepared, now)?;
            Ok(Written { prepared, num_lines })
        })
        .await
}

impl To {
    /// The log, when lines can be appended to it here.
    fn check(self, log: Option<Log>) -> Result<Log, AppendError> {
        let log = log.ok_or(AppendError::NoLog(self.log))?;
        match self.next {
            _ if log.kind == LogKind::Deleted => Err(AppendError::Deleted(self.log)),
            _ if log.complete => Err(AppendError::Finished(self.log)),
            Some(asked) if asked != log.num_lines => Err(AppendError::Place { asked, num_lines: log.num_lines }),
            _ => Ok(log),
        }
    }

    fn append(self, tx: &mut Tx<'_>, prepared: &Prepared, now: Timestamp) -> Result<i64, AppendError> {
        let log = self.check(tx.log(self.log)?)?;
        if prepared.chunks.is_empty() {
            return Ok(log.num_lines);
        }
        let num_lines = tx.append_chunks(&log, &prepared.chunks)?;
        append_event(tx, now, &log, num_lines)?;
        Ok(num_lines)
    }
}
