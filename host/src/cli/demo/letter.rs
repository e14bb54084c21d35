//! A mail as its reader sees it: long headers in one line, encoded words and the body decoded.
//!
//! All that is in the mail stays visible; the parts of a `multipart` mail are left as they were sent.

/// The whole mail, readable.
pub(super) fn readable(mail: &str) -> String {
    let mail = mail.replace("\r\n", "\n");
    let (head, body) = mail.split_once("\n\n").unwrap_or((&mail, ""));
    let head = head.replace("\n ", " ").replace("\n\t", " ");
    let encoding = header(&head, "content-transfer-encoding").to_ascii_lowercase();
    let body = match encoding.as_str() {
        "base64" => text_of(base64(body)),
        "quoted-printable" => text_of(quoted_printable(&body.replace("=\n", ""), false)),
        _ => body.to_owned(),
    };
    let head: Vec<_> = head.lines().map(decode_words).collect();
    format!("{}\n\n{}", head.join("\n"), body.replace("\r\n", "\n"))
}

fn header<'a>(head: &'a str, name: &str) -> &'a str {
    let named = |line: &'a str| line.split_once(':').filter(|(key, _)| key.eq_ignore_ascii_case(name));
    head.lines().find_map(named).map(|(_, value)| value.trim()).unwrap_or_default()
}

/// Decodes each `=?utf-8?b?…?=`; between two of them, a space is only there to fold the line.
fn decode_words(line: &str) -> String {
    let mut decoded = String::new();
    let mut rest = line;
    let mut after_word = false;
    while let Some((before, word, after)) = next_word(rest) {
        if !(after_word && before.trim().is_empty()) {
            decoded += before;
        }
        decoded += &word;
        rest = after;
        after_word = true;
    }
    decoded + rest
}

/// What stands before the first encoded word, the word itself, and what comes after.
fn next_word(text: &str) -> Option<(&str, String, &str)> {
    let (before, inside) = text.split_once("=?")?;
    let (_charset, inside) = inside.split_once('?')?;
    let (encoding, inside) = inside.split_once('?')?;
    let (encoded, after) = inside.split_once("?=")?;
    let bytes = match encoding {
        "b" | "B" => base64(encoded),
        "q" | "Q" => quoted_printable(encoded, true),
        _ => return None,
    };
    Some((before, text_of(bytes), after))
}

/// Skips what is not of the alphabet: line ends, padding.
fn base64(encoded: &str) -> Vec<u8> {
    let value = |c: u8| match c {
        b'A'..=b'Z' => Some(c - b'A'),
        b'a'..=b'z' => Some(c - b'a' + 26),
        b'0'..=b'9' => Some(c - b'0' + 52),
        b'+' => Some(62),
        b'/' => Some(63),
        _ => None,
    };
    let mut bytes = Vec::new();
    let (mut bits, mut count) = (0u32, 0);
    for six in encoded.bytes().filter_map(value) {
        bits = bits << 6 | u32::from(six);
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push((bits >> count & 0xff) as u8);
        }
    }
    bytes
}

/// In a header, `_` is a space.
fn quoted_printable(encoded: &str, in_header: bool) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut rest = encoded.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        let pair = after.get(..2).and_then(|pair| std::str::from_utf8(pair).ok());
        let escaped = pair.filter(|_| first == b'=').and_then(|pair| u8::from_str_radix(pair, 16).ok());
        bytes.push(escaped.unwrap_or(if in_header && first == b'_' { b' ' } else { first }));
        rest = if escaped.is_some() { &after[2..] } else { after };
    }
    bytes
}

fn text_of(bytes: Vec<u8>) -> String {
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mail_is_made_readable() {
        let check = |mail: &str, read: &str| assert_eq!(readable(mail), read);
        check("Subject: plain\r\nTo: a\r\n\r\nbody\r\n", "Subject: plain\nTo: a\n\nbody\n");
        check("Subject: =?utf-8?b?4pig?=\r\n =?utf-8?q?_a=C3=A4?= b\r\n\r\n", "Subject: ☠ aä b\n\n");
        check("Content-Transfer-Encoding: base64\r\n\r\nw6RiYw==\r\n", "Content-Transfer-Encoding: base64\n\näbc");
        let quoted = "Content-Transfer-Encoding: quoted-printable\r\n\r\n1=3D1 =\r\n=C3=A4\r\n";
        check(quoted, "Content-Transfer-Encoding: quoted-printable\n\n1=1 ä\n");
    }
}
