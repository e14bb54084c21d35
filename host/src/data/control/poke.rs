//! Change sources that are asked to look for changes now: an order for whoever runs them.

use super::UpdateError;
use super::acts;
use crate::model::*;
use crate::store::StoreError;
use crate::store::Tx;
use serde_json::json;
use thiserror::Error;

#[derive(Debug, Error)]
pub enum PokeError {
    /// Names that no change source has that may be asked.
    #[error("Could not find pollers: {}", .0.join(","))]
    Unknown(Vec<String>),
    #[error(transparent)]
    Update(#[from] UpdateError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Asks them, or none of them where one is not known.
pub fn poke(tx: &mut Tx<'_>, now: Timestamp, poke: &Poke) -> Result<(), PokeError> {
    let mut known = tx.changesource_names()?;
    if let Some(among) = &poke.among {
        known.retain(|(_, name)| among.contains(name));
    }
    let is_known = |name: &String| known.iter().any(|(_, known)| known == name);
    let mut unknown: Vec<String> = poke.pollers.iter().filter(|name| !is_known(name)).cloned().collect();
    unknown.dedup();
    if !unknown.is_empty() {
        return Err(PokeError::Unknown(unknown));
    }
    let asked = known.iter().filter(|(_, name)| poke.pollers.is_empty() || poke.pollers.contains(name));
    for (id, name) in asked {
        acts::tell(tx, now, format!("control/changesources/{id}/poll"), &json!({"name": name}))?;
    }
    Ok(())
}
