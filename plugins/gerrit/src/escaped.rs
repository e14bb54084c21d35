//! Texts as they stand in Gerrit's JSON: it escapes what HTML might mistake, besides what JSON wants escaped.

/// The end of the text, escaped, in at most so many bytes.
pub(crate) fn tail(text: &str, bytes: usize) -> String {
    let mut left = bytes;
    let mut pieces: Vec<String> = Vec::new();
    for char in text.chars().rev() {
        let piece = escaped(char);
        if piece.len() > left {
            break;
        }
        left -= piece.len();
        pieces.push(piece);
    }
    pieces.reverse();
    pieces.concat()
}

fn escaped(char: char) -> String {
    match char {
        '"' => String::from("\\\""),
        '\\' => String::from("\\\\"),
        '\t' => String::from("\\t"),
        '\u{8}' => String::from("\\b"),
        '\n' => String::from("\\n"),
        '\r' => String::from("\\r"),
        '\u{c}' => String::from("\\f"),
        '<' | '>' | '&' | '=' | '\'' | '\u{2028}' | '\u{2029}' | '\0'..='\u{1f}' => {
            format!("\\u{:04x}", u32::from(char))
        }
        _ => char.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_gerrit_writes_it() {
        let text = "Builder ü \"a\\b\"\n\n<x>&'y' = 1\u{1}";
        let expected = "Builder ü \\\"a\\\\b\\\"\\n\\n\\u003cx\\u003e\\u0026\\u0027y\\u0027 \\u003d 1\\u0001";
        assert_eq!(tail(text, 1_000), expected);
    }

    #[test]
    fn only_the_end_of_a_long_one_and_no_half_signs() {
        assert_eq!(tail("abcdef", 3), "def");
        assert_eq!(tail("a=b", 6), "b");
        assert_eq!(tail("aü", 1), "");
    }
}
