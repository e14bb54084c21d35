//! What tells a request that comes again from a new one, and what it was answered.

use super::dialects::Dialect;
use super::hashing::over;
use crate::api::State;
use crate::api::access::Gathered;
use crate::api::error::Error;
use crate::data::updates::idempotency;
use crate::data::updates::idempotency::Key;
use crate::model::Timestamp;
use axum::http::request::Parts;
use sha2::Digest;
use sha2::Sha256;

/// A request that has the id of a delivery, which its dialect names a header for.
pub(super) struct Delivery {
    id: String,
    key: Key,
}

impl Delivery {
    /// The same id with another body or query is another request, because GitLab gives one id to all that a hook sets off.
    pub(super) async fn of(dialect: &Dialect, head: &Parts, sent: Gathered) -> Result<(Gathered, Option<Self>), Error> {
        let hook = &dialect.hook;
        let mut ids = hook.description.delivery.iter().filter_map(|name| Some((name, head.headers.get(name)?)));
        let Some((name, id)) = ids.next() else { return Ok((sent, None)) };
        let query = head.uri.query().unwrap_or_default();
        let mut hash = Sha256::new();
        for part in [name.as_bytes(), id.as_bytes(), query.as_bytes()] {
            add(&mut hash, part);
        }
        let whole = move |body: &[u8]| {
            add(&mut hash, body);
            hash.finalize()
        };
        let (sent, digest) = over(sent, whole).await?;
        let id: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        // No token has a colon in its name.
        let key = Key::new((&format!("hook:{}", hook.dialect), &id), &[])?;
        Ok((sent, Some(Self { id, key })))
    }

    /// How many changes it gave when it came first; nothing where it did not come, or was refused.
    pub(super) async fn answered(
        &self,
        state: &State,
        dialect: &Dialect,
        now: Timestamp,
    ) -> Result<Option<usize>, Error> {
        if dialect.fruitless.knows(&self.id, now) {
            return Ok(Some(0));
        }
        let key = self.key.clone();
        let answer = state.store.read_soon(move |reader| idempotency::earlier(reader, now, &key)).await?;
        Ok(answer.and_then(|count| count.parse().ok()))
    }

    /// It gave no change.
    pub(super) fn was_fruitless(&self, dialect: &Dialect, now: Timestamp) {
        dialect.fruitless.remember(&self.id, now);
    }

    pub(super) fn key(&self) -> Key {
        self.key.clone()
    }
}

fn add(hash: &mut Sha256, part: &[u8]) {
    hash.update(part.len().to_le_bytes());
    hash.update(part);
}
