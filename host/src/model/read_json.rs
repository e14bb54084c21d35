//! JSON that somebody sent, read so that an error names the place in it.

use serde::de::DeserializeOwned;
use serde_json::Deserializer;

/// Reads a text of JSON; what is wrong begins with the field that it is wrong with.
pub fn read_json<T: DeserializeOwned>(text: &str) -> Result<T, String> {
    // To know the place takes time. So it is read once more, where something is wrong.
    serde_json::from_str(text).map_err(|error| {
        let placed = serde_path_to_error::deserialize::<_, T>(&mut Deserializer::from_str(text));
        match placed {
            Err(placed) if placed.path().iter().len() > 0 => format!("{}: {}", placed.path(), placed.inner()),
            // Of the whole, or behind it.
            Ok(_) | Err(_) => error.to_string(),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[derive(Debug, Deserialize)]
    struct Step {
        #[expect(dead_code, reason = "it is read for what is wrong with it")]
        urls: Vec<i64>,
    }

    #[test]
    fn an_error_names_its_place() {
        let check = |text: &str, expected: &str| assert_eq!(read_json::<Step>(text).unwrap_err(), expected);
        check(r#"{"urls": [1, "a"]}"#, "urls[1]: invalid type: string \"a\", expected i64 at line 1 column 16");
        check("{}", "missing field `urls` at line 1 column 2");
        check(r#"{"urls": []} 7"#, "trailing characters at line 1 column 14");
    }
}
