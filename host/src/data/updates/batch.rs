//! Several calls in one transaction; a later one may name the result of an earlier one.
//!
//! `{"$result": 0}` stands for the whole result of the first call, `{"$result": [0, "stepid"]}` for a field of it. The
//! name of the field may be a result too.

use super::Update;
use super::UpdateError;
use crate::model::Timestamp;
use crate::store::Tx;
use serde_json::Value;

/// Calls in one batch.
pub const MOST_CALLS: usize = 10_000;

/// What earlier results may take, in bytes, where they stand in for what names them.
const MOST_FILLED_BYTES: usize = 16 * 1024 * 1024;

/// One call of a batch.
#[derive(Debug)]
pub enum Call {
    Ready {
        method: String,
        update: Box<Update>,
        at: Option<Timestamp>,
    },
    /// It names earlier results, and is parsed when they are there.
    Referring {
        method: String,
        params: Value,
        at: Option<Timestamp>,
    },
}

impl Call {
    /// Reads a call; what names earlier results is checked as far as it can be.
    pub fn parse(method: String, params: &str, at: Option<Timestamp>) -> Result<Self, UpdateError> {
        if !Update::METHODS.contains(&method.as_str()) {
            return Err(UpdateError::UnknownMethod(method));
        }
        if params.contains("\"$result\"") {
            let params = serde_json::from_str(params)
                .map_err(|error| UpdateError::Params { method: method.clone(), message: error.to_string() })?;
            return Ok(Self::Referring { method, params, at });
        }
        Ok(Self::Ready { update: Box::new(Update::parse(&method, params)?), method, at })
    }

    fn apply(self, tx: &mut Tx<'_>, now: Timestamp, earlier: &mut Earlier) -> Result<Value, (String, UpdateError)> {
        match self {
            Self::Ready { method, update, at } => update.apply(tx, at.unwrap_or(now)).map_err(|error| (method, error)),
            Self::Referring { method, params, at } => {
                let applied = earlier
                    .fill_in(params)
                    .map_err(|message| UpdateError::Params { method: method.clone(), message })
                    .and_then(|params| Update::parse(&method, &params.to_string()))
                    .and_then(|update| update.apply(tx, at.unwrap_or(now)));
                applied.map_err(|error| (method, error))
            }
        }
    }
}

/// Applies the calls in order; the first that is refused ends it.
pub fn apply_batch(calls: Vec<Call>, tx: &mut Tx<'_>, now: Timestamp) -> Result<Vec<Value>, UpdateError> {
    let mut earlier = Earlier { results: Vec::with_capacity(calls.len()), left: MOST_FILLED_BYTES };
    for (index, call) in calls.into_iter().enumerate() {
        match call.apply(tx, now, &mut earlier) {
            Ok(result) => earlier.results.push(result),
            Err((_, UpdateError::Store(error))) => return Err(error.into()),
            Err((method, source)) => return Err(UpdateError::InBatch { index, method, source: Box::new(source) }),
        }
    }
    Ok(earlier.results)
}

/// The results so far, and how many bytes of them may still be filled in.
struct Earlier {
    results: Vec<Value>,
    left: usize,
}

impl Earlier {
    /// Puts earlier results in the place of what names them.
    fn fill_in(&mut self, value: Value) -> Result<Value, String> {
        match value {
            Value::Object(map) => match (map.len(), map.get("$result")) {
                (1, Some(reference)) => {
                    let reference = self.fill_in(reference.clone())?;
                    self.copy(&reference)
                }
                _ => {
                    let filled = map.into_iter().map(|(key, value)| Ok((key, self.fill_in(value)?)));
                    filled.collect::<Result<_, _>>().map(Value::Object)
                }
            },
            Value::Array(list) => {
                list.into_iter().map(|value| self.fill_in(value)).collect::<Result<_, _>>().map(Value::Array)
            }
            plain => Ok(plain),
        }
    }

    fn copy(&mut self, reference: &Value) -> Result<Value, String> {
        let found = look_up(reference, &self.results)?;
        let left = take(self.left, found);
        self.left = left.ok_or_else(|| {
            format!("the results that $result fills in take more than {} MiB", MOST_FILLED_BYTES / (1024 * 1024))
        })?;
        Ok(found.clone())
    }
}

/// What is left when the value is copied; nothing when it does not fit.
fn take(left: usize, value: &Value) -> Option<usize> {
    let left = left.checked_sub(size_of::<Value>())?;
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => Some(left),
        Value::String(text) => left.checked_sub(text.len()),
        Value::Array(list) => list.iter().try_fold(left, take),
        Value::Object(map) => map.iter().try_fold(left, |left, (key, value)| take(left.checked_sub(key.len())?, value)),
    }
}

fn look_up<'v>(reference: &Value, results: &'v [Value]) -> Result<&'v Value, String> {
    let (index, path) = match reference {
        Value::Array(parts) => match parts.split_first() {
            Some((index, path)) => (index, path),
            None => return Err("$result is empty".to_owned()),
        },
        index => (index, [].as_slice()),
    };
    let found = index.as_u64().and_then(|i| results.get(usize::try_from(i).ok()?));
    let found = found.ok_or_else(|| format!("$result {index} names no earlier call of the batch"))?;
    path.iter().try_fold(found, |value, part| step_into(value, part))
}

fn step_into<'v>(value: &'v Value, part: &Value) -> Result<&'v Value, String> {
    let key = match part {
        Value::String(key) => key.clone(),
        other => other.to_string(),
    };
    value.get(&key).ok_or_else(|| format!("$result has no {key:?}, it is {value}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn results_stand_in_for_what_names_them() {
        let fill_in = |value, results: &[Value]| Earlier { results: results.to_vec(), left: 1000 }.fill_in(value);
        let results = [json!({"stepid": 7, "brids": {"3": 9}}), json!(5)];
        let check = |value: Value, expected: Result<Value, &str>| {
            assert_eq!(fill_in(value, &results), expected.map_err(str::to_owned));
        };
        check(json!({"a": {"$result": 1}}), Ok(json!({"a": 5})));
        check(json!([{"$result": [0, "stepid"]}]), Ok(json!([7])));
        check(json!({"x": {"$result": [0, "brids", 3]}}), Ok(json!({"x": 9})));
        let results = [json!(3), json!({"brids": {"3": 9}})];
        let request = json!({"$result": [1, "brids", {"$result": 0}]});
        assert_eq!(fill_in(request, &results), Ok(json!(9)));
        check(json!({"$result": 2}), Err("$result 2 names no earlier call of the batch"));
        check(json!({"$result": [1, "id"]}), Err("$result has no \"id\", it is 5"));
    }
}
