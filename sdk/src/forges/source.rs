//! The commit that a source stamp names.

use crate::contract::SourceStamp;

/// A commit's id is no longer than this, in characters; SHA-256 takes 64.
const LONGEST: usize = 64;

/// The commit that a source stamp names.
///
/// # Errors
/// It names none, so there is nothing a status could belong to.
pub fn commit(stamp: &SourceStamp) -> Result<&str, String> {
    match stamp.revision.as_deref().map(str::trim) {
        None | Some("") => Err(format!("{} has no revision, so there is no commit to tell of", named(stamp))),
        Some(revision) => commit_id(revision),
    }
}

/// The text, if it can be a commit's id.
///
/// # Errors
/// It cannot.
pub fn commit_id(revision: &str) -> Result<&str, String> {
    let fits = !revision.is_empty() && revision.len() <= LONGEST && revision.bytes().all(|b| b.is_ascii_alphanumeric());
    if fits { Ok(revision) } else { Err(format!("the revision {revision:?} is no commit's id")) }
}

fn named(stamp: &SourceStamp) -> String {
    match stamp.codebase.as_str() {
        "" => String::from("the source stamp"),
        codebase => format!("the source stamp of the codebase {codebase:?}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(revision: Option<&str>, codebase: &str, expected: Result<&str, &str>) {
        let mut stamp = crate::testing::a_build("linux").report().buildset.source_stamps.remove(0);
        stamp.revision = revision.map(str::to_owned);
        codebase.clone_into(&mut stamp.codebase);
        assert_eq!(commit(&stamp), expected.map_err(str::to_owned));
    }

    #[test]
    fn a_commit_or_why_there_is_none() {
        check(Some("d34db33f"), "", Ok("d34db33f"));
        let none = "the source stamp has no revision, so there is no commit to tell of";
        check(None, "", Err(none));
        check(Some(" "), "", Err(none));
        check(
            None,
            "lib",
            Err("the source stamp of the codebase \"lib\" has no revision, so there is no commit to tell of"),
        );
        check(Some("../../x"), "", Err("the revision \"../../x\" is no commit's id"));
    }
}
