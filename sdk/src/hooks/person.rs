//! People, as commits name them.

use serde::Deserialize;

/// Who wrote a commit.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub struct Person {
    /// Such as `Ada Lovelace`.
    #[serde(default)]
    pub name: Option<String>,
    /// Such as `ada@example.org`.
    #[serde(default)]
    pub email: Option<String>,
}

impl Person {
    /// `Ada Lovelace <ada@example.org>`, or what of it is known.
    #[must_use]
    pub fn text(&self) -> Option<String> {
        let known = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
        match (known(&self.name), known(&self.email)) {
            (Some(name), Some(email)) => Some(format!("{name} <{email}>")),
            (one, other) => one.or(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_known_is_said() {
        let text = |json: &str| serde_json::from_str::<Person>(json).expect("a person").text();
        assert_eq!(text(r#"{"name": "Ada", "email": "a@b.c"}"#).as_deref(), Some("Ada <a@b.c>"));
        assert_eq!(text(r#"{"name": "Ada", "email": null}"#).as_deref(), Some("Ada"));
        assert_eq!(text(r#"{"email": "a@b.c", "username": "ada"}"#).as_deref(), Some("a@b.c"));
        assert_eq!(text("{}"), None);
    }
}
