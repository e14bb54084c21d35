//! Text from outside, before it is said: nobody puts a line, a colour or a command of the protocol into what the bot says.

/// The most that a reply repeats of what was said, in characters.
const MOST_REPEATED: usize = 200;

/// One line without control characters, and without those that turn the direction of writing.
pub(crate) fn plain(text: &str) -> String {
    let text: String = text.chars().map(|char| if is_harmless(char) { char } else { ' ' }).collect();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The beginning of what somebody wrote, to be repeated in an answer.
pub(crate) fn repeated(text: &str) -> String {
    clipped(&plain(text), MOST_REPEATED)
}

/// At most so many characters; what is longer ends in an ellipsis.
pub(crate) fn clipped(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        None => text.to_owned(),
        Some((at, _)) => format!("{}…", &text[..at]),
    }
}

pub(crate) fn is_harmless(char: char) -> bool {
    let turns = matches!(char, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    !char.is_control() && !turns && !matches!(char, '\u{2028}' | '\u{2029}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_but_text_is_left() {
        assert_eq!(plain("  failed\r\nQUIT :bye \u{3}4red\u{2028}x\u{202e}y\u{7f}\u{9b}"), "failed QUIT :bye 4red x y");
        assert_eq!(plain("größer 😀"), "größer 😀");
        assert_eq!(clipped("größer", 3), "grö…");
        assert_eq!(repeated(&"x".repeat(900)).chars().count(), 201);
    }
}
