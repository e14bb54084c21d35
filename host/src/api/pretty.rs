//! JSON text for people: the same text with line ends and indents.

/// Blanks a level.
const INDENT: usize = 2;

/// `json` must be compact and whole. Nothing but white space is added.
pub(super) fn pretty(json: &[u8]) -> Vec<u8> {
    let mut text = Vec::with_capacity(json.len() * 2);
    let (mut depth, mut in_text, mut escaped, mut before) = (0, false, false, b' ');
    for &byte in json {
        if in_text {
            (in_text, escaped) = (escaped || byte != b'"', !escaped && byte == b'\\');
        } else {
            let opened = matches!(before, b'{' | b'[');
            match byte {
                b'}' | b']' => {
                    depth -= 1;
                    if !opened {
                        line(&mut text, depth);
                    }
                }
                _ if opened => line(&mut text, depth),
                _ => {}
            }
            depth += usize::from(matches!(byte, b'{' | b'['));
            in_text = byte == b'"';
        }
        text.push(byte);
        match byte {
            b',' if !in_text => line(&mut text, depth),
            b':' if !in_text => text.push(b' '),
            _ => {}
        }
        before = if in_text { b'"' } else { byte };
    }
    text.push(b'\n');
    text
}

fn line(text: &mut Vec<u8>, depth: usize) {
    text.push(b'\n');
    text.resize(text.len() + depth * INDENT, b' ');
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;
    use serde_json::json;

    #[test]
    fn it_is_as_serde_writes_it() {
        for value in [
            json!({}),
            json!([]),
            json!({"a": [], "b": {}, "c": [1, {"d": "x,y:[{\"\\"}], "e": [[[]], "\\\"", null]}),
            json!({"builds": [{"buildid": 1, "properties": {"a": ["b", "c"]}}], "meta": {"total": 1}}),
        ] {
            let found = pretty(value.to_string().as_bytes());
            let expected = serde_json::to_string_pretty::<Value>(&value).expect("JSON") + "\n";
            assert_eq!(String::from_utf8(found).expect("text"), expected);
        }
    }
}
