//! A piece of a URL's path.

use std::fmt::Write;

/// The text as one segment of a URL's path: `o/r` becomes `o%2Fr`.
///
/// A segment of dots alone would be a way up; [`Repository`](super::Repository) and [`commit`](super::commit) have none.
#[must_use]
pub fn segment(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => encoded.push(char::from(byte)),
            // Writing into a string does not fail.
            _ => write!(encoded, "%{byte:02X}").unwrap_or_default(),
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_path_would_take_for_its_own_is_encoded() {
        assert_eq!(segment("o/r"), "o%2Fr");
        assert_eq!(segment("a.b-c_d~1"), "a.b-c_d~1");
        assert_eq!(segment("?#% ä"), "%3F%23%25%20%C3%A4");
    }
}
