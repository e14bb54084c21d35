//! Name and address of the CI system, as reporters show them.

/// What `[server]` says of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Site {
    pub title: String,
    /// Ends in `/`.
    pub url: String,
}
