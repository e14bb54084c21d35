//! Forms, as browsers and `curl` send them: urlencoded, and `multipart/form-data` (`curl -F`), of which only the fields
//! that are text are read. (Not a crate: those read streams, and a body is here as a whole.)

/// `name=value&…`
pub(crate) fn urlencoded(body: &[u8]) -> impl Iterator<Item = (String, String)> {
    form_urlencoded::parse(body).into_owned()
}

/// The fields of the parts between the boundary that the content type names.
pub(crate) fn multipart(content_type: &str, body: &[u8]) -> Result<Vec<(String, String)>, String> {
    let boundary = parameter(content_type, "boundary").filter(|boundary| !boundary.is_empty());
    let boundary = boundary.ok_or("the content type multipart/form-data names no boundary")?;
    let body = String::from_utf8_lossy(body);
    let delimiter = format!("--{boundary}");
    let mut fields = Vec::new();
    // Before the first stands nothing that counts.
    for part in body.split(delimiter.as_str()).skip(1) {
        if part.starts_with("--") {
            return Ok(fields);
        }
        let (head, value) = part.split_once("\r\n\r\n").ok_or("a part of the form has no headers")?;
        let disposition = head.lines().find_map(|line| {
            let (name, value) = line.split_once(':')?;
            name.trim().eq_ignore_ascii_case("content-disposition").then_some(value)
        });
        let name = disposition.and_then(|disposition| parameter(disposition, "name"));
        let name = name.ok_or("a part of the form has no name")?;
        fields.push((name, String::from(value.strip_suffix("\r\n").unwrap_or(value))));
    }
    Err(String::from("the form breaks off"))
}

/// `name` of `…; name="value"`.
fn parameter(header: &str, name: &str) -> Option<String> {
    let mut parameters = header.split(';').skip(1).filter_map(|parameter| parameter.split_once('='));
    let (_, value) = parameters.find(|(known, _)| known.trim().eq_ignore_ascii_case(name))?;
    Some(String::from(value.trim().trim_matches('"')))
}

#[cfg(test)]
mod tests {
    use super::*;

    const BODY: &str = "--b1\r\nContent-Disposition: form-data; name=\"poller\"\r\n\r\nhttps://svn/trunk\r\n\
                        --b1\r\ncontent-disposition: form-data; name=files; filename=\"x\"\r\nContent-Type: text/plain\r\n\r\n\
                        two\r\nlines\r\n--b1--\r\n";

    #[test]
    fn as_curl_sends_them() {
        let fields = multipart("multipart/form-data; boundary=b1", BODY.as_bytes()).expect("it parses");
        let expected = [("poller", "https://svn/trunk"), ("files", "two\r\nlines")];
        assert_eq!(fields, expected.map(|(name, value)| (String::from(name), String::from(value))));
    }

    #[test]
    fn what_is_broken_is_refused() {
        assert!(multipart("multipart/form-data", BODY.as_bytes()).is_err());
        for wrong in ["", "--b1\r\n", "--b1\r\n\r\nx\r\n--b1--", &BODY[..BODY.len() - 8]] {
            assert!(multipart("multipart/form-data; boundary=\"b1\"", wrong.as_bytes()).is_err(), "{wrong}");
        }
    }
}
