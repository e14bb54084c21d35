//! Reading a build's report: its properties as text.

use std::borrow::Cow;

use crate::contract::BuildReport;
use crate::contract::Property;

impl BuildReport {
    /// The property of this name, if it was wanted and is there.
    #[must_use]
    pub fn property(&self, name: &str) -> Option<&Property> {
        self.properties.iter().find(|property| property.name == name)
    }

    /// The property as text: a string without its quotes, anything else as JSON; `None` also for `null`.
    #[must_use]
    pub fn property_text(&self, name: &str) -> Option<Cow<'_, str>> {
        self.property(name).and_then(Property::text)
    }
}

impl Property {
    /// The value as text: a string without its quotes, anything else as JSON; `None` for `null`.
    #[must_use]
    pub fn text(&self) -> Option<Cow<'_, str>> {
        let json = self.value.trim();
        if json == "null" {
            return None;
        }
        let Some(inside) = json.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) else {
            return Some(Cow::Borrowed(json));
        };
        // Nearly every property is a plain string; only one with escapes has to be parsed.
        if !inside.contains('\\') {
            return Some(Cow::Borrowed(inside));
        }
        Some(serde_json::from_str(json).map_or(Cow::Borrowed(json), Cow::Owned))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(json: &str, text: Option<&str>) {
        let property = Property { name: "p".into(), value: json.into(), source: "test".into() };
        assert_eq!(property.text().as_deref(), text);
    }

    #[test]
    fn a_property_as_text() {
        check(r#""main""#, Some("main"));
        check(r#""a\"b\u00e4""#, Some("a\"bä"));
        check("", Some(""));
        check(r#""""#, Some(""));
        check("7", Some("7"));
        check(r#"{"lib": "r1"}"#, Some(r#"{"lib": "r1"}"#));
        check("null", None);
    }
}
