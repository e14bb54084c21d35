//! The lines of a chat connection, in and out.
//!
//! What is not UTF-8 is read all the same: somebody in the channel still writes Latin-1, and the connection is not
//! theirs to end. Not here: what the lines mean.

use super::link::Encrypted;
use bytes::Buf;
use bytes::BytesMut;
use irc_proto::Command;
use irc_proto::Message;
use std::io;
use tokio::io::AsyncReadExt;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio_util::either::Either;

/// The longest line, with its tags; the rest of a longer one is left out.
const LONGEST: usize = 16 * 1024;

/// What may wait to be written; a server that does not read for so long is given up.
const MOST_WAITING: usize = 1024 * 1024;

pub(super) struct Wire {
    stream: Either<TcpStream, Box<Encrypted>>,
    incoming: BytesMut,
    /// The line that comes in is longer than the longest, and what is left of it is passed over.
    overlong: bool,
    outgoing: BytesMut,
    unflushed: bool,
}

impl Wire {
    pub(super) fn clear(tcp: TcpStream) -> Self {
        Self::over(Either::Left(tcp))
    }

    pub(super) fn encrypted(tls: Encrypted) -> Self {
        Self::over(Either::Right(Box::new(tls)))
    }

    fn over(stream: Either<TcpStream, Box<Encrypted>>) -> Self {
        let (incoming, outgoing) = (BytesMut::new(), BytesMut::new());
        Self { stream, incoming, overlong: false, outgoing, unflushed: false }
    }

    /// Puts a line behind those that wait to be written. It has no end within it.
    pub(super) fn put(&mut self, line: &str) {
        debug_assert!(!line.contains(['\r', '\n', '\0']), "a line is one line: {line:?}");
        self.outgoing.extend_from_slice(line.as_bytes());
        self.outgoing.extend_from_slice(b"\r\n");
    }

    pub(super) fn is_stuck(&self) -> bool {
        self.outgoing.len() > MOST_WAITING
    }

    /// The next message; writes what waits meanwhile. Cancel-safe. A line that is none is passed over.
    pub(super) async fn next(&mut self) -> io::Result<Message> {
        loop {
            while let Some(line) = self.line() {
                if let Some(message) = read(&line) {
                    return Ok(message);
                }
            }
            self.exchange().await?;
        }
    }

    /// Writes all that waits.
    pub(super) async fn flush(&mut self) -> io::Result<()> {
        self.stream.write_all_buf(&mut self.outgoing).await?;
        self.stream.flush().await
    }

    /// Says goodbye to the other side's ears: what was written arrives, and nothing more comes.
    pub(super) async fn shut_down(&mut self) -> io::Result<()> {
        self.flush().await?;
        self.stream.shutdown().await
    }

    /// Some bytes, in or out.
    async fn exchange(&mut self) -> io::Result<()> {
        let writes = !self.outgoing.is_empty() || self.unflushed;
        let (mut reader, mut writer) = tokio::io::split(&mut self.stream);
        // Cancel-safe: a read or a write that was not ready has moved no byte.
        tokio::select! {
            read = reader.read_buf(&mut self.incoming) => match read? {
                0 => Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the server closed the connection")),
                _ => Ok(()),
            },
            written = write(&mut writer, &mut self.outgoing), if writes => {
                self.unflushed = written?;
                Ok(())
            }
        }
    }

    fn line(&mut self) -> Option<String> {
        let Some(end) = memchr::memchr(b'\n', &self.incoming) else {
            if self.incoming.len() > LONGEST {
                self.overlong = true;
                self.incoming.clear();
            }
            return None;
        };
        let line = self.incoming.split_to(end + 1);
        if std::mem::take(&mut self.overlong) || line.len() > LONGEST {
            return Some(String::new());
        }
        // What ends a line for others, or a word for a program in C, would come back in what we answer.
        Some(String::from_utf8_lossy(&line).replace(['\r', '\n', '\0'], ""))
    }
}

/// A line that came in. The words of a `MODE` are left as they are: which of them belong together says the server.
fn read(line: &str) -> Option<Message> {
    let mut message: Message = line.parse().ok()?;
    if let Command::ChannelMODE(..) | Command::UserMODE(..) = message.command {
        let (_, words) = line.split_once(" MODE ").or_else(|| line.split_once("MODE "))?;
        let (words, last) = words.split_once(" :").map_or((words, None), |(words, last)| (words, Some(last)));
        let words = words.split_whitespace().chain(last).map(|word| word.trim_start_matches(':').to_owned()).collect();
        message.command = Command::Raw("MODE".to_owned(), words);
    }
    Some(message)
}

/// Writes some, or what the encryption has still got; tells whether it may still have something.
async fn write(stream: &mut (impl AsyncWriteExt + Unpin), outgoing: &mut BytesMut) -> io::Result<bool> {
    if outgoing.has_remaining() {
        stream.write_buf(outgoing).await?;
        return Ok(true);
    }
    stream.flush().await?;
    Ok(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_of_a_mode_are_left_as_they_are() {
        let check = |line: &str, expected: &[&str]| {
            let expected = expected.iter().map(|&word| word.to_owned()).collect();
            assert_eq!(read(line).unwrap().command, Command::Raw("MODE".to_owned(), expected));
        };
        check(":ada!a@h MODE #c -lo ada", &["#c", "-lo", "ada"]);
        check("@time=1 :s MODE #c +o :ada", &["#c", "+o", "ada"]);
        check(":bot MODE bot :+i", &["bot", "+i"]);
    }
}
