//! Text with something filled in: Buildbot's `Interpolate`.
//!
//! `%(prop:name)s` is a property, `%(src:codebase:revision)s` an attribute of a source stamp, `%(kw:name)s` a
//! keyword that stands next to the text, `%(secret:name)s` a secret, which stays a reference. Behind the name may
//! stand what else is to be said: `:-other` where it is missing, `:~other` where it is missing or empty, `:+text`
//! where it is there, `:?|text|other` and `:#?|text|other` for both. `%%` is a percent sign.
//!
//! Not here: the value of a secret, which no plugin ever sees.

mod fill;
mod parse;
mod setting;

pub use fill::Sources;
pub use setting::Renderable;

use std::collections::BTreeMap;

/// A text that is read, with what is to be filled in.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Interpolate {
    pieces: Vec<Piece>,
    /// What `%(kw:…)s` stands for.
    keywords: BTreeMap<String, Interpolate>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Text(String),
    Secret(String),
    Lookup(Lookup),
}

/// Something that may be there or not, and what is said in either case.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Lookup {
    from: Selector,
    name: String,
    /// Whether what Python takes for false counts as missing.
    empty_is_missing: bool,
    /// Said where it is there; `None`: itself.
    there: Option<Vec<Piece>>,
    missing: Vec<Piece>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Selector {
    Property,
    /// Of the source stamp of this codebase.
    Source(String),
    Keyword,
}

/// What `%(src:codebase:…)s` knows.
const ATTRIBUTES: [&str; 5] = ["branch", "revision", "repository", "project", "codebase"];
