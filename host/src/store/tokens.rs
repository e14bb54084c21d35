//! Tokens: who may call, and since when one may no more. Their hashes, never themselves.

use super::Reader;
use super::StoreError;
use super::Tx;
use crate::model::Scopes;
use crate::model::Timestamp;
use crate::model::TokenHash;
use crate::model::TokenName;
use std::fmt::Display;
use std::str::FromStr;

/// Revoked tokens that stay to be seen; older ones go when another is revoked.
const REVOKED_KEPT: usize = 1000;

/// A token as it is kept.
#[derive(Clone, Debug)]
pub struct TokenRow {
    pub name: TokenName,
    pub hash: TokenHash,
    pub scopes: Scopes,
    pub created_at: Timestamp,
    pub revoked_at: Option<Timestamp>,
}

impl Tx<'_> {
    /// Keeps a new token; nothing where one of that name may still call.
    pub fn insert_token(
        &mut self,
        (name, hash): (&TokenName, TokenHash),
        scopes: &Scopes,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let written = self
            .connection()
            .prepare_cached(
                "INSERT INTO tokens (name, hash, scopes, created_at) VALUES (?, ?, ?, ?)
                 ON CONFLICT (name) WHERE revoked_at IS NULL DO NOTHING",
            )?
            .execute((name.as_str(), hash.0, scopes.to_string(), now))?;
        Ok(written > 0)
    }

    /// From now on the token may no more; false where there is none of that name.
    pub fn revoke_token(&mut self, name: &TokenName, now: Timestamp) -> Result<bool, StoreError> {
        let revoked = self
            .connection()
            .prepare_cached("UPDATE tokens SET revoked_at = ? WHERE name = ? AND revoked_at IS NULL")?
            .execute((now, name.as_str()))?;
        self.connection()
            .prepare_cached(
                "DELETE FROM tokens WHERE tokenid IN (SELECT tokenid FROM tokens WHERE revoked_at IS NOT NULL
                 ORDER BY revoked_at DESC, tokenid DESC LIMIT -1 OFFSET ?)",
            )?
            .execute([REVOKED_KEPT])?;
        Ok(revoked > 0)
    }
}

impl Reader<'_> {
    /// All tokens, in the order of their making.
    pub fn tokens(&self) -> Result<Vec<TokenRow>, StoreError> {
        let mut select = self
            .connection
            .prepare_cached("SELECT name, hash, scopes, created_at, revoked_at FROM tokens ORDER BY tokenid")?;
        let rows = select.query_map([], |row| {
            let (name, scopes): (String, String) = (row.get(0)?, row.get(2)?);
            let (hash, created_at, revoked_at) = (TokenHash(row.get(1)?), row.get(3)?, row.get(4)?);
            Ok((name, hash, scopes, created_at, revoked_at))
        })?;
        rows.map(|row| {
            let (name, hash, scopes, created_at, revoked_at) = row?;
            Ok(TokenRow { name: read(&name)?, hash, scopes: read(&scopes)?, created_at, revoked_at })
        })
        .collect()
    }
}

fn read<T: FromStr<Err: Display>>(text: &str) -> Result<T, StoreError> {
    text.parse().map_err(|error: T::Err| StoreError::Corrupt { what: "a token", reason: error.to_string() })
}
