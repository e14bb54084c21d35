//! Forms of force schedulers: what a field takes, and what a filled form asks for.
//!
//! Fields are described by the CI engine. Known of a description are `name`, `fullName`, `type`, `required`, `default`,
//! `multiple`, `choices`, `strict`, `regex`, `maxsize`, and `fields` of a field that holds others; the rest is for the
//! pages that show the form.

mod field;

use field::Field;
use field::Kind;
use field::text;
use serde_json::Map;
use serde_json::Value;
use std::collections::BTreeMap;

/// Fields inside of fields.
const DEEPEST: usize = 8;

/// What each part of a source stamp is called in a form.
const STAMP: [&str; 4] = ["branch", "revision", "repository", "project"];

/// What is asked for besides properties and stamps, whether or not the form has a field for it.
const REASON: &str = "reason";
const PRIORITY: &str = "priority";
const USERNAME: &str = "username";

/// The fields that hold values.
#[derive(Debug)]
pub struct Form {
    fields: Vec<Field>,
}

/// A form that was filled in well.
#[derive(Debug, Default, PartialEq)]
pub struct Filled {
    pub reason: Option<String>,
    pub username: Option<String>,
    pub priority: Option<i64>,
    /// By codebase.
    pub stamps: BTreeMap<String, FormStamp>,
    pub properties: BTreeMap<String, Value>,
}

#[derive(Debug, Default, PartialEq, Eq)]
pub struct FormStamp {
    pub branch: Option<String>,
    pub revision: Option<String>,
    pub repository: String,
    pub project: String,
}

impl Form {
    /// Reads the descriptions of the fields; an error names the field.
    pub fn read(described: &[Map<String, Value>]) -> Result<Self, String> {
        let mut fields = Vec::new();
        read_all(described, &mut fields, ("", DEEPEST))?;
        for (name, what) in [(REASON, Kind::Text), (USERNAME, Kind::Text), (PRIORITY, Kind::Integer)] {
            if fields.iter().all(|field| field.full_name != name) {
                fields.push(Field::usual(name, what, None));
            }
        }
        if fields.iter().all(|field| field.of_stamp.is_none()) {
            let field = |name: &'static str| Field::usual(name, Kind::Text, Some((String::new(), name)));
            fields.extend(STAMP.map(field));
        }
        Ok(Self { fields })
    }

    /// Takes the values by the full names of their fields; for each that is wrong, why.
    pub fn fill(&self, mut values: Map<String, Value>) -> Result<Filled, BTreeMap<String, String>> {
        let (mut filled, mut wrong) = (Filled::default(), BTreeMap::new());
        for field in &self.fields {
            match field.take(values.remove(&field.full_name)) {
                Ok(value) => filled.put(field, value),
                Err(why) => {
                    wrong.insert(field.full_name.clone(), why);
                }
            }
        }
        wrong.extend(values.into_iter().map(|(name, _)| (name, "the form has no such field".to_owned())));
        if wrong.is_empty() { Ok(filled) } else { Err(wrong) }
    }
}

fn read_all(
    described: &[Map<String, Value>],
    fields: &mut Vec<Field>,
    (codebase, depth): (&str, usize),
) -> Result<(), String> {
    for description in described {
        let name = text(description, "name").unwrap_or_default();
        let Some(inner) = description.get("fields") else {
            fields.push(Field::read(description, name, codebase)?);
            continue;
        };
        let inner: Vec<Map<String, Value>> =
            serde_json::from_value(inner.clone()).map_err(|error| format!("{name:?}: fields: {error}"))?;
        if depth == 0 {
            return Err(format!("{name:?}: fields lie too deep in fields, at most {DEEPEST}"));
        }
        let of_stamp = inner.iter().any(|field| text(field, "name").is_some_and(|name| STAMP.contains(&name)));
        let own = text(description, "codebase").unwrap_or(if of_stamp { name } else { codebase });
        read_all(&inner, fields, (own, depth - 1))?;
    }
    Ok(())
}

