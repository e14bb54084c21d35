//! Users: found or made by the author of a change, as their version control writes it.

use super::UpdateError;
use crate::model::*;
use crate::store::Tx;
use crate::store::UserAttribute;

/// The kinds of version control whose authors are users; the changes of others have none, as Buildbot has it.
const KINDS: [&str; 7] = ["git", "svn", "hg", "cvs", "darcs", "bzr", "fossil"];

/// Notes that a change is its author's.
pub(super) fn link(tx: &mut Tx<'_>, change: ChangeId, src: &str, author: &str) -> Result<(), UpdateError> {
    let Some(kind) = KINDS.iter().find(|kind| **kind == src).filter(|_| !author.is_empty()) else { return Ok(()) };
    let attribute = UserAttribute { attr_type: kind, attr_data: author };
    let user = match tx.user_by_attribute(attribute)? {
        Some(user) => user,
        None => {
            let identifier = free_identifier(tx, author)?;
            tx.insert_user(&identifier, attribute)?
        }
    };
    Ok(tx.link_change_user(change, user)?)
}

/// The author's name; numbered when somebody of another version control has it.
fn free_identifier(tx: &Tx<'_>, author: &str) -> Result<String, UpdateError> {
    let (mut identifier, mut number) = (author.to_owned(), 1);
    while tx.has_user(&identifier)? {
        number += 1;
        identifier = format!("{author}_{number}");
    }
    Ok(identifier)
}
