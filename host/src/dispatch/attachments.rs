//! What attachments refer to, read from the store while the mail goes out.
//!
//! Of a log that is too long for a mail its beginning and its end are sent: what went wrong mostly stands at the end. It
//! says so in its first line, and where something is left out. No more than a piece of it is ever held in memory.

use crate::model::Content;
use crate::model::LogId;
use crate::model::LogKind;
use crate::model::PatchId;
use crate::store::Reader;
use crate::store::Store;
use crate::store::StoreError;
use crate::transport::Referred;
use futures_util::FutureExt;
use futures_util::StreamExt;
use futures_util::TryStreamExt;
use futures_util::future::BoxFuture;
use futures_util::stream;
use futures_util::stream::BoxStream;

/// Bytes of a log that are read together; a chunk at least.
const PIECE_BYTES: usize = 64 * 1024;

/// What is kept free for the words that say what is left out.
const WORDS_BYTES: u64 = 300;

/// Of a log that is cut, so much is its beginning: a part in so many.
const BEGINNING: u64 = 4;

pub(super) struct Attached<'a>(pub(super) &'a Store);

/// How a log is read, and how far that has come.
struct Plan {
    log: LogId,
    /// Whether the first letter of each line is its stream.
    marked: bool,
    size: u64,
    /// What is said first.
    words: Option<String>,
    /// Of a log that is cut: how much of its beginning is still to come, and what is said behind it.
    beginning: Option<(u64, String)>,
    next: i64,
    /// Where the end of a log begins that is cut, and how many lines there are.
    end: i64,
    lines: i64,
}

impl Referred for Attached<'_> {
    fn size<'s>(&'s self, content: &'s Content) -> BoxFuture<'s, Result<u64, String>> {
        async move {
            match content {
                Content::Log(id) => Ok(Plan::of(self.0, *id, u64::MAX).await?.size),
                Content::Patch(id) => Ok(self.patch(*id).await?.len() as u64),
                Content::Bytes(bytes) => Ok(bytes.len() as u64),
            }
        }
        .boxed()
    }

    fn pieces<'s>(&'s self, content: &'s Content, most: u64) -> BoxStream<'s, Result<Vec<u8>, String>> {
        match content {
            Content::Log(id) => {
                let plan = Plan::of(self.0, *id, most);
                let read = |plan| stream::try_unfold(plan, |plan: Plan| plan.read(self.0));
                stream::once(plan).map_ok(read).try_flatten().boxed()
            }
            Content::Patch(id) => stream::once(async move { Ok(cut(self.patch(*id).await?, most)) }).boxed(),
            Content::Bytes(bytes) => stream::once(async move { Ok(cut(bytes.clone(), most)) }).boxed(),
        }
    }
}

impl Attached<'_> {
    async fn patch(&self, id: PatchId) -> Result<Vec<u8>, String> {
        let body = self.0.read(move |reader| reader.patch_body(id)).await.map_err(said)?;
        Ok(body.unwrap_or_else(|| b"(this patch is gone)\n".to_vec()))
    }
}

impl Plan {
    async fn of(store: &Store, log: LogId, most: u64) -> Result<Self, String> {
        store.read(move |reader| Self::look(reader, log, most)).await.map_err(said)
    }

    fn look(reader: &Reader<'_>, id: LogId, most: u64) -> Result<Self, StoreError> {
        let mut plan =
            Self { log: id, marked: false, size: 0, words: None, beginning: None, next: 0, end: 0, lines: 0 };
        let Some(log) = reader.log(id)? else {
            plan.words = Some("(this log is gone)\n".to_owned());
            return Ok(plan);
        };
        plan.marked = log.kind == LogKind::Stdio;
        plan.lines = log.num_lines;
        let letters = if plan.marked { u64::try_from(log.num_lines).unwrap_or(0) } else { 0 };
        plan.size = reader.log_bytes(id)?.saturating_sub(letters);
        if plan.size > most {
            plan.cut(reader, most.saturating_sub(WORDS_BYTES))?;
        }
        Ok(plan)
    }

    fn cut(&mut self, reader: &Reader<'_>, room: u64) -> Result<(), StoreError> {
        let beginning = room / BEGINNING;
        let (end, end_bytes) = reader.log_end(self.log, room - beginning)?;
        self.end = end.unwrap_or(self.lines);
        // The end may be shorter than it might be, for it begins with a line.
        let beginning = room - end_bytes;
        let (all, first, last) = (shown(self.size), shown(beginning), shown(end_bytes));
        let left_out = shown(self.size.saturating_sub(room));
        self.words = Some(format!(
            "(This log has {all}, too much for this mail: here are its first {first} and its last {last}.)\n\n"
        ));
        self.beginning = Some((beginning, format!("\n(Here {left_out} are left out.)\n\n")));
        Ok(())
    }

