//! Names that stand in paths: identifiers, step names made unique, and log slugs.

/// The longest step name and log slug, in characters.
const LONGEST: usize = 50;

/// `name` with `_number` behind it, cut so that the whole has at most 50 characters.
pub fn numbered_name(name: &str, number: u32) -> String {
    let suffix = format!("_{number}");
    let kept: String = name.chars().take(LONGEST - suffix.len()).collect();
    kept + &suffix
}

/// The number with which [`numbered_name`] makes `name` out of `asked`, if it does.
pub fn number_in_name(asked: &str, name: &str) -> Option<u32> {
    let (kept, digits) = name.rsplit_once('_')?;
    let number = digits.parse().ok().filter(|_| !digits.starts_with(['0', '+']))?;
    let room = LONGEST.checked_sub(digits.len() + 1)?;
    let cut = asked.char_indices().nth(room).and_then(|(at, _)| asked.get(..at)).unwrap_or(asked);
    (kept == cut).then_some(number)
}

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

/// The slug to try when `slug` is taken: `stdio`, `stdio_2`, `stdio_3`, …
pub fn next_slug(slug: &str) -> String {
    let numbered = slug.rsplit_once('_').and_then(|(base, n)| Some((base, n.parse::<u32>().ok()?.checked_add(1)?)));
    match numbered {
        Some((base, next)) => numbered_name(base, next),
        None => numbered_name(slug, 2),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn step_names_keep_fifty_characters() {
        assert_eq!(numbered_name("comp", 1), "comp_1");
        assert_eq!(numbered_name(&"x".repeat(50), 1), "x".repeat(48) + "_1");
        for (asked, number) in [("comp", 1), ("comp_1", 12), (&"ä".repeat(50), 1), (&"x".repeat(47), 123)] {
            assert_eq!(number_in_name(asked, &numbered_name(asked, number)), Some(number), "{asked} {number}");
        }
        for other in ["comp", "comp_", "comp_01", "comp_+1", "comp_1_1", "compile_1", "com_1"] {
            assert_eq!(number_in_name("comp", other), None, "{other}");
        }
    }

    #[test]
    fn slugs() {
        let check = |name: &str, slug: &str| assert_eq!(log_slug(name), slug);
        check("stdio", "stdio");
        check("a b/c.txt", "a_b_c_txt");
        check("1st", "_st");
        check("", "_");
        check("größe", "größe");
        assert_eq!(next_slug("stdio"), "stdio_2");
        assert_eq!(next_slug("stdio_2"), "stdio_3");
        assert_eq!(next_slug("x_4294967295"), "x_4294967295_2");
    }

    #[test]
    fn names_of_workers() {
        assert!(["worker-1", "wörker", "_x"].into_iter().all(is_path_name));
        assert!(!["", "7up", "a.b", "a b", "a/b"].into_iter().any(is_path_name));
        assert!(!is_path_name(&"x".repeat(51)));
    }
}
