//! Attachments: bytes that came with the message, and what is read while the mail goes out.

use super::outcome::Sent;
use super::referred::Referred;
use crate::model::Attachment;
use crate::model::Content;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use futures_util::StreamExt;
use futures_util::stream;
use futures_util::stream::BoxStream;
use lettre::message::header::ContentDisposition;
use lettre::message::header::ContentTransferEncoding;
use lettre::message::header::ContentType;
use lettre::message::header::Headers;

/// Bytes of all attachments of a mail that are read when it goes out; less where the relay takes less.
const MOST_BYTES: u64 = 10 * 1024 * 1024;

/// Bytes in a line of base64, and the line with its end.
const LINE_BYTES: usize = 57;
const LINE: usize = 78;

/// An attachment of a draft.
#[derive(Clone, Debug)]
pub(super) struct Part<'a> {
    /// Its headers, and the empty line behind them.
    pub(super) header: Vec<u8>,
    content: &'a Content,
    /// The most that is sent of it.
    most: u64,
}

/// A part for each, with no room yet for what is read later.
pub(super) fn parts(attachments: &[Attachment]) -> Result<Vec<Part<'_>>, Sent> {
    let part = |(index, attachment): (usize, &'_ Attachment)| {
        let mut headers = Headers::new();
        headers.set(ContentDisposition::attachment(&file_name(&attachment.filename)));
        headers.set(content_type(index, &attachment.content_type)?);
        // Always base64: a log arrives byte for byte.
        headers.set(ContentTransferEncoding::Base64);
        Ok((format!("{headers}\r\n").into_bytes(), index))
    };
    let made = attachments.iter().enumerate().map(part).collect::<Result<Vec<_>, Sent>>()?;
    Ok(made.into_iter().map(|(header, index)| Part { header, content: &attachments[index].content, most: 0 }).collect())
}

/// Gives each part its share of what the mail may have, of which `written` bytes are taken already: small ones are sent
/// whole, large ones share what is left.
pub(super) async fn share(
    parts: &mut [Part<'_>],
    contents: &dyn Referred,
    (relay_takes, written): (Option<u64>, u64),
) -> Result<(), String> {
    let (mut sizes, mut taken) = (Vec::new(), written);
    for part in parts.iter() {
        taken += part.header.len() as u64;
        match part.content {
            Content::Bytes(bytes) => taken += encoded_length(bytes.len() as u64),
            Content::Log(_) | Content::Patch(_) => sizes.push(contents.size(part.content).await?),
        }
    }
    let room = |relay_takes: u64| relay_takes.saturating_sub(taken) / LINE as u64 * LINE_BYTES as u64;
    let most = relay_takes.map_or(MOST_BYTES, |takes| room(takes).min(MOST_BYTES));
    let mut shares = shares(&sizes, most).into_iter();
    for part in parts.iter_mut().filter(|part| !matches!(part.content, Content::Bytes(_))) {
        part.most = shares.next().unwrap_or_default();
    }
    Ok(())
}

/// Of `most` to each: its size, or as much as all the others that want more.
fn shares(sizes: &[u64], most: u64) -> Vec<u64> {
    let mut by_size: Vec<usize> = (0..sizes.len()).collect();
    by_size.sort_by_key(|&index| sizes[index]);
    let (mut shares, mut left) = (vec![0; sizes.len()], most);
    for (served, &index) in by_size.iter().enumerate() {
        let waiting = (sizes.len() - served) as u64;
        shares[index] = sizes[index].min(left / waiting);
        left -= shares[index];
    }
    shares
}

fn encoded_length(bytes: u64) -> u64 {
    bytes.div_ceil(LINE_BYTES as u64) * LINE as u64
}

impl Part<'_> {
    /// Its bytes, piece by piece.
    pub(super) fn pieces<'s>(&'s self, contents: &'s dyn Referred) -> BoxStream<'s, Result<Vec<u8>, String>> {
        match self.content {
            Content::Bytes(bytes) => stream::iter(bytes.chunks(64 * 1024).map(|piece| Ok(piece.to_vec()))).boxed(),
            Content::Log(_) | Content::Patch(_) => contents.pieces(self.content, self.most),
        }
    }
}

/// Lines of base64, over all pieces of an attachment.
#[derive(Default)]
pub(super) struct Lines {
    /// Less than a line.
    rest: Vec<u8>,
}

impl Lines {
    pub(super) fn put(&mut self, piece: &[u8], out: &mut Vec<u8>) {
        self.rest.extend_from_slice(piece);
        let whole = self.rest.len() - self.rest.len() % LINE_BYTES;
        lines(&self.rest[..whole], out);
        self.rest.drain(..whole);
    }

    pub(super) fn end(self, out: &mut Vec<u8>) {
        lines(&self.rest, out);
    }
}

fn lines(bytes: &[u8], out: &mut Vec<u8>) {
    for line in bytes.chunks(LINE_BYTES) {
        out.extend_from_slice(STANDARD.encode(line).as_bytes());
        out.extend_from_slice(b"\r\n");
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_ones_are_whole_and_large_ones_share() {
        let check = |sizes: &[u64], most, expected: &[u64]| assert_eq!(shares(sizes, most), expected);
        check(&[10, 20], 100, &[10, 20]);
        check(&[500, 10, 500], 100, &[45, 10, 45]);
        check(&[40, 500, 90], 100, &[33, 34, 33]);
        check(&[500], 0, &[0]);
        check(&[], 100, &[]);
    }

    #[test]
    fn lines_are_the_same_however_the_pieces_are_cut() {
        let bytes: Vec<u8> = (0..=200).collect();
        let encoded = |piece: usize| {
            let (mut out, mut lines) = (Vec::new(), Lines::default());
            bytes.chunks(piece).for_each(|piece| lines.put(piece, &mut out));
            lines.end(&mut out);
            out
        };
        assert!((1..=201).all(|piece| encoded(piece) == encoded(201)));
        assert_eq!(encoded(201).len(), 3 * LINE + 4 * 10 + 2);
    }
}
