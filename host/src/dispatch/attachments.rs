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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::updates::MASTER;
    use crate::data::updates::Update;
    use crate::model::LogId;
    use crate::model::Timestamp;
    use crate::store::Options;
    use serde_json::Value;
    use serde_json::json;

    async fn update(store: &Store, method: &str, params: Value) {
        let update = Update::parse(method, &params.to_string()).unwrap();
        store.write(move |tx| update.apply(tx, Timestamp(0))).await.unwrap();
    }

    async fn attached(store: &Store, left: usize) -> String {
        let content = Content::Log(LogId(1));
        let attachment = Attachment { filename: String::new(), content_type: String::new(), content };
        let read = move |reader: &Reader<'_>| super::content(reader, &attachment, &mut { left });
        String::from_utf8(store.read(read).await.unwrap()).unwrap()
    }

    #[tokio::test]
    async fn a_log_is_attached_without_its_streams_however_it_is_stored() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&Options::new(folder.path().join("a.db"))).unwrap();
        store.write(|tx| tx.put_master(MASTER, "master", Timestamp(0))).await.unwrap();
        update(&store, "findBuilderId", json!({"name": "linux"})).await;
        update(&store, "addBuildset", json!({"waited_for": false, "builderids": [1]})).await;
        update(&store, "addBuild", json!({"builderid": 1, "buildrequestid": 1})).await;
        update(&store, "addStep", json!({"buildid": 1, "name": "compile"})).await;
        update(&store, "addLog", json!({"stepid": 1, "name": "stdio", "type": "s"})).await;
        let lines: String = (0..5_000).map(|n| format!("compiling part {n} of the whole\n")).collect();
        let marked: String = lines.lines().map(|line| format!("o{line}\n")).collect();
        update(&store, "appendLog", json!({"logid": 1, "content": marked})).await;
        update(&store, "appendLog", json!({"logid": 1, "content": "hdone\n"})).await;
        assert!(attached(&store, MOST_BYTES).await == format!("{lines}done\n"));
        let cut = attached(&store, 100_000).await;
        assert!(cut.starts_with(&lines[..100_000]) && cut.contains("(cut here"), "{}", &cut[99_990..]);
        store.close().await;
    }
}
