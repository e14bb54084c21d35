//! What attachments refer to, read when the mail goes out.

use crate::model::Attachment;
use crate::model::Content;
use crate::model::LogKind;
use crate::model::Mail;
use crate::model::Message;
use crate::store::Reader;
use crate::store::Store;
use crate::store::StoreError;

/// Bytes of all attachments of a mail that are read from the store.
const MOST_BYTES: usize = 10 * 1024 * 1024;

/// The bytes of those attachments that are references, with their index.
pub(super) async fn read(store: &Store, message: &Message) -> Result<Vec<(usize, Vec<u8>)>, StoreError> {
    let Message::Mail(Mail { attachments, .. }) = message else { return Ok(Vec::new()) };
    let wanted: Vec<(usize, Attachment)> = attachments
        .iter()
        .enumerate()
        .filter(|(_, attachment)| !matches!(attachment.content, Content::Bytes(_)))
        .map(|(index, attachment)| (index, attachment.clone()))
        .collect();
    if wanted.is_empty() {
        return Ok(Vec::new());
    }
    store
        .read(move |reader| {
            let mut left = MOST_BYTES;
            wanted.iter().map(|(index, attachment)| Ok((*index, content(reader, attachment, &mut left)?))).collect()
        })
        .await
}

fn content(reader: &Reader<'_>, attachment: &Attachment, left: &mut usize) -> Result<Vec<u8>, StoreError> {
    let mut bytes = match attachment.content {
        Content::Bytes(_) => Vec::new(),
        Content::Patch(id) => match reader.patch_body(id)? {
            Some(body) => body,
            None => b"(this patch is gone)\n".to_vec(),
        },
        Content::Log(id) => match reader.log(id)? {
            None => b"(this log is gone)\n".to_vec(),
            Some(log) => {
                let mut text = Vec::new();
                reader.each_line(id, (0, i64::MAX), |line| {
                    // The first letter of a line of a stdio log is its stream.
                    let line = if log.kind == LogKind::Stdio { line.get(1..).unwrap_or(line) } else { line };
                    text.extend_from_slice(line.as_bytes());
                    text.push(b'\n');
                    text.len() <= *left
                })?;
                text
            }
        },
    };
    if bytes.len() > *left {
        bytes.truncate(*left);
        bytes.extend_from_slice(
            format!("\n(cut here: attachments of one mail have at most {MOST_BYTES} bytes)\n").as_bytes(),
        );
    }
    *left = left.saturating_sub(bytes.len());
    Ok(bytes)
}
