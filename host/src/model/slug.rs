//! Buildbot's identifiers, and names made into one: letters, digits, `_`, `-` and `.`, no digit and no dot in front.

/// Whether `text` is an identifier of at most `longest` characters.
pub fn is_identifier(text: &str, longest: usize) -> bool {
    let mut chars = text.chars();
    chars.next().is_some_and(|c| legal(c) && !needs_company(c)) && chars.all(legal) && text.len() <= longest
}

/// An identifier that looks like `name`, of at most `longest` characters.
pub fn slug_of(name: &str, longest: usize) -> String {
    let mut slug: String = name.chars().take(longest).map(|c| if legal(c) { c } else { '_' }).collect();
    if slug.chars().next().is_none_or(needs_company) {
        slug.replace_range(..slug.len().min(1), "_");
    }
    slug
}

/// `slug` with `_number` behind it, cut so that the whole has at most `longest` characters.
pub fn numbered_slug(slug: &str, number: u32, longest: usize) -> String {
    let suffix = format!("_{number}");
    let kept: String = slug.chars().take(longest.saturating_sub(suffix.len())).collect();
    kept + &suffix
}

fn legal(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.')
}

/// What may not stand in front.
fn needs_company(c: char) -> bool {
    c.is_ascii_digit() || c == '.'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_identifiers() {
        let check = |name: &str, slug: &str| {
            assert_eq!(slug_of(name, 12), slug);
            assert!(is_identifier(&slug_of(name, 12), 12), "{slug}");
        };
        check("belfry", "belfry");
        check("Belfry 2.0/x", "Belfry_2.0_x");
        check("größe", "gr__e");
        check("7up", "_up");
        check(".x", "_x");
        check("", "_");
        check("a-very-long-name", "a-very-long-");
        assert_eq!(numbered_slug("a-very-long-", 12, 12), "a-very-lo_12");
        assert_eq!(numbered_slug("comp", 1, 50), "comp_1");
        assert_eq!(numbered_slug(&"ä".repeat(50), 1, 50), "ä".repeat(48) + "_1");
    }

    #[test]
    fn what_is_no_identifier() {
        assert!(!["", "7up", ".x", "a b", "ä", "abc"].into_iter().any(|text| is_identifier(text, 2)));
        assert!(is_identifier("-.", 2));
    }
}
