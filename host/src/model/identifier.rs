//! Names that stand in paths: identifiers, and log slugs.

/// The longest log slug, in characters.
const LONGEST: usize = 50;

/// Whether a name of at most 50 characters can stand in a path as it is: letters, digits, `_`, `-`, and whatever lies
/// beyond ASCII; no digit in front, no dot (Buildbot's identifiers of workers and log slugs).
pub fn is_path_name(name: &str) -> bool {
    let legal_first = |c: char| c.is_ascii_alphabetic() || matches!(c, '_' | '-') || c >= '\u{a0}';
    let legal = |c: char| legal_first(c) || c.is_ascii_digit();
    let mut chars = name.chars();
    chars.next().is_some_and(legal_first) && chars.all(legal) && name.chars().count() <= LONGEST
}

/// The slug of a log's name: the name itself when it can stand in a path, else made so.
pub fn log_slug(name: &str) -> String {
    if is_path_name(name) {
        return name.to_owned();
    }
    let ascii = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    let slug: String = name
        .chars()
        .take(LONGEST)
        .enumerate()
        .map(|(i, c)| if ascii(c) && !(i == 0 && c.is_ascii_digit()) { c } else { '_' })
        .collect();
    if slug.is_empty() { "_".to_owned() } else { slug }
}

/// The longest number that is told apart from a name, in digits.
const LONGEST_NUMBER: usize = 9;

/// A slug without the number behind it, and that number: 1 where there is none.
pub fn numbered_parts(slug: &str) -> (&str, u32) {
    let parts = slug.rsplit_once('_').filter(|(_, digits)| digits.len() <= LONGEST_NUMBER);
    parts.and_then(|(stem, digits)| Some((stem, digits.parse().ok()?))).unwrap_or((slug, 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slugs() {
        let check = |name: &str, slug: &str| assert_eq!(log_slug(name), slug);
        check("stdio", "stdio");
        check("a b/c.txt", "a_b_c_txt");
        check("1st", "_st");
        check("", "_");
        check("größe", "größe");
        assert_eq!(numbered_parts("stdio"), ("stdio", 1));
        assert_eq!(numbered_parts("stdio_2"), ("stdio", 2));
        assert_eq!(numbered_parts("x_999999999"), ("x", 999_999_999));
        assert_eq!(numbered_parts("x_4294967295"), ("x_4294967295", 1));
    }

    #[test]
    fn names_of_workers() {
        assert!(["worker-1", "wörker", "_x"].into_iter().all(is_path_name));
        assert!(!["", "7up", "a.b", "a b", "a/b"].into_iter().any(is_path_name));
        assert!(!is_path_name(&"x".repeat(51)));
    }
}
