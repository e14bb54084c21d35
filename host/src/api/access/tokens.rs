//! The tokens: made, listed and revoked in the store, and known by their hashes in memory.
//!
//! Invariant: what is in memory is what the store holds, from before a change is answered. All changes of a running
//! host go through here, because the store's lock keeps other processes out.

use crate::model::CHANCE;
use crate::model::Scopes;
use crate::model::Timestamp;
use crate::model::Token;
use crate::model::TokenHash;
use crate::model::TokenName;
use crate::store::Store;
use crate::store::StoreError;
use crate::store::TokenRow;
use rand::TryRng;
use rand::rngs::SysRng;
use std::collections::HashMap;
use std::sync::Arc;
use thiserror::Error;
use tokio::sync::Mutex;
use tokio::sync::watch;

/// Tokens that may call at one time.
const MOST: usize = 1000;

/// Why a token was not made or revoked.
#[derive(Debug, Error)]
pub enum TokenError {
    #[error("there is a token {0} already: revoke it first, or take another name")]
    Taken(TokenName),
    #[error("there is no token {0} that could be revoked")]
    Unknown(TokenName),
    #[error("a token needs a scope: read, update, import, control or admin")]
    NoScope,
    #[error("there are {MOST} tokens, more are not taken: revoke some first")]
    TooMany,
    #[error("the system gives no random bytes: {0}")]
    NoChance(String),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Who holds a token.
#[derive(Debug)]
pub(super) enum Holder {
    Named(TokenName, Scopes),
    /// Who can read the file that this process wrote beside its database.
    Operator,
}

#[derive(Default)]
pub(super) struct Known {
    pub(super) holders: HashMap<TokenHash, Arc<Holder>>,
    /// Whether a token was ever made: then everybody needs one.
    pub(super) needed: bool,
}

/// Cheap to clone.
#[derive(Clone)]
pub struct Tokens {
    inner: Arc<Inner>,
}

struct Inner {
    store: Store,
    operator: Option<TokenHash>,
    known: watch::Sender<Arc<Known>>,
    /// Held from a change to its reading back: else an older reading could replace a newer one.
    changing: Mutex<()>,
}

impl Tokens {
    /// Those of the store, and the key of who may do everything on this machine.
    pub async fn load(store: Store, operator: Option<&Token>) -> Result<Self, StoreError> {
        let operator = operator.map(Token::hash);
        let known = watch::Sender::new(Arc::default());
        let tokens = Self { inner: Arc::new(Inner { store, operator, known, changing: Mutex::new(()) }) };
        tokens.read_back().await?;
        Ok(tokens)
    }

    /// Whether everybody needs a token.
    pub fn needed(&self) -> bool {
        self.inner.known.borrow().needed
    }

    pub(super) fn known(&self) -> watch::Receiver<Arc<Known>> {
        self.inner.known.subscribe()
    }

    pub(super) fn holder(&self, hash: &TokenHash) -> Option<Arc<Holder>> {
        self.inner.known.borrow().holders.get(hash).cloned()
    }

    /// Makes a token. It is shown once: only its hash is kept.
    pub async fn create(&self, name: TokenName, scopes: Scopes, now: Timestamp) -> Result<Token, TokenError> {
        if scopes.is_empty() {
            return Err(TokenError::NoScope);
        }
        let token = fresh()?;
        let hash = token.hash();
        let _changing = self.inner.changing.lock().await;
        self.inner
            .store
            .write(move |tx| {
                if tx.tokens()?.iter().filter(|row| row.revoked_at.is_none()).count() >= MOST {
                    return Err(TokenError::TooMany);
                }
                match tx.insert_token((&name, hash), &scopes, now)? {
                    true => Ok(()),
                    false => Err(TokenError::Taken(name)),
                }
            })
            .await?;
        self.read_back().await?;
        Ok(token)
    }

    /// From the return of this on, the token opens nothing.
    pub async fn revoke(&self, name: TokenName, now: Timestamp) -> Result<(), TokenError> {
        let _changing = self.inner.changing.lock().await;
        self.inner
            .store
            .write(move |tx| match tx.revoke_token(&name, now)? {
                true => Ok(()),
                false => Err(TokenError::Unknown(name)),
            })
            .await?;
        Ok(self.read_back().await?)
    }

    /// All, those that were revoked too.
    pub async fn list(&self) -> Result<Vec<TokenRow>, StoreError> {
        self.inner.store.read(|reader| reader.tokens()).await
    }

    async fn read_back(&self) -> Result<(), StoreError> {
        let rows = self.list().await?;
        let needed = !rows.is_empty();
        let live = rows.into_iter().filter(|row| row.revoked_at.is_none());
        let named = live.map(|row| (row.hash, Arc::new(Holder::Named(row.name, row.scopes))));
        let operator = self.inner.operator.map(|hash| (hash, Arc::new(Holder::Operator)));
        let known = Known { holders: named.chain(operator).collect(), needed };
        self.inner.known.send_replace(Arc::new(known));
        Ok(())
    }
}

/// A token that nobody has seen.
pub fn fresh() -> Result<Token, TokenError> {
    let mut chance = [0; CHANCE];
    SysRng.try_fill_bytes(&mut chance).map_err(|error| TokenError::NoChance(error.to_string()))?;
    Ok(Token::from_chance(chance))
}
