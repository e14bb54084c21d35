//! Topics and the patterns that select them.
//!
//! A topic is a path such as `builds/7/finished`. A pattern has the same number of parts, of which `*` matches any
//! one (Buildbot's bus has no wildcard over several parts).

use std::fmt;
use thiserror::Error;

/// What a subscriber asks for, such as `builds/*/finished`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern(Box<[Option<Box<str>>]>);

/// A text that is no pattern.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("invalid topic pattern {0:?}: expected parts divided by '/', none of them empty, such as builds/*/finished")]
pub struct PatternError(pub String);

impl Pattern {
    /// Reads a pattern such as `builds/*/finished`.
    pub fn parse(text: &str) -> Result<Self, PatternError> {
        if text.split('/').any(str::is_empty) {
            return Err(PatternError(text.to_owned()));
        }
        Ok(Self(text.split('/').map(|part| (part != "*").then(|| part.into())).collect()))
    }

    /// Whether `topic` is one of those that this pattern stands for.
    pub fn matches(&self, topic: &str) -> bool {
        let mut parts = topic.split('/');
        let all = self.0.iter().all(|wanted| match (wanted, parts.next()) {
            (_, None) => false,
            (None, Some(_)) => true,
            (Some(wanted), Some(part)) => wanted.as_ref() == part,
        });
        all && parts.next().is_none()
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, part) in self.0.iter().enumerate() {
            let slash = if index > 0 { "/" } else { "" };
            write!(f, "{slash}{}", part.as_deref().unwrap_or("*"))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_star_is_one_part() {
        let check = |pattern: &str, topic: &str, expected: bool| {
            let pattern = Pattern::parse(pattern).expect("a pattern");
            assert_eq!(pattern.matches(topic), expected, "{pattern:?} {topic}");
        };
        check("builds/*/finished", "builds/7/finished", true);
        check("builds/*/finished", "builds/7/new", false);
        check("builds/*/finished", "builds/7/steps/finished", false);
        check("builds/7/finished", "builds/7/finished", true);
        check("builds/*", "builds/7/finished", false);
        check("*/*/*", "builds/7/finished", true);
    }

    #[test]
    fn empty_parts_are_refused() {
        for text in ["", "/builds", "builds//new", "builds/"] {
            assert_eq!(Pattern::parse(text), Err(PatternError(text.to_owned())));
        }
    }
}
