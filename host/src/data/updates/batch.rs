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

    fn apply(self, tx: &mut Tx<'_>, now: Timestamp, results: &[Value]) -> Result<Value, (String, UpdateError)> {
        match self {
            Self::Ready { method, update, at } => update.apply(tx, at.unwrap_or(now)).map_err(|error| (method, error)),
            Self::Referring { method, params, at } => {
                let applied = fill_in(params, results)
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
    let mut results = Vec::with_capacity(calls.len());
    for (index, call) in calls.into_iter().enumerate() {
        match call.apply(tx, now, &results) {
            Ok(result) => results.push(result),
            Err((_, UpdateError::Store(error))) => return Err(error.into()),
            Err((method, source)) => return Err(UpdateError::InBatch { index, method, source: Box::new(source) }),
        }
    }
    Ok(results)
}

/// Puts earlier results in the place of what names them.
fn fill_in(value: Value, results: &[Value]) -> Result<Value, String> {
    match value {
        Value::Object(map) => match (map.len(), map.get("$result")) {
            (1, Some(reference)) => look_up(&fill_in(reference.clone(), results)?, results),
            _ => {
                map.into_iter().map(|(k, v)| Ok((k, fill_in(v, results)?))).collect::<Result<_, _>>().map(Value::Object)
            }
        },
        Value::Array(list) => list.into_iter().map(|v| fill_in(v, results)).collect::<Result<_, _>>().map(Value::Array),
        plain => Ok(plain),
    }
}

fn look_up(reference: &Value, results: &[Value]) -> Result<Value, String> {
    let (index, path) = match reference {
        Value::Array(parts) => match parts.split_first() {
            Some((index, path)) => (index, path),
            None => return Err("$result is empty".to_owned()),
        },
        index => (index, [].as_slice()),
    };
    let found = index.as_u64().and_then(|i| results.get(usize::try_from(i).ok()?));
    let found = found.ok_or_else(|| format!("$result {index} names no earlier call of the batch"))?;
    path.iter().try_fold(found, |value, part| step_into(value, part)).cloned()
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
