//! The parts of paths, and which texts fit them.

/// One part between two slashes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    Word(&'static str),
    Key { name: &'static str, kind: KeyKind },
}

/// What may stand in place of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyKind {
    /// `n`: a whole number.
    Number,
    /// `i`: letters, digits, `_`, `-`, `.` and what lies beyond ASCII; no digit and no dot in front.
    Identifier,
    /// `s`
    Text,
}

/// The parts of `/builds/{buildid:n}/steps`.
pub(super) fn parts(pattern: &'static str) -> impl Iterator<Item = Part> {
    pattern.trim_start_matches('/').split('/').map(part)
}

fn part(text: &'static str) -> Part {
    let key = text.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
    let key = key.and_then(|key| key.split_once(':'));
    match key {
        Some((name, "n")) => Part::Key { name, kind: KeyKind::Number },
        Some((name, "i")) => Part::Key { name, kind: KeyKind::Identifier },
        Some((name, _)) => Part::Key { name, kind: KeyKind::Text },
        None => Part::Word(text),
    }
}

/// Whether the text can stand in place of an identifier. Slugs and names of workers may go beyond ASCII.
pub(super) fn is_identifier(text: &str) -> bool {
    let first = |c: char| c.is_ascii_alphabetic() || matches!(c, '_' | '-') || c >= '\u{a0}';
    let mut chars = text.chars();
    chars.next().is_some_and(first) && chars.all(|c| first(c) || c.is_ascii_digit() || c == '.')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_and_identifiers() {
        let found: Vec<Part> = parts("/builds/{buildid:n}/steps/{name:i}").collect();
        assert_eq!(found[1], Part::Key { name: "buildid", kind: KeyKind::Number });
        assert_eq!((found[2], found.len()), (Part::Word("steps"), 4));
        assert!(["stdio", "_x.y", "-", "größe", "a1"].into_iter().all(is_identifier));
        assert!(!["", "1a", ".a", "a b", "a/b", "a:b"].into_iter().any(is_identifier));
    }
}
