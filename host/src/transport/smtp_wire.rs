//! The lines of SMTP on a connection: commands and mails out, answers in.
//!
//! Not here: what is said, and what it means (`smtp_session`).

use super::link::Encrypted;
use super::link::Network;
use super::smtp_reply::Reply;
use super::smtp_reply::Trouble;
use bytes::BytesMut;
use std::io;
use std::net::SocketAddr;
use tokio::io::AsyncReadExt;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio_util::either::Either;

use super::deadlines::Clock;

/// The longest answer, of which people see the first 16 KiB.
const MAX_REPLY_BYTES: usize = 64 * 1024;

pub(super) struct Wire {
    stream: Either<TcpStream, Box<Encrypted>>,
    /// Came, and was not taken yet.
    incoming: BytesMut,
}

impl Wire {
    pub(super) fn clear(tcp: TcpStream) -> Self {
        Self { stream: Either::Left(tcp), incoming: BytesMut::new() }
    }

    pub(super) fn encrypted(tls: Encrypted) -> Self {
        Self { stream: Either::Right(Box::new(tls)), incoming: BytesMut::new() }
    }

    /// The same connection with TLS from here on.
    pub(super) async fn encrypt(self, network: &Network, host: &str, clock: &Clock) -> Result<Self, Trouble> {
        let wrong = |why: &str| Trouble::Tls { host: host.to_owned(), why: why.to_owned() };
        // It came in clear, so an attacker may have put it there: it must not be taken for what came over TLS.
        if !self.incoming.is_empty() {
            return Err(wrong("the relay said more before TLS than it was asked"));
        }
        match self.stream {
            Either::Left(tcp) => Ok(Self::encrypted(network.encrypt(tcp, host, clock).await?)),
            Either::Right(_) => Err(wrong("it has begun already")),
        }
    }

    pub(super) fn is_encrypted(&self) -> bool {
        matches!(self.stream, Either::Right(_))
    }

    pub(super) fn peer(&self) -> io::Result<SocketAddr> {
        self.tcp().peer_addr()
    }

    /// Where the connection goes out from.
    pub(super) fn local(&self) -> io::Result<SocketAddr> {
        self.tcp().local_addr()
    }

    fn tcp(&self) -> &TcpStream {
        match &self.stream {
            Either::Left(tcp) => tcp,
            Either::Right(tls) => tls.get_ref().0,
        }
    }

    /// Whether nothing came that was not asked for.
    pub(super) fn is_quiet(&self) -> bool {
        self.incoming.is_empty()
    }

    pub(super) async fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.write_all(bytes).await?;
        self.stream.flush().await
    }

    /// The next answer, all its lines.
    pub(super) async fn reply(&mut self) -> io::Result<Reply> {
        let (mut text, mut bytes) = (Vec::new(), 0);
        loop {
            let line = self.line().await?;
            bytes += line.len();
            if bytes > MAX_REPLY_BYTES {
                return Err(io::Error::other("an answer that does not end"));
            }
            let Some((code, more, said)) = read_line(&line) else {
                let line = String::from_utf8_lossy(&line).chars().take(100).collect::<String>();
                return Err(io::Error::other(format!("this is no answer of a mail server: {line:?}")));
            };
            text.push(said);
            if !more {
                return Ok(Reply { code, text: text.join("\n") });
            }
        }
    }

    /// Without its end.
    async fn line(&mut self) -> io::Result<BytesMut> {
        let mut seen = 0;
        loop {
            if let Some(end) = memchr::memchr(b'\n', &self.incoming[seen..]) {
                let mut line = self.incoming.split_to(seen + end + 1);
                let length = line.len() - 1 - usize::from(line.ends_with(b"\r\n"));
                line.truncate(length);
                return Ok(line);
            }
            seen = self.incoming.len();
            if seen > MAX_REPLY_BYTES {
                return Err(io::Error::other("an answer that does not end"));
            }
            if self.stream.read_buf(&mut self.incoming).await? == 0 {
                return Err(io::Error::other("the relay closed the connection"));
            }
        }
    }
}

/// `250-text`, `250 text` or `250`: the code, whether more lines follow, the text.
fn read_line(line: &[u8]) -> Option<(u16, bool, String)> {
    let code = line.get(..3).filter(|digits| digits.iter().all(u8::is_ascii_digit))?;
    let code = code.iter().fold(0, |code, digit| code * 10 + u16::from(digit - b'0'));
    let more = match line.get(3) {
        None | Some(b' ') => false,
        Some(b'-') => true,
        Some(_) => return None,
    };
    (code >= 200).then(|| (code, more, String::from_utf8_lossy(line.get(4..).unwrap_or_default()).into_owned()))
}

/// A mail on its way: a line that begins with a dot gets another one in front, over all pieces.
pub(super) struct Stuffing {
    line_begins: bool,
}

impl Stuffing {
    pub(super) fn new() -> Self {
        Self { line_begins: true }
    }

    /// Appends a piece, stuffed.
    pub(super) fn put(&mut self, piece: &[u8], out: &mut Vec<u8>) {
        let mut rest = piece;
        while let Some(first) = rest.first() {
            if self.line_begins && *first == b'.' {
                out.push(b'.');
            }
            let length = memchr::memchr(b'\n', rest).map_or(rest.len(), |end| end + 1);
            let (line, after) = rest.split_at(length);
            out.extend_from_slice(line);
            self.line_begins = line.ends_with(b"\n");
            rest = after;
        }
    }

    /// Appends the end of the mail.
    pub(super) fn end(self, out: &mut Vec<u8>) {
        if !self.line_begins {
            out.extend_from_slice(b"\r\n");
        }
        out.extend_from_slice(b".\r\n");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_answers() {
        let check = |line: &str, expected: Option<(u16, bool, &str)>| {
            let expected = expected.map(|(code, more, text)| (code, more, text.to_owned()));
            assert_eq!(read_line(line.as_bytes()), expected, "{line:?}");
        };
        check("250 ok", Some((250, false, "ok")));
        check("250-SIZE 1", Some((250, true, "SIZE 1")));
        check("250", Some((250, false, "")));
        check("571 blocked", Some((571, false, "blocked")));
        for wrong in ["", "25", "2x0 a", "250_a", "HTTP/1.1 400", "100 a"] {
            check(wrong, None);
        }
    }

    #[test]
    fn dots_are_stuffed_wherever_pieces_end() {
        let whole = "a\r\n.b\r\n..c\r\nd.e\r\n.";
        for cut in 0..=whole.len() {
            let (mut out, mut stuffing) = (Vec::new(), Stuffing::new());
            stuffing.put(&whole.as_bytes()[..cut], &mut out);
            stuffing.put(&whole.as_bytes()[cut..], &mut out);
            stuffing.end(&mut out);
            assert_eq!(String::from_utf8_lossy(&out), "a\r\n..b\r\n...c\r\nd.e\r\n..\r\n.\r\n", "cut at {cut}");
        }
    }
}
