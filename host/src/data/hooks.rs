//! What change hooks tell: their changes, all or none.

use super::updates::AddChange;
use super::updates::Update;
use super::updates::UpdateError;
use crate::model::NewHookChange;
use crate::model::Timestamp;
use crate::store::Tx;

/// Adds the changes in their order, and says how many there are.
pub fn add_changes(tx: &mut Tx<'_>, now: Timestamp, changes: Vec<NewHookChange>) -> Result<usize, UpdateError> {
    let count = changes.len();
    for change in changes {
        Update::AddChange(AddChange::from(change)).apply(tx, now)?;
    }
    Ok(count)
}
