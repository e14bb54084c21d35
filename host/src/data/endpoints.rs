//! Questions to the data API: which path means what, and Buildbot's envelope around the answer.
//!
//! This version answers builders, builds, steps, logs, changes and buildsets by id or by path, and the steps and logs
//! of builds; the parameters `field`, `limit` and `offset`.

use super::DataError;
use crate::model::*;
use crate::store::Reader;
use serde::Serialize;
use serde_json::Map;
use serde_json::Value;
use serde_json::json;

/// What was asked for.
#[derive(Debug)]
pub(super) struct Question {
    path: Vec<String>,
    page: Page,
}

/// Which part of the answer, and which fields.
#[derive(Debug, Default)]
struct Page {
    fields: Vec<String>,
    limit: Option<usize>,
    offset: usize,
}

/// The answer: resources of one kind.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// The plural under which they stand.
    pub plural: &'static str,
    pub items: Vec<Value>,
    /// How many there are in all; absent where one was asked for.
    pub total: Option<usize>,
}

impl Answer {
    /// `{"steps": […], "meta": {"total": 3}}`
    pub fn envelope(self) -> Value {
        let meta = self.total.map_or_else(|| json!({}), |total| json!({"total": total}));
        let mut envelope = Map::new();
        envelope.insert(self.plural.to_owned(), Value::Array(self.items));
        envelope.insert("meta".to_owned(), meta);
        Value::Object(envelope)
    }
}

