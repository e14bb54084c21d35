//! What a command is told by its environment: the build it belongs to, and the build's properties.

use crate::cli::build_of;
use crate::model::Properties;
use serde_json::Map;
use serde_json::Value;

/// The longest value that becomes a variable, in bytes: the kernel takes no more than 128 KiB.
const LONGEST_VALUE: usize = 64 * 1024;

/// All properties with their values, as one object of JSON.
const ALL: &str = "CAMPANILE_PROPERTIES";

/// In front of each property's name.
const EACH: &str = "CAMPANILE_PROP_";

/// The variables of a build. Of properties whose names become the same variable the last by name is there.
pub(super) fn of((server, builder): (&str, &str), properties: &Properties) -> Vec<(String, String)> {
    let mut variables =
        vec![(build_of::SERVER.to_owned(), server.to_owned()), (build_of::BUILDER.to_owned(), builder.to_owned())];
    let mut all = Map::new();
    for (name, (value, _)) in properties {
        all.insert(name.clone(), value.clone());
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        if text.len() <= LONGEST_VALUE && !text.contains('\0') {
            variables.push((variable(name), text));
        }
    }
    let all = Value::Object(all).to_string();
    if all.len() <= LONGEST_VALUE {
        variables.push((ALL.to_owned(), all));
    }
    variables
}

/// `CAMPANILE_PROP_GOT_REVISION` for `got_revision`.
fn variable(property: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' };
    EACH.chars().chain(property.chars().map(plain)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn properties_become_variables() {
        let property = |value: Value| (value, "x".to_owned());
        let properties = Properties::from([
            ("got-revision".to_owned(), property(json!("abc"))),
            ("n".to_owned(), property(json!([1, true]))),
            ("nul".to_owned(), property(json!("\0"))),
        ]);
        let found = of(("http://h", "linux"), &properties);
        let value = |name: &str| found.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str());
        assert_eq!(value("CAMPANILE_PROP_GOT_REVISION"), Some("abc"));
        assert_eq!(value("CAMPANILE_PROP_N"), Some("[1,true]"));
        assert_eq!(value("CAMPANILE_PROP_NUL"), None);
        assert_eq!(value("CAMPANILE_BUILDER"), Some("linux"));
        assert_eq!(value(ALL), Some(r#"{"got-revision":"abc","n":[1,true],"nul":"\u0000"}"#));
    }
}
