//! Texts for forges that take only so much.

/// The text, cut where it is longer than so many characters; then it ends in an ellipsis.
#[must_use]
pub fn shortened(text: &str, longest: usize) -> String {
    let text = text.trim();
    if text.chars().count() <= longest {
        return text.to_owned();
    }
    let kept: String = text.chars().take(longest.saturating_sub(1)).collect();
    format!("{}…", kept.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        assert_eq!(shortened(text, 6), expected);
    }

    #[test]
    fn no_longer_than_it_may_be() {
        check(" äbcdef\n", "äbcdef");
        check("äbcdefg", "äbcde…");
        check("abcd efg", "abcd…");
        check("", "");
    }
}
