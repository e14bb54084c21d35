//! What is at the bottom of an error of a library: its upper layers only say that something went wrong.

use std::error::Error;
use std::iter::successors;

/// The error and whatever caused it, from the outside in.
pub(super) fn chain<'e>(error: &'e (dyn Error + 'static)) -> impl Iterator<Item = &'e (dyn Error + 'static)> {
    successors(Some(error), |&error| error.source())
}

pub(super) fn root<'e>(error: &'e (dyn Error + 'static)) -> &'e (dyn Error + 'static) {
    chain(error).last().unwrap_or(error)
}
