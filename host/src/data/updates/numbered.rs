//! Names that are made unique by a number behind them.

use super::UpdateError;
use crate::model::numbered_slug;
use crate::store::Names;
use crate::store::Tx;

/// What a number takes of a name, at most: `_` and ten digits.
const LONGEST_SUFFIX: usize = 11;

/// `stem` with the first number from `first` on with which it is free, cut to `longest` characters.
pub(super) fn free(
    tx: &mut Tx<'_>,
    names: Names,
    (stem, first): (&str, u32),
    longest: usize,
) -> Result<String, UpdateError> {
    let candidate = |number| numbered_slug(stem, number, longest);
    let mut number = match tx.free_number(names, &candidate(first)) {
        Some(number) => number,
        // Read once: a query for each candidate would be slow where a loop calls everything the same.
        None => {
            let beginning: String = stem.chars().take(longest - LONGEST_SUFFIX).collect();
            let taken = tx.names_like(names, &beginning)?;
            (first..).find(|number| !taken.contains(&candidate(*number))).unwrap_or(u32::MAX)
        }
    };
    while tx.has_name(names, &candidate(number))? {
        number += 1;
    }
    tx.remember_free_number((names, candidate(first)), number);
    Ok(candidate(number))
}
