//! Attachments: bytes that came with the message, and logs and patches that the caller read.

use super::outcome::Sent;
use crate::model::Attachment;
use crate::model::Content;
use lettre::message::Body;
use lettre::message::SinglePart;
use lettre::message::header::ContentDisposition;
use lettre::message::header::ContentTransferEncoding;
use lettre::message::header::ContentType;

/// One part for each attachment; `contents` has what is not in the message, by the index of the attachment.
pub(super) fn attached(attachments: &[Attachment], contents: &[(usize, Vec<u8>)]) -> Result<Vec<SinglePart>, Sent> {
    let part = |(i, attachment): (usize, &Attachment)| {
        let bytes = match &attachment.content {
            Content::Bytes(bytes) => bytes,
            Content::Log(id) => read(i, contents).ok_or_else(|| missing(i, &format!("log {id}")))?,
            Content::Patch(id) => read(i, contents).ok_or_else(|| missing(i, &format!("patch {id}")))?,
        };
        Ok(SinglePart::builder()
            .header(ContentDisposition::attachment(&file_name(&attachment.filename)))
            .header(content_type(i, &attachment.content_type)?)
            .body(base64(bytes.clone())))
    };
    attachments.iter().enumerate().map(part).collect()
}

fn read(index: usize, contents: &[(usize, Vec<u8>)]) -> Option<&Vec<u8>> {
    contents.iter().find(|(i, _)| *i == index).map(|(_, bytes)| bytes)
}

fn missing(index: usize, what: &str) -> Sent {
    Sent::refused(format!("attachment {index}: {what} is not there any more"))
}

/// Always base64: a log arrives byte for byte.
fn base64(bytes: Vec<u8>) -> Body {
    Body::new_with_encoding(bytes, ContentTransferEncoding::Base64)
        .unwrap_or_else(|bytes| Body::dangerous_pre_encoded(bytes, ContentTransferEncoding::Binary))
}

fn content_type(index: usize, text: &str) -> Result<ContentType, Sent> {
    let wrong = || Sent::refused(format!("attachment {index}: invalid content type {text:?}: expected text/plain, …"));
    match text.contains(char::is_control) {
        true => Err(wrong()),
        false => ContentType::parse(text).map_err(|_| wrong()),
    }
}

/// No control characters, and no path.
fn file_name(text: &str) -> String {
    text.replace(|c: char| c.is_control() || matches!(c, '/' | '\\'), "_")
}
