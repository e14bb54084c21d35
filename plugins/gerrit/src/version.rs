//! Gerrit's version, as far as it decides what a command looks like.

use serde::Deserialize;
use serde::Serialize;

/// Its first two numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Version(u32, u32);

/// What stands before the version in the answer.
const SAYS: &str = "gerrit version ";

impl Version {
    /// In the answer to `gerrit version`. One without numbers was built by hand, of what was new then.
    pub(crate) fn in_answer(answer: &str) -> Option<Self> {
        let version = answer.lines().find_map(|line| line.trim().strip_prefix(SAYS))?;
        let mut numbers = version.trim().trim_start_matches('v').split(['.', '-']);
        let mut number = || numbers.next().and_then(|number| number.parse().ok());
        let Some(major) = number() else { return Some(Self(u32::MAX, 0)) };
        Some(Self(major, number().unwrap_or(0)))
    }

    /// Whether any label can be voted on; before there were two, with options of their own.
    pub(crate) fn has_labels(self) -> bool {
        self >= Self(2, 6)
    }

    /// Whether a review can be marked as a machine's.
    pub(crate) fn has_tags(self) -> bool {
        self >= Self(2, 13)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_as_gerrit_writes_them() {
        let check = |answer: &str, expected: Option<(u32, u32)>| {
            assert_eq!(Version::in_answer(answer).map(|version| (version.0, version.1)), expected, "{answer:?}");
        };
        check("gerrit version 2.13.1\n", Some((2, 13)));
        check("gerrit version 3.9.1-18-gdeadbee\r\n", Some((3, 9)));
        check("gerrit version v2.5-rc0", Some((2, 5)));
        check("gerrit version 4", Some((4, 0)));
        check("motd\ngerrit version 2.10.7\n", Some((2, 10)));
        check("gerrit version (dev)", Some((u32::MAX, 0)));
        check("bash: gerrit: command not found", None);
        check("", None);
    }

    #[test]
    fn what_follows_from_it() {
        let version = |text: &str| Version::in_answer(&format!("gerrit version {text}")).expect("a version");
        let can = |text: &str| (version(text).has_labels(), version(text).has_tags());
        assert_eq!(can("2.5.4"), (false, false));
        assert_eq!(can("2.6"), (true, false));
        assert_eq!(can("2.12.9"), (true, false));
        assert_eq!(can("2.13"), (true, true));
        assert_eq!(can("3.0"), (true, true));
        assert_eq!(can("(dev)"), (true, true));
    }
}