impl Question {
    /// `path` without the leading slash and without `api/v2`; `query` as it stands behind `?`.
    pub(super) fn parse(path: &str, query: &str) -> Result<Self, DataError> {
        let decode = |text: &str| {
            let text = text.replace('+', " ");
            let decoded = percent_encoding::percent_decode_str(&text).decode_utf8().map(|t| t.into_owned());
            decoded.map_err(|_| DataError::Invalid(format!("{text:?} is not UTF-8")))
        };
        let mut page = Page::default();
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            page.set(&decode(name)?, decode(value)?)?;
        }
        // A plus sign in a path is a plus sign.
        let path = path.split('/').map(|part| decode(&part.replace('+', "%2B"))).collect::<Result<_, _>>()?;
        Ok(Self { path, page })
    }

    pub(super) fn answer(&self, reader: &Reader<'_>) -> Result<Answer, DataError> {
        let parts: Vec<&str> = self.path.iter().map(String::as_str).collect();
        match parts.as_slice() {
            ["builders"] => self.many("builders", reader.builders()?),
            ["builders", builder] => {
                let builder = find_builder(reader, builder)?;
                self.one("builders", builder.map(|id| reader.builder(id)).transpose()?.flatten())
            }
            ["builders", builder, "builds", number, rest @ ..] => {
                let build = match (find_builder(reader, builder)?, number.parse()) {
                    (Some(builder), Ok(number)) => reader.build_by_number(builder, number)?,
                    _ => None,
                };
                let build = build.ok_or_else(|| self.not_found())?;
                self.of_build(reader, build, rest)
            }
            ["builds", id, rest @ ..] => match (self.number(id)?, rest) {
                // Of a build that is not there there are no steps, as Buildbot has it.
                (id, ["steps"]) => self.many("steps", reader.steps_of(BuildId(id))?),
                (id, ["properties"]) => self.one("properties", Some(reader.build_properties(BuildId(id))?)),
                (id, rest) => {
                    let build = reader.build(BuildId(id))?.ok_or_else(|| self.not_found())?;
                    self.of_build(reader, build, rest)
                }
            },
            // Of a step that is not there there are no logs.
            ["steps", id, "logs"] => self.many("logs", reader.logs_of(StepId(self.number(id)?))?),
            ["steps", id, rest @ ..] => {
                let step = reader.step(StepId(self.number(id)?))?;
                self.of_step(reader, step, rest)
            }
            ["logs", id] => self.one("logs", reader.log(LogId(self.number(id)?))?),
            ["changes", id] => self.one("changes", reader.change(ChangeId(self.number(id)?))?),
            ["buildsets", id] => self.one("buildsets", reader.buildset(BuildsetId(self.number(id)?))?),
            ["buildrequests", id] => self.one("buildrequests", reader.buildrequest(BuildRequestId(self.number(id)?))?),
            ["workers", worker] => {
                let id = match worker.parse() {
                    Ok(id) => Some(WorkerId(id)),
                    Err(_) => reader.worker_id(worker)?,
                };
                self.one("workers", id.map(|id| reader.worker(id)).transpose()?.flatten())
            }
            _ => Err(self.not_found()),
        }
    }

    fn of_build(&self, reader: &Reader<'_>, build: Build, rest: &[&str]) -> Result<Answer, DataError> {
        match rest {
            [] => self.one("builds", Some(build)),
            ["properties"] => self.one("properties", Some(reader.build_properties(build.buildid)?)),
            ["steps"] => self.many("steps", reader.steps_of(build.buildid)?),
            ["steps", step, rest @ ..] => {
                let step = match step.parse() {
                    Ok(number) => reader.step_by_number(build.buildid, number)?,
                    Err(_) => reader.step_by_name(build.buildid, step)?,
                };
                self.of_step(reader, step, rest)
            }
            _ => Err(self.not_found()),
        }
    }

    fn of_step(&self, reader: &Reader<'_>, step: Option<Step>, rest: &[&str]) -> Result<Answer, DataError> {
        let step = step.ok_or_else(|| self.not_found())?;
        match rest {
            [] => self.one("steps", Some(step)),
            ["logs"] => self.many("logs", reader.logs_of(step.stepid)?),
            ["logs", slug] => self.one("logs", reader.log_by_slug(step.stepid, slug)?),
            _ => Err(self.not_found()),
        }
    }

    fn one(&self, plural: &'static str, item: Option<impl Serialize>) -> Result<Answer, DataError> {
        let item = item.ok_or_else(|| self.not_found())?;
        Ok(Answer { plural, items: vec![self.page.project(json!(item))?], total: None })
    }

    fn many(&self, plural: &'static str, items: Vec<impl Serialize>) -> Result<Answer, DataError> {
        let total = items.len();
        let shown = items.iter().skip(self.page.offset).take(self.page.limit.unwrap_or(usize::MAX));
        let items = shown.map(|item| self.page.project(json!(item))).collect::<Result<_, _>>()?;
        Ok(Answer { plural, items, total: Some(total) })
    }

    fn number(&self, text: &str) -> Result<i64, DataError> {
        text.parse().map_err(|_| self.not_found())
    }

    fn not_found(&self) -> DataError {
        DataError::NotFound(format!("nothing is found at {}", self.path.join("/")))
    }
}

impl Page {
    fn set(&mut self, name: &str, value: String) -> Result<(), DataError> {
        let number = |value: &str| value.parse().map_err(|_| DataError::Invalid(format!("invalid {name} {value:?}")));
        match name {
            "field" => self.fields.push(value),
            "limit" => self.limit = Some(number(&value)?),
            "offset" => self.offset = number(&value)?,
            _ => return Err(DataError::Invalid(format!("unrecognized query parameter {name:?}"))),
        }
        Ok(())
    }

    /// Only the fields asked for.
    fn project(&self, item: Value) -> Result<Value, DataError> {
        let (Value::Object(mut object), false) = (item.clone(), self.fields.is_empty()) else { return Ok(item) };
        let mut kept = Map::new();
        for field in &self.fields {
            let value = object.remove(field).or_else(|| kept.get(field).cloned());
            let value = value.ok_or_else(|| DataError::Invalid(format!("no such field {field:?}")))?;
            kept.insert(field.clone(), value);
        }
        Ok(Value::Object(kept))
    }
}

/// By id, else by name.
fn find_builder(reader: &Reader<'_>, text: &str) -> Result<Option<BuilderId>, DataError> {
    match text.parse() {
        Ok(id) => Ok(Some(BuilderId(id))),
        Err(_) => Ok(reader.builder_id(text)?),
    }
}
