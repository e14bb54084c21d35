//! Which headers a request may have that somebody else words.
//!
//! Pure rules. Not here: the values of secrets (`transport`), which are held against the same rules when they are put in.

use http::HeaderName;
use http::HeaderValue;

/// What belongs to the connection or to the host; names that begin with `proxy-` or `webhook-` too.
const OWN_HEADERS: [&str; 10] = [
    "host",
    "content-length",
    "transfer-encoding",
    "connection",
    "keep-alive",
    "te",
    "trailer",
    "upgrade",
    "expect",
    "http2-settings",
];

/// The name of a header that is not the host's to write.
pub fn http_header_name(text: &str) -> Result<HeaderName, String> {
    let name = HeaderName::from_bytes(text.as_bytes()).map_err(|_| format!("invalid header name {text:?}"))?;
    let is_own =
        OWN_HEADERS.contains(&name.as_str()) || ["proxy-", "webhook-"].iter().any(|p| name.as_str().starts_with(p));
    if is_own { Err(format!("the header {text:?} is the host's to write")) } else { Ok(name) }
}

/// A header's value; one may have a secret in it, so it is not to be shown by anything.
pub fn http_header_value(name: &str, text: &str) -> Result<HeaderValue, String> {
    let wrong = || format!("the header {name:?} has a control character in it: expected one line");
    if text.contains(char::is_control) {
        return Err(wrong());
    }
    let mut value = HeaderValue::from_bytes(text.as_bytes()).map_err(|_| wrong())?;
    value.set_sensitive(true);
    Ok(value)
}