    /// The next piece, and the rest.
    async fn read(mut self, store: &Store) -> Result<Option<(Vec<u8>, Self)>, String> {
        if let Some(words) = self.words.take() {
            return Ok(Some((words.into_bytes(), self)));
        }
        let until = if self.beginning.is_some() { self.end } else { self.lines };
        let (log, from) = (self.log, self.next);
        let found = match from < until {
            true => {
                store.read(move |reader| reader.log_text(log, (from, until - 1), PIECE_BYTES)).await.map_err(said)?
            }
            false => None,
        };
        let mut piece = Vec::new();
        let ends = found.is_none();
        if let Some(found) = found {
            self.next = found.next;
            piece = self.unmarked(found.text);
        }
        match self.beginning.take() {
            None if ends => return Ok(None),
            None => {}
            Some((left, words)) if ends || piece.len() as u64 > left => {
                // A line at least is cut only where it is the first.
                let most = usize::try_from(left).unwrap_or(usize::MAX).min(piece.len());
                let whole = piece[..most].iter().rposition(|byte| *byte == b'\n').map_or(most, |end| end + 1);
                piece.truncate(whole);
                piece.extend_from_slice(words.as_bytes());
                self.next = self.end;
            }
            Some((left, words)) => self.beginning = Some((left - piece.len() as u64, words)),
        }
        Ok(Some((piece, self)))
    }

    fn unmarked(&self, text: String) -> Vec<u8> {
        if !self.marked {
            return text.into_bytes();
        }
        let mut lines = Vec::with_capacity(text.len());
        for line in text.split_inclusive('\n') {
            // An empty line has no letter.
            let rest = if line == "\n" { line } else { line.get(1..).unwrap_or(line) };
            lines.extend_from_slice(rest.as_bytes());
        }
        lines
    }
}

/// A patch that is cut is of no use beyond its beginning.
fn cut(mut bytes: Vec<u8>, most: u64) -> Vec<u8> {
    let size = bytes.len() as u64;
    if size > most {
        bytes.truncate(usize::try_from(most.saturating_sub(WORDS_BYTES)).unwrap_or(0));
        let words = format!("\n(Cut here: it has {}, too much for this mail.)\n", shown(size));
        bytes.extend_from_slice(words.as_bytes());
    }
    bytes
}

/// In MiB, with one digit behind the point; what is less than one, in KiB.
fn shown(bytes: u64) -> String {
    let tenths = bytes.saturating_mul(10) / (1024 * 1024);
    match tenths {
        0..10 => format!("{} KiB", bytes / 1024),
        _ => format!("{}.{} MiB", tenths / 10, tenths % 10),
    }
}

fn said(error: StoreError) -> String {
    error.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::updates::MASTER;
    use crate::data::updates::Update;
    use crate::model::Timestamp;
    use crate::store::Options;
    use serde_json::Value;
    use serde_json::json;

    async fn update(store: &Store, method: &str, params: Value) {
        let update = Update::parse(method, &params.to_string()).unwrap();
        store.write(move |tx| update.apply(tx, Timestamp(0))).await.unwrap();
    }

    async fn attached(store: &Store, most: u64) -> String {
        let content = Content::Log(LogId(1));
        let pieces: Vec<Vec<u8>> = Attached(store).pieces(&content, most).try_collect().await.unwrap();
        String::from_utf8(pieces.concat()).unwrap()
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
        let lines: String = (0..50_000).map(|n| format!("compiling part {n} of the whole\n")).collect();
        let marked: String = lines.lines().map(|line| format!("o{line}\n")).collect();
        update(&store, "appendLog", json!({"logid": 1, "content": marked})).await;
        update(&store, "appendLog", json!({"logid": 1, "content": "hdone\n"})).await;
        let whole = format!("{lines}done\n");
        assert_eq!(Attached(&store).size(&Content::Log(LogId(1))).await.unwrap(), whole.len() as u64);
        assert!(attached(&store, whole.len() as u64).await == whole);
        for most in [whole.len() as u64 - 1, 1_000_000, 400_000, 100_000, 10_000] {
            check_cut(&attached(&store, most).await, &whole, most);
        }
        assert!(attached(&store, 0).await.starts_with("(This log has 1.6 MiB, too much for this mail"));
        assert_eq!(Attached(&store).size(&Content::Log(LogId(9))).await.unwrap(), 0);
        store.close().await;
    }

    /// Its words, whole lines of the beginning, words, whole lines of the end; no more than was asked for.
    fn check_cut(cut: &str, whole: &str, most: u64) {
        assert!(cut.len() as u64 <= most, "{} of {most}", cut.len());
        let (words, rest) = cut.split_once("\n\n").unwrap();
        assert!(words.starts_with("(This log has 1.6 MiB"), "{words}");
        let (beginning, end) = rest.split_once("\n(Here ").unwrap();
        let end = end.split_once("left out.)\n\n").unwrap().1;
        assert!(beginning.len() > 1000 && whole.starts_with(beginning) && beginning.ends_with('\n'), "{most}");
        assert!(whole.ends_with(end) && end.len() as u64 > most / 2, "{most}: {}", end.len());
    }
}
