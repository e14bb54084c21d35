//! The update methods: one path each, with the schema of its parameters as their types have it.

use super::about;
use super::answers;
use super::shapes;
use crate::api::access::Access;
use crate::api::access::Gate;
use crate::api::access::Pace;
use crate::api::access::Tone;
use crate::data::updates::Update;
use crate::model::Scope;
use schemars::generate::SchemaSettings;
use serde_json::Map;
use serde_json::Value;
use serde_json::json;

const GATE: Gate = Gate { access: Access::Scope(Scope::Update), tone: Tone::Plain, pace: Pace::Answer };

/// Each path with its operation; the types that parameters refer to come into `schemas`.
pub(super) fn paths(schemas: &mut Map<String, Value>) -> Vec<(String, Value)> {
    let settings = SchemaSettings::draft2020_12().with(|settings| {
        settings.definitions_path = "/components/schemas".into();
        settings.meta_schema = None;
    });
    let mut generator = settings.for_deserialize().into_generator();
    let parameters = Update::schemas(&mut generator);
    schemas.extend(generator.take_definitions(true));
    schemas.insert("UpdateMethod".to_owned(), json!({"enum": Update::METHODS}));
    parameters.into_iter().map(|(method, schema)| path(method, schema.to_value())).collect()
}

fn path(method: &str, mut schema: Value) -> (String, Value) {
    let mut description = json!("");
    if let Value::Object(schema) = &mut schema {
        schema.remove("title");
        description = schema.remove("description").unwrap_or_default();
        schema.entry("type").or_insert(json!("object"));
        let properties = schema.entry("properties").or_insert(json!({}));
        properties["at"] = shapes::at();
    }
    let mut responses = json!({"200": {"$ref": "#/components/responses/result"}});
    answers::add(&mut responses, &GATE, &[400, 404, 408, 413, 415, 422]);
    let operation = json!({
        "operationId": method,
        "summary": description,
        "security": about::security(&GATE),
        "parameters": [{"$ref": "#/components/parameters/idempotency-key"}],
        "requestBody": {"required": true, "content": {"application/json": {"schema": schema}}},
        "responses": responses,
    });
    (format!("/api/v2/updates/{method}"), json!({"post": operation}))
}
