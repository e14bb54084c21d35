//! Forms of force schedulers: what a field takes, and what a filled form asks for.
//!
//! Fields are described by the CI engine. Known of a description are `name`, `fullName`, `type`, `required`, `default`,
//! `multiple`, `choices`, `strict`, `regex`, `maxsize`, and `fields` of a field that holds others; the rest is for the
//! pages that show the form.

use fancy_regex::Regex;
use fancy_regex::RegexBuilder;
use serde_json::Map;
use serde_json::Value;
use serde_json::json;
use std::collections::BTreeMap;

/// Steps back that a pattern may take for one value.
const MOST_STEPS_BACK: usize = 10_000;

/// Bytes of a compiled pattern.
const LARGEST_PATTERN: usize = 256 * 1024;

/// Characters of a value that a pattern looks at.
const LONGEST_MATCHED: usize = 16 * 1024;

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

#[derive(Debug)]
struct Field {
    full_name: String,
    kind: Kind,
    /// What it says of a source stamp, and of which codebase.
    of_stamp: Option<(String, &'static str)>,
    required: bool,
    multiple: bool,
    default: Value,
    pattern: Option<Regex>,
    longest: Option<u64>,
}

#[derive(Debug)]
enum Kind {
    Text,
    Integer,
    Boolean,
    /// One of these.
    Choice(Vec<Value>),
    /// Always its default.
    Fixed,
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

fn text<'d>(description: &'d Map<String, Value>, key: &str) -> Option<&'d str> {
    description.get(key).and_then(Value::as_str)
}

impl Field {
    fn usual(name: &str, kind: Kind, of_stamp: Option<(String, &'static str)>) -> Self {
        let (full_name, default) = (name.to_owned(), Value::Null);
        Self { full_name, kind, of_stamp, required: false, multiple: false, default, pattern: None, longest: None }
    }

    fn read(description: &Map<String, Value>, name: &str, codebase: &str) -> Result<Self, String> {
        let full_name = text(description, "fullName").unwrap_or(name).to_owned();
        if full_name.is_empty() {
            return Err("a field has neither fullName nor name".to_owned());
        }
        let flag = |key: &str| description.get(key).and_then(Value::as_bool).unwrap_or(false);
        let pattern = text(description, "regex").filter(|pattern| !pattern.is_empty()).map(|pattern| {
            // As Python's `match` does: from the start on, and not necessarily to the end.
            RegexBuilder::new(&format!("\\A(?:{pattern})"))
                .backtrack_limit(MOST_STEPS_BACK)
                .delegate_size_limit(LARGEST_PATTERN)
                .build()
                .map_err(|error| format!("{full_name:?}: regex {pattern:?}: {error}"))
        });
        let stamp = STAMP.into_iter().find(|part| *part == name);
        Ok(Self {
            kind: Kind::read(description),
            of_stamp: stamp.map(|part| (codebase.to_owned(), part)),
            required: flag("required"),
            multiple: flag("multiple"),
            default: description.get("default").cloned().unwrap_or_default(),
            pattern: pattern.transpose()?,
            longest: description.get("maxsize").and_then(Value::as_u64),
            full_name,
        })
    }

    /// The value that counts, or why this one does not do.
    fn take(&self, given: Option<Value>) -> Result<Value, String> {
        let given = match given {
            _ if matches!(self.kind, Kind::Fixed) => return Ok(self.default.clone()),
            None | Some(Value::Null) => None,
            Some(Value::String(text)) if text.trim().is_empty() => None,
            Some(Value::Array(list)) if list.is_empty() => None,
            Some(value) => Some(value),
        };
        match given {
            None if self.required && is_nothing(&self.default) => Err("it is required".to_owned()),
            None => Ok(self.default.clone()),
            Some(Value::Array(list)) if self.multiple => {
                list.into_iter().map(|value| self.single(value)).collect::<Result<_, _>>().map(Value::Array)
            }
            // A page sends each value as a list of one.
            Some(Value::Array(mut list)) if list.len() == 1 => self.single(list.remove(0)),
            Some(Value::Array(list)) => Err(format!("{} values, it takes one", list.len())),
            Some(value) => self.single(value),
        }
    }

    fn single(&self, value: Value) -> Result<Value, String> {
        let shown = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        if let Some(longest) = self.longest.filter(|longest| shown.len() as u64 > *longest) {
            return Err(format!("{} bytes, at most {longest}", shown.len()));
        }
        if let Some(pattern) = &self.pattern {
            let fits = shown.len() <= LONGEST_MATCHED && pattern.is_match(shown.as_str()).unwrap_or(false);
            if !fits {
                return Err(format!("{:?} does not match the pattern of the field", excerpt(&shown)));
            }
        }
        self.kind.take(value, &shown)
    }
}

fn is_nothing(value: &Value) -> bool {
    matches!(value, Value::Null) || value.as_str() == Some("")
}

/// Enough of a text to know it again.
fn excerpt(text: &str) -> String {
    text.chars().take(100).collect()
}

impl Kind {
    fn read(description: &Map<String, Value>) -> Self {
        let choices = description.get("choices").and_then(Value::as_array);
        let strict = description.get("strict").and_then(Value::as_bool).unwrap_or(true);
        match (text(description, "type"), choices) {
            (Some("int"), _) => Self::Integer,
            (Some("bool"), _) => Self::Boolean,
            (Some("fixed"), _) => Self::Fixed,
            (_, Some(choices)) if strict => Self::Choice(choices.clone()),
            _ => Self::Text,
        }
    }

    fn take(&self, value: Value, shown: &str) -> Result<Value, String> {
        match self {
            Self::Text | Self::Fixed => Ok(value),
            Self::Integer => {
                let number = value.as_i64().or_else(|| shown.trim().parse().ok());
                number.map(Value::from).ok_or_else(|| format!("{:?} is no whole number", excerpt(shown)))
            }
            Self::Boolean => match shown.to_ascii_lowercase().as_str() {
                "true" | "on" | "yes" | "1" => Ok(Value::Bool(true)),
                "false" | "off" | "no" | "0" => Ok(Value::Bool(false)),
                _ => Err(format!("{:?} is neither true nor false", excerpt(shown))),
            },
            Self::Choice(choices) if choices.contains(&value) => Ok(value),
            Self::Choice(choices) => {
                Err(format!("{:?} is none of the choices: {}", excerpt(shown), excerpt(&json!(choices).to_string())))
            }
        }
    }
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
