//! What is wrong with settings, in words for the operator, all at once.

use crate::model::Problem;
use crate::plugin::settings::spelling::snake;
use crate::plugin::settings::walk;
use crate::plugin::settings::walk::Node;
use jsonschema::ValidationError;
use jsonschema::Validator;
use jsonschema::error::ValidationErrorKind;
use serde_json::Value;

/// More than anybody reads.
const MANY: usize = 100;
/// A longer message does not repeat the value.
const SHOWN_CHARS: usize = 160;

pub(super) fn find(validator: &Validator, schema: &Value, settings: &Value) -> Vec<Problem> {
    let finder = Finder { schema, settings };
    let mut problems: Vec<Problem> =
        validator.iter_errors(settings).take(MANY).flat_map(|error| finder.problems(&error)).collect();
    problems.dedup();
    problems
}

struct Finder<'s> {
    schema: &'s Value,
    settings: &'s Value,
}

impl Finder<'_> {
    fn problems(&self, error: &ValidationError<'_>) -> Vec<Problem> {
        let at = error.instance_path().as_str();
        match error.kind() {
            ValidationErrorKind::AdditionalProperties { unexpected }
            | ValidationErrorKind::UnevaluatedProperties { unexpected } => {
                unexpected.iter().map(|key| self.unknown(at, key)).collect()
            }
            ValidationErrorKind::Required { property } => {
                let key = property.as_str().unwrap_or_default();
                vec![Problem { at: at.to_owned(), message: format!("the setting {key:?} is missing") }]
            }
            ValidationErrorKind::AnyOf { context } | ValidationErrorKind::OneOfNotValid { context } => {
                match meant(at, context) {
                    Some(errors) => errors.iter().flat_map(|error| self.problems(error)).collect(),
                    None => vec![untagged(context).unwrap_or_else(|| none_of(at, context))],
                }
            }
            _ => vec![plain(at, error)],
        }
    }

    fn unknown(&self, at: &str, key: &str) -> Problem {
        let flat = self.nodes_at(at);
        let wanted = snake(key);
        let near = walk::keys(&flat)
            .map(|known| (strsim::damerau_levenshtein(&snake(known), &wanted), known))
            .filter(|(distance, known)| *distance <= 1 + known.len() / 4)
            .min();
        let message = match near {
            Some((_, near)) => format!("unknown setting {key:?}, did you mean {near:?}?"),
            None => format!("unknown setting {key:?}"),
        };
        Problem { at: walk::join(at, key), message }
    }

    /// The subschemas for the object at a pointer.
    fn nodes_at(&self, pointer: &str) -> Vec<&Node> {
        let mut value = self.settings;
        let mut flat = walk::flatten(self.schema, self.schema, value);
        for part in pointer.split('/').skip(1) {
            let part = part.replace("~1", "/").replace("~0", "~");
            let (inner, nodes) = match value {
                Value::Array(list) => {
                    let index = part.parse().unwrap_or(usize::MAX);
                    (list.get(index), walk::element(&flat, index))
                }
                _ => (value.get(&part), walk::property(&flat, &part)),
            };
            let Some(inner) = inner else { return Vec::new() };
            value = inner;
            flat = nodes.into_iter().flat_map(|node| walk::flatten(self.schema, node, value)).collect();
        }
        flat
    }
}

/// Of alternatives none of which fit, the errors of the one that was meant: the only one whose errors lie deeper than
/// the value itself, or are about its keys.
fn meant<'e>(at: &str, alternatives: &'e [Vec<ValidationError<'static>>]) -> Option<&'e Vec<ValidationError<'static>>> {
    let is_about_keys = |error: &ValidationError<'_>| {
        matches!(
            error.kind(),
            ValidationErrorKind::AdditionalProperties { .. }
                | ValidationErrorKind::UnevaluatedProperties { .. }
                | ValidationErrorKind::Required { .. }
        )
    };
    let is_tag = |error: &ValidationError<'_>| matches!(error.kind(), ValidationErrorKind::Constant { .. });
    let mut meant = alternatives.iter().filter(|errors| {
        let deep = |error: &ValidationError<'_>| error.instance_path().as_str().len() > at.len();
        errors.iter().all(|error| !is_tag(error) && (deep(error) || is_about_keys(error)))
    });
    let first = meant.next()?;
    if meant.next().is_some() { None } else { Some(first) }
}

/// Alternatives that a constant tells apart, such as `kind`, and a value that is none of them.
fn untagged(alternatives: &[Vec<ValidationError<'static>>]) -> Option<Problem> {
    let tag = |errors: &Vec<ValidationError<'static>>| {
        errors.iter().find_map(|error| match error.kind() {
            ValidationErrorKind::Constant { expected_value } => {
                Some((error.instance_path().as_str().to_owned(), expected_value.to_string()))
            }
            _ => None,
        })
    };
    let tags: Vec<(String, String)> = alternatives.iter().map(tag).collect::<Option<_>>()?;
    let (at, _) = tags.first()?.clone();
    let values: Vec<String> =
        tags.into_iter().map(|(place, value)| (place == at).then_some(value)).collect::<Option<_>>()?;
    Some(named(at, format!("expected one of {}", values.join(", "))))
}

/// Alternatives none of which is nearer than another: what each of them misses.
fn none_of(at: &str, alternatives: &[Vec<ValidationError<'static>>]) -> Problem {
    let mut missed: Vec<String> = alternatives.iter().filter_map(|errors| errors.first()).map(shown).collect();
    missed.dedup();
    named(at.to_owned(), missed.join(", and "))
}

fn plain(at: &str, error: &ValidationError<'_>) -> Problem {
    named(at.to_owned(), shown(error))
}

/// A message that begins with the key it is about.
fn named(at: String, text: String) -> Problem {
    let key = at.rsplit('/').find(|part| part.parse::<usize>().is_err()).unwrap_or_default();
    let message = if key.is_empty() { text } else { format!("{key}: {text}") };
    Problem { at, message }
}

fn shown(error: &ValidationError<'_>) -> String {
    let text = error.to_string();
    if text.chars().count() > SHOWN_CHARS { error.masked_with("the value").to_string() } else { text }
}
