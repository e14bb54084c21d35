//! Texts escaped for where they stand.

use percent_encoding::AsciiSet;
use percent_encoding::NON_ALPHANUMERIC;
use percent_encoding::utf8_percent_encode;
use serde_json::Value;
use std::borrow::Cow;

/// All but what is unreserved in a URL.
const ESCAPED: AsciiSet = NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// As a part of a URL, or of a form.
pub fn url_escaped(text: &str) -> Cow<'_, str> {
    utf8_percent_encode(text, &ESCAPED).into()
}

/// As it stands between the quotes of a text of JSON.
pub fn json_escaped(text: &str) -> String {
    let quoted = Value::from(text).to_string();
    quoted[1..quoted.len() - 1].to_owned()
}
