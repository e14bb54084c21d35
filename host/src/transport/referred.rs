//! What attachments refer to: read by who has the store, piece by piece while the mail goes out.

use crate::model::Content;
use futures_util::FutureExt;
use futures_util::StreamExt;
use futures_util::future::BoxFuture;
use futures_util::stream;
use futures_util::stream::BoxStream;
use std::fmt;

/// Not more of it than a piece is ever held.
pub trait Referred: Sync {
    /// How many bytes it has, about.
    fn size<'s>(&'s self, content: &'s Content) -> BoxFuture<'s, Result<u64, String>>;

    /// The bytes; where it has more than `most`, a part of them that says so, and is not longer than that.
    fn pieces<'s>(&'s self, content: &'s Content, most: u64) -> BoxStream<'s, Result<Vec<u8>, String>>;
}

impl fmt::Debug for dyn Referred + '_ {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Referred")
    }
}

/// Nothing is there to be referred to.
impl Referred for () {
    fn size<'s>(&'s self, _: &'s Content) -> BoxFuture<'s, Result<u64, String>> {
        std::future::ready(Ok(0)).boxed()
    }

    fn pieces<'s>(&'s self, _: &'s Content, _: u64) -> BoxStream<'s, Result<Vec<u8>, String>> {
        stream::empty().boxed()
    }
}
