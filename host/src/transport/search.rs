//! What the answer to a question is searched for while it goes by, piece after piece.
//!
//! Not here: what an answer means that is no success, or was not read to its end (`http_answer`).

use crate::model::Marker;
use crate::model::Probe;
use memchr::memmem;

/// The longest string of JSON that is looked at, as it stands in the answer.
const MAX_STRING_BYTES: usize = 128 * 1024;

/// A search, and what it found so far.
#[derive(Debug)]
pub(super) struct Search {
    marker: Sought,
    /// What no whole answer is without.
    whole: Option<Letters>,
}

/// What an answer has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Seen {
    /// The marker.
    Marker,
    /// No marker, though it may be whole.
    None,
    /// Neither the marker nor what every whole answer has.
    Nothing,
}

#[derive(Debug)]
enum Sought {
    Letters(Letters),
    JsonString(JsonString),
}

#[derive(Debug)]
struct Letters {
    letters: Vec<u8>,
    /// The end of what went by, which may be their beginning.
    tail: Vec<u8>,
    found: bool,
}

#[derive(Debug)]
struct JsonString {
    begins: String,
    ends: String,
    /// The string that goes by, from its first quote on; empty between strings.
    text: Vec<u8>,
    /// The next sign stands for itself.
    escaped: bool,
    found: bool,
}

impl Search {
    pub(super) fn of(probe: &Probe) -> Self {
        let marker = match &probe.marker {
            Marker::Letters(letters) => Sought::Letters(Letters::new(letters)),
            Marker::JsonString { begins, ends } => Sought::JsonString(JsonString::new(begins, ends)),
        };
        Self { marker, whole: probe.whole.as_deref().map(Letters::new) }
    }

    pub(super) fn look_at(&mut self, piece: &[u8]) {
        match &mut self.marker {
            Sought::Letters(letters) => letters.look_at(piece),
            Sought::JsonString(string) => string.look_at(piece),
        }
        if let Some(whole) = &mut self.whole {
            whole.look_at(piece);
        }
    }

    pub(super) fn seen(&self) -> Seen {
        let found = match &self.marker {
            Sought::Letters(letters) => letters.found,
            Sought::JsonString(string) => string.found,
        };
        match found {
            true => Seen::Marker,
            false if self.whole.as_ref().is_none_or(|whole| whole.found) => Seen::None,
            false => Seen::Nothing,
        }
    }
}

impl Letters {
    fn new(letters: &str) -> Self {
        Self { letters: letters.into(), tail: Vec::new(), found: false }
    }

    fn look_at(&mut self, piece: &[u8]) {
        if self.found {
            return;
        }
        self.tail.extend_from_slice(piece);
        self.found = memmem::find(&self.tail, &self.letters).is_some();
        let gone = (self.tail.len() + 1).saturating_sub(self.letters.len());
        self.tail.drain(..gone);
    }
}

impl JsonString {
    fn new(begins: &str, ends: &str) -> Self {
        Self { begins: begins.to_owned(), ends: ends.to_owned(), text: Vec::new(), escaped: false, found: false }
    }

    fn look_at(&mut self, piece: &[u8]) {
        for &byte in piece {
            match byte {
                // No string goes over a line, so whatever was no JSON ends here.
                b'\n' => self.forget(),
                b'"' if self.text.is_empty() => self.text.push(byte),
                _ if self.text.is_empty() => {}
                b'"' if !self.escaped => {
                    self.keep(byte);
                    self.found |= self.is_it();
                    self.forget();
                }
                _ => {
                    self.escaped = byte == b'\\' && !self.escaped;
                    self.keep(byte);
                }
            }
        }
    }

    fn keep(&mut self, byte: u8) {
        // Of a longer one there is no end, so it reads as none.
        if self.text.len() < MAX_STRING_BYTES {
            self.text.push(byte);
        }
    }

    fn forget(&mut self) {
        self.text.clear();
        self.escaped = false;
    }

    fn is_it(&self) -> bool {
        let text = serde_json::from_slice::<String>(&self.text);
        text.is_ok_and(|text| text.starts_with(&self.begins) && text.ends_with(&self.ends))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::HttpRequest;
    use crate::model::Message;
    use crate::model::Text;

    fn search(marker: Marker, whole: Option<&str>, pieces: &[&str]) -> Seen {
        let ask = Message::Http(HttpRequest::new("GET", Text::literal("https://example.org/")));
        let mut search = Search::of(&Probe { ask, marker, whole: whole.map(str::to_owned) });
        pieces.iter().for_each(|piece| search.look_at(piece.as_bytes()));
        search.seen()
    }

    fn letters(pieces: &[&str]) -> Seen {
        search(Marker::Letters("mark:7".into()), None, pieces)
    }

    #[test]
    fn letters_are_found_wherever_they_stand() {
        assert_eq!(letters(&["a mark:7 b"]), Seen::Marker);
        assert_eq!(letters(&[&"x".repeat(200_000), "ma", "r", "k:", "7"]), Seen::Marker);
        assert_eq!(letters(&["ma", "mark:", "8"]), Seen::None);
        assert_eq!(letters(&[]), Seen::None);
    }

    #[test]
    fn an_answer_without_what_every_whole_one_has_says_nothing() {
        let seen = |pieces: &[&str]| search(Marker::Letters("mark:7".into()), Some(r#""type":"stats""#), pieces);
        assert_eq!(seen(&[r#"{"type":"error","message":"no"}"#]), Seen::Nothing);
        assert_eq!(seen(&["{\"x\":1}\n{\"type\":", "\"stats\"}"]), Seen::None);
        assert_eq!(seen(&["mark:7"]), Seen::Marker);
    }

    #[track_caller]
    fn strings(pieces: &[&str], expected: Seen) {
        let marker = Marker::JsonString { begins: "Patch Set 2:".into(), ends: "\n\nit's <OK> ü".into() };
        assert_eq!(search(marker, None, pieces), expected, "{pieces:?}");
    }

    #[test]
    fn a_string_is_found_by_its_ends_however_it_is_escaped() {
        strings(&[r#"{"message":"Patch Set 2: Verified-1\n\nit's <OK> ü"}"#], Seen::Marker);
        strings(&[r#"{"a":"\"", "message":"Patch Set 2:\n\nit\u0027s \u003cOK\u003e \u00fc"}"#], Seen::Marker);
        strings(&[r#"["Patch "#, r#"Set 2: \"x\" \"#, r#"\\n"#, r#"\n\nit's <OK> ü""#], Seen::Marker);
        strings(&["log: \"half\n{\"m\":\"Patch Set 2:\\n\\nit's <OK> ü\"}"], Seen::Marker);
    }

    #[test]
    fn both_ends_are_of_one_string() {
        strings(&[r#"["Patch Set 1: Verified-1\n\nit's <OK> ü"]"#], Seen::None);
        strings(&[r#"["Patch Set 2:", "Patch Set 3:\n\nit's <OK> ü"]"#], Seen::None);
        strings(&[r#"["Patch Set 2:\n\nit's <OK> ü and more"]"#], Seen::None);
        strings(&[r#"["Patch Set 2:\n\nit's <OK> ü"#], Seen::None);
        strings(&["[\"Patch Set 2:", &"x".repeat(MAX_STRING_BYTES), r#"\n\nit's <OK> ü"]"#], Seen::None);
    }
}
