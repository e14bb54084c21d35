//! Answers, as JSON text in Buildbot's envelope.

use super::super::DataError;
use bytes::Bytes;
use std::io::Write;

/// What a question is answered with.
#[derive(Clone, Debug)]
pub enum Answer {
    Resources(Resources),
    /// Bytes that are no JSON, and by which name they may be kept.
    Bytes {
        content: Vec<u8>,
        name: String,
    },
}

/// Resources of one kind in their envelope.
#[derive(Clone, Debug)]
pub struct Resources {
    text: Vec<u8>,
    /// Where the text begins.
    start: usize,
}

/// Room in front of the items for what stands there of the envelope: it holds their number, which is known at the end.
const HEAD_BYTES: usize = 96;

/// Enough for the usual answer.
const USUAL_BYTES: usize = 4096;

impl Resources {
    /// The start of an answer; items come behind it.
    pub(super) fn begin() -> Vec<u8> {
        let mut text = Vec::with_capacity(USUAL_BYTES);
        text.resize(HEAD_BYTES, b' ');
        text
    }

    /// Puts the envelope around the items that follow the start: `{"steps": […], "meta": {"total": 3}}`, in the order
    /// of the alphabet. `total` is how many there are in all, absent where one was asked for.
    pub(super) fn close(mut text: Vec<u8>, plural: &str, total: Option<i64>) -> Self {
        let total = total.map_or_else(String::new, |total| format!("\"total\":{total}"));
        let (head, tail) = if plural < "meta" {
            (format!("{{\"{plural}\":["), format!("],\"meta\":{{{total}}}}}"))
        } else {
            (format!("{{\"meta\":{{{total}}},\"{plural}\":["), "]}".to_owned())
        };
        let start = HEAD_BYTES.checked_sub(head.len()).expect("the names of resources are short");
        let mut room = text.get_mut(start..).unwrap_or_default();
        room.write_all(head.as_bytes()).expect("there is room in front of the items");
        text.extend_from_slice(tail.as_bytes());
        Self { text, start }
    }

    /// The whole answer, compact.
    pub fn into_bytes(self) -> Bytes {
        Bytes::from(self.text).slice(self.start..)
    }

    /// The whole answer as text.
    pub(in crate::data) fn into_text(mut self) -> Result<String, DataError> {
        self.text.drain(..self.start);
        String::from_utf8(self.text).map_err(|error| {
            let reason = error.to_string();
            crate::store::StoreError::Corrupt { what: "a field of a resource", reason }.into()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_of_the_envelope_are_sorted() {
        let check = |plural: &str, total: Option<i64>, expected: &str| {
            let mut text = Resources::begin();
            text.extend_from_slice(b"1,2");
            assert_eq!(Resources::close(text, plural, total).into_text().expect("text"), expected);
        };
        check("builds", Some(7), r#"{"builds":[1,2],"meta":{"total":7}}"#);
        check("steps", Some(i64::MAX), r#"{"meta":{"total":9223372036854775807},"steps":[1,2]}"#);
        check("_properties", None, r#"{"_properties":[1,2],"meta":{}}"#);
        check("forceschedulers", None, r#"{"forceschedulers":[1,2],"meta":{}}"#);
    }
}
