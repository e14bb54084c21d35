//! Fields of forms: what one takes.

use super::STAMP;
use fancy_regex::Regex;
use fancy_regex::RegexBuilder;
use serde_json::Map;
use serde_json::Value;
use serde_json::json;

/// Steps back that a pattern may take for one value.
const MOST_STEPS_BACK: usize = 10_000;

/// Bytes of a compiled pattern.
const LARGEST_PATTERN: usize = 256 * 1024;

/// Characters of a value that a pattern looks at.
const LONGEST_MATCHED: usize = 16 * 1024;

#[derive(Debug)]
pub(super) struct Field {
    pub(super) full_name: String,
    kind: Kind,
    /// What it says of a source stamp, and of which codebase.
    pub(super) of_stamp: Option<(String, &'static str)>,
    required: bool,
    multiple: bool,
    default: Value,
    pattern: Option<Regex>,
    longest: Option<u64>,
}

#[derive(Debug)]
pub(super) enum Kind {
    Text,
    Integer,
    Boolean,
    /// One of these.
    Choice(Vec<Value>),
    /// Always its default.
    Fixed,
}

pub(super) fn text<'d>(description: &'d Map<String, Value>, key: &str) -> Option<&'d str> {
    description.get(key).and_then(Value::as_str)
}

impl Field {
    pub(super) fn usual(name: &str, kind: Kind, of_stamp: Option<(String, &'static str)>) -> Self {
        let (full_name, default) = (name.to_owned(), Value::Null);
        Self { full_name, kind, of_stamp, required: false, multiple: false, default, pattern: None, longest: None }
    }

    pub(super) fn read(description: &Map<String, Value>, name: &str, codebase: &str) -> Result<Self, String> {
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
    pub(super) fn take(&self, given: Option<Value>) -> Result<Value, String> {
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