impl Filled {
    fn put(&mut self, field: &Field, value: Value) {
        let text = || value.as_str().filter(|text| !text.is_empty()).map(str::to_owned);
        match (&field.of_stamp, field.full_name.as_str()) {
            (Some((codebase, part)), _) => {
                let stamp = self.stamps.entry(codebase.clone()).or_default();
                match *part {
                    "branch" => stamp.branch = text(),
                    "revision" => stamp.revision = text(),
                    "repository" => stamp.repository = text().unwrap_or_default(),
                    _ => stamp.project = text().unwrap_or_default(),
                }
            }
            (None, REASON) => self.reason = text(),
            (None, USERNAME) => self.username = text(),
            (None, PRIORITY) => self.priority = value.as_i64(),
            (None, _) if value.is_null() => {}
            (None, name) => {
                self.properties.insert(name.to_owned(), value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn form(fields: &Value) -> Result<Form, String> {
        Form::read(&serde_json::from_value::<Vec<_>>(fields.clone()).expect("a list of objects"))
    }

    fn fill(fields: &Value, values: Value) -> Result<Filled, BTreeMap<String, String>> {
        form(fields).expect("a form").fill(serde_json::from_value(values).expect("an object"))
    }

    #[test]
    fn fields_say_what_they_do_not_take() {
        let fields = json!([
            {"name": "reason", "type": "text", "required": true},
            {"name": "level", "type": "int"},
            {"name": "fast", "type": "bool"},
            {"name": "os", "type": "list", "choices": ["linux", "mac"], "strict": true},
            {"name": "tag", "type": "text", "regex": "v(?=[0-9])", "maxsize": 8},
            {"name": "secret", "type": "fixed", "default": "kept"},
            {"name": "more", "type": "list", "choices": ["a", "b"], "multiple": true},
        ]);
        let check = |name: &str, value: Value, why: &str| {
            let mut values = json!({"reason": "x"});
            values[name] = value;
            let wrong = fill(&fields, values).expect_err("it is wrong");
            assert_eq!(wrong.len(), 1, "{wrong:?}");
            assert!(wrong[name].contains(why), "{wrong:?}");
        };
        check("reason", json!(" "), "required");
        check("level", json!("seven"), "no whole number");
        check("fast", json!("maybe"), "neither true nor false");
        check("os", json!("beos"), "none of the choices");
        check("tag", json!("x1"), "does not match");
        check("tag", json!("v12345678"), "9 bytes, at most 8");
        check("more", json!(["a", "c"]), "none of the choices");
        check("level", json!([1, 2]), "it takes one");
        check("zork", json!(1), "no such field");
        let values =
            json!({"reason": "x", "level": "7", "fast": "on", "tag": ["v1"], "secret": "other", "more": ["a", "b"]});
        let properties = json!({"level": 7, "fast": true, "tag": "v1", "secret": "kept", "more": ["a", "b"]});
        assert_eq!(json!(fill(&fields, values).expect("it is right").properties), properties);
    }

    #[test]
    fn a_form_asks_for_sources_by_codebase() {
        let fields = json!([
            {"name": "username", "type": "username"},
            {"name": "all", "type": "nested", "fields": [
                {"name": "lib", "type": "nested", "fields": [
                    {"name": "branch", "fullName": "lib_branch", "type": "text", "default": "main"},
                    {"name": "revision", "fullName": "lib_revision", "type": "text"},
                ]},
                {"name": "", "codebase": "app", "fields": [{"name": "branch", "fullName": "app_branch"}]},
            ]},
        ]);
        let filled = fill(&fields, json!({"lib_revision": "abc", "priority": 3, "username": "ada"})).expect("right");
        assert_eq!((filled.priority, filled.username.as_deref()), (Some(3), Some("ada")));
        let lib = FormStamp { branch: Some("main".into()), revision: Some("abc".into()), ..FormStamp::default() };
        assert_eq!(filled.stamps, [("lib".to_owned(), lib), ("app".to_owned(), FormStamp::default())].into());
        let plain = fill(&json!([]), json!({"branch": "dev"})).expect("right");
        assert_eq!(plain.stamps[""].branch.as_deref(), Some("dev"));
    }

    #[test]
    fn a_form_that_does_not_read_names_the_field() {
        let check = |fields: Value, why: &str| {
            let said = form(&fields).expect_err("it does not read");
            assert!(said.contains(why), "{said}");
        };
        check(json!([{"name": "x", "regex": "("}]), "\"x\": regex");
        check(json!([{"type": "text"}]), "neither fullName nor name");
        check(json!([{"name": "x", "fields": 7}]), "\"x\": fields");
    }
}
