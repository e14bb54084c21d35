//! The store: everything that must survive, in SQLite.
//!
//! It offers verbs (`tx.add_step(…)`, `reader.build(…)`), and nobody else knows SQL. What is written together is one
//! closure over a [`Tx`]; the writer thread commits many closures at once and answers only after the commit.
//!
//! Not here: what an update means (`data`), what is sent when (`dispatch`).

mod build_data;
mod builders;
mod buildrequests;
mod builds;
mod buildsets;
mod changes;
mod changesources;
mod claims;
mod deliveries;
mod events;
mod expiry;
mod forceschedulers;
mod holds;
mod http_steps;
mod idempotency;
mod inbox;
mod incidents;
mod ingested;
mod lines;
mod logs;
mod masters;
mod migrations;
mod names;
mod open;
mod orders;
mod projects;
mod properties;
pub mod query;
mod reader;
mod recipients;
mod reporters;
mod rows;
mod schedulers;
mod settlements;
mod shelf;
mod sourcestamps;
mod steps;
mod tail;
mod tokens;
mod users;
mod workers;
mod writer;

pub use builders::BuilderInfo;
pub use buildrequests::NewBuildRequest;
pub use builds::NewBuild;
pub use buildsets::NewBuildset;
pub use changes::NewChange;
pub use claims::Claim;
pub use claims::Claimed;
pub use claims::Next;
pub use claims::Room;
pub use deliveries::DeliveryFilter;
pub use deliveries::DeliveryRow;
pub use deliveries::Owed;
pub use expiry::InPlace;
pub use http_steps::Unanswered;
pub use idempotency::Answered;
pub use inbox::InboxItem;
pub use inbox::InboxKind;
pub use incidents::Incident;
pub use ingested::is_ingested_master;
pub use logs::CHUNK_BYTES;
pub use logs::Chunk;
pub use logs::LogText;
pub use logs::Merge;
pub use logs::Packer;
pub use names::Names;
pub use open::InUse;
pub use open::Options;
pub use projects::ProjectInfo;
pub use reader::Reader;
pub use reporters::ReporterRow;
pub use reporters::Trouble;
pub use settlements::Settlement;
pub use sourcestamps::NewPatch;
pub use sourcestamps::NewSourceStamp;
pub use tokens::TokenRow;
pub use users::UserAttribute;
pub use writer::Tx;

use crate::model::Event;
use crate::model::Page;
use crate::model::Seq;
use std::sync::Arc;
use thiserror::Error;
use tokio::sync::watch;

/// Why the store could not do what it was asked.
#[derive(Debug, Error)]
pub enum StoreError {
    #[error(transparent)]
    Sqlite(rusqlite::Error),
    #[error("the database holds {what} that does not read: {reason}")]
    Corrupt { what: &'static str, reason: String },
    #[error("the commit failed: {0}")]
    Commit(String),
    #[error("the database takes no writes for now: {0}")]
    Unavailable(String),
    #[error("the events of this request take more than {} MiB; send it in parts", events::MOST_JOB_BYTES / (1024 * 1024))]
    EventsTooLarge,
    #[error("the store is closed")]
    Closed,
    #[error("a read took longer than {} s and was ended", reader::LONGEST_READ.as_secs())]
    TooSlow,
}

impl StoreError {
    /// Whether the same read may work later.
    pub fn passes(&self) -> bool {
        match self {
            Self::Corrupt { .. } | Self::TooSlow | Self::EventsTooLarge => false,
            Self::Sqlite(_) | Self::Commit(_) | Self::Unavailable(_) | Self::Closed => true,
        }
    }
}

/// The database, opened. Cheap to clone.
#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

struct Inner {
    writer: writer::Writer,
    readers: reader::Readers,
    tail: Arc<tail::Tail>,
    committed: watch::Sender<Seq>,
    owed: watch::Sender<u64>,
    told: watch::Sender<u64>,
    to_merge: watch::Sender<u64>,
}

impl Store {
    /// Opens or creates the database and brings it up to this version.
    pub fn open(options: &Options) -> anyhow::Result<Self> {
        let lock = open::lock(options)?;
        let connection = open::writer(options)?;
        let last = events::last_seq(&connection)?;
        Self::with(options, last, |bells, shelf| Ok(writer::Writer::start((connection, lock), last, bells, shelf)?))
    }

