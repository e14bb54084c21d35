//! Why an update was refused.

use crate::store::StoreError;
use thiserror::Error;

/// Each variant names what it is about, so that who called can mend it.
#[derive(Debug, Error)]
pub enum UpdateError {
    #[error("unknown update method {0:?}; GET /api/v2/updates lists the methods")]
    UnknownMethod(String),
    /// The parameters do not read, or one is out of bounds.
    #[error("invalid parameters of {method}: {message}")]
    Params { method: String, message: String },
    /// A parameter is well-formed, but what it says cannot be.
    #[error("invalid parameter {param}: {message}")]
    Invalid { param: &'static str, message: String },
    #[error("no {kind} with {param} {id}")]
    NotFound { kind: &'static str, param: &'static str, id: i64 },
    #[error("Idempotency-Key {0:?} was used for another request; take a new key for a new request")]
    KeyReused(String),
    /// In a batch: the call that was refused, counted from 0.
    #[error("call {index} of the batch ({method}): {source}")]
    InBatch { index: usize, method: String, source: Box<UpdateError> },
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl UpdateError {
    pub(super) fn invalid(param: &'static str, message: impl Into<String>) -> Self {
        Self::Invalid { param, message: message.into() }
    }

    /// What lies below the place in a batch.
    pub fn cause(&self) -> &Self {
        match self {
            Self::InBatch { source, .. } => source.cause(),
            Self::UnknownMethod(_)
            | Self::Params { .. }
            | Self::Invalid { .. }
            | Self::NotFound { .. }
            | Self::KeyReused(_)
            | Self::Store(_) => self,
        }
    }
}
