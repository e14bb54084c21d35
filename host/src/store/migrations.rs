//! The numbered migrations. A database carries the number of its last one in `user_version`.

use super::StoreError;
use anyhow::Context;
use anyhow::bail;
use rusqlite::Connection;
use rusqlite::TransactionBehavior;

/// In order; the first has the number 1. A migration that was released is never changed.
const MIGRATIONS: &[&str] = &[include_str!("migrations/001_first.sql")];

/// Brings the database up to this version, each step in a transaction of its own.
pub(super) fn migrate(connection: &mut Connection) -> anyhow::Result<()> {
    let found: usize = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    if found > MIGRATIONS.len() {
        bail!(
            "the database has version {found}, this host knows versions up to {}: run the host that wrote it, or a newer one",
            MIGRATIONS.len()
        );
    }
    for (number, sql) in MIGRATIONS.iter().enumerate().skip(found) {
        apply(connection, number + 1, sql).with_context(|| format!("migration {}", number + 1))?;
    }
    Ok(())
}

/// That the database has this very version: who only reads cannot bring it up to one.
pub(super) fn check(connection: &Connection) -> anyhow::Result<()> {
    let found: usize = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    if found != MIGRATIONS.len() {
        bail!("the database has version {found}, this program reads version {}: start the host once", MIGRATIONS.len());
    }
    Ok(())
}

fn apply(connection: &mut Connection, number: usize, sql: &str) -> Result<(), StoreError> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    transaction.execute_batch(sql)?;
    transaction.pragma_update(None, "user_version", number)?;
    Ok(transaction.commit()?)
}