    /// Opens the database for reading alone, whoever has it: it must be there, and each write is refused as if it were
    /// closed.
    pub fn look(options: &Options) -> anyhow::Result<Self> {
        let last = events::last_seq(&open::looker(options)?)?;
        Self::with(options, last, |_, _| Ok(writer::Writer::none()))
    }

    fn with(
        options: &Options,
        last: Seq,
        writer: impl FnOnce(writer::Bells, Arc<shelf::Shelf>) -> anyhow::Result<writer::Writer>,
    ) -> anyhow::Result<Self> {
        let committed = watch::Sender::new(last);
        let [owed, told, to_merge] = [(); 3].map(|()| watch::Sender::new(0));
        let tail = Arc::new(tail::Tail::new(last));
        let bells = writer::Bells {
            tail: Arc::clone(&tail),
            committed: committed.clone(),
            owed: owed.clone(),
            told: told.clone(),
            to_merge: to_merge.clone(),
        };
        let shelf = Arc::<shelf::Shelf>::default();
        let writer = writer(bells, Arc::clone(&shelf))?;
        let readers = reader::Readers::open(options, shelf)?;
        Ok(Self { inner: Arc::new(Inner { writer, readers, tail, committed, owed, told, to_merge }) })
    }

    /// Runs `job` in a transaction, and returns what it returned once that is on disk. An error takes back all that
    /// this job wrote.
    pub async fn write<T, E>(&self, job: impl FnOnce(&mut Tx<'_>) -> Result<T, E> + Send + 'static) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        self.inner.writer.write(job).await
    }

    /// Runs `job` on a snapshot.
    pub async fn read<T, E>(&self, job: impl FnOnce(&Reader<'_>) -> Result<T, E> + Send + 'static) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        self.inner.readers.read(job).await
    }

    /// As `read`, for what is usually done in microseconds: the caller's thread runs it where that is possible. Such a
    /// job may run twice, when it turns out to be long after all.
    pub async fn read_soon<T, E>(&self, job: impl Fn(&Reader<'_>) -> Result<T, E> + Send + 'static) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        self.inner.readers.read_soon(job).await
    }

    /// As `read_soon`, for a question that anybody may ask: it may take long, and leaves room to all other reads.
    pub async fn read_for_client<T, E>(
        &self,
        job: impl Fn(&Reader<'_>) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        self.inner.readers.read_for_client(job).await
    }

    /// A read, and how long it was: in looks at its limit, each after 10,000 steps of SQLite's machine.
    pub fn read_counted<T, E: From<StoreError>>(
        &self,
        job: impl FnOnce(&Reader<'_>) -> Result<T, E>,
    ) -> Result<(T, u32), E> {
        self.inner.readers.looks(job)
    }

    /// A page of the events after `after`, in order.
    pub async fn events_after(&self, after: Seq, page: Page) -> Result<Vec<Event>, StoreError> {
        match self.inner.tail.after(after, page) {
            Some(events) => Ok(events),
            None => self.read(move |reader| reader.events_after(after, page)).await,
        }
    }

    /// The position of the newest event; rings when there is a newer one.
    pub fn committed(&self) -> watch::Receiver<Seq> {
        self.inner.committed.subscribe()
    }

    /// Rings when something may have become due for sending.
    pub fn owed(&self) -> watch::Receiver<u64> {
        self.inner.owed.subscribe()
    }

    /// Rings when a reporter may have a receipt or a wake-up.
    pub fn told(&self) -> watch::Receiver<u64> {
        self.inner.told.subscribe()
    }

    /// Rings when a log was finished whose chunks can be put together.
    pub fn to_merge(&self) -> watch::Receiver<u64> {
        self.inner.to_merge.subscribe()
    }

    /// Whether the writer still takes work.
    pub fn is_open(&self) -> bool {
        self.inner.writer.is_open()
    }

    /// Returns when the writer takes no more work: after `close`, or when the disk failed.
    pub async fn closed(&self) {
        self.inner.writer.closed().await;
    }

    /// Commits what is waiting and closes the database.
    pub async fn close(&self) {
        self.inner.writer.close().await;
    }
}
