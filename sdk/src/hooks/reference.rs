//! References of Git.

/// What a reference names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reference<'a> {
    /// `refs/heads/…`
    Branch(&'a str),
    /// `refs/tags/…`
    Tag(&'a str),
}

impl<'a> Reference<'a> {
    /// A branch or a tag; nothing where it names neither.
    #[must_use]
    pub fn of(reference: &'a str) -> Option<Self> {
        let branch = reference.strip_prefix("refs/heads/").map(Self::Branch);
        let found = branch.or_else(|| reference.strip_prefix("refs/tags/").map(Self::Tag))?;
        (!found.name().is_empty()).then_some(found)
    }

    /// Without what kind it is.
    #[must_use]
    pub fn name(self) -> &'a str {
        match self {
            Self::Branch(name) | Self::Tag(name) => name,
        }
    }
}

/// Whether it is the revision of what is not there: zeros only.
#[must_use]
pub fn is_zero(revision: &str) -> bool {
    !revision.is_empty() && revision.bytes().all(|byte| byte == b'0')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn branches_and_tags() {
        assert_eq!(Reference::of("refs/heads/feature/bells"), Some(Reference::Branch("feature/bells")));
        assert_eq!(Reference::of("refs/tags/v1"), Some(Reference::Tag("v1")));
        for other in ["refs/heads/", "refs/notes/x", "main", ""] {
            assert_eq!(Reference::of(other), None, "{other}");
        }
        assert!(is_zero("0000000000000000000000000000000000000000") && !is_zero("") && !is_zero("00a"));
    }
}
