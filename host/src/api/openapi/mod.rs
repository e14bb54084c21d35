//! The API described: `GET /api/openapi.json`, OpenAPI 3.1.
//!
//! It is made from what the host is made of: the table of routes, the table of endpoints with the fields of their
//! resources, the types of the update methods' parameters. Only what stands in no type is written here by hand
//! (`shapes`); that it is true the suite sees, which asks a host for everything and holds the answers against this.

mod about;
mod answers;
mod hooks;
mod pieces;
mod reading;
mod resources;
mod shapes;
mod streams;
mod updates;

pub(super) use about::About;
pub(super) use shapes::*;
pub(super) use streams::*;

use super::routes;
use axum::Json;
use serde_json::Map;
use serde_json::Value;
use serde_json::json;

/// `GET /api/openapi.json`
pub(super) async fn document() -> Json<Value> {
    let mut schemas = schemas();
    schemas.append(&mut resources::schemas());
    let mut paths = Map::new();
    for route in routes::all() {
        let (path, item) = about::operation(&route);
        add(&mut paths, path, item);
    }
    for (path, item) in reading::paths().into_iter().chain(updates::paths(&mut schemas)).chain(hooks::paths()) {
        add(&mut paths, path, item);
    }
    let mut parameters = resources::parameters();
    parameters.insert("idempotency-key".to_owned(), idempotency_key());
    let mut responses = answers::components();
    responses.append(&mut reading::responses());
    responses.append(&mut hooks::responses());
    for (name, says, schema) in [("result", "it is on disk", result()), ("asked", "it is asked for", rpc_answer())] {
        let content = json!({"application/json": {"schema": schema}});
        responses.insert(name.to_owned(), json!({"description": says, "content": content}));
    }
    Json(json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Campanile",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Buildbot's REST v2 for reading, its update methods over HTTP, and deliveries.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "parameters": parameters,
            "responses": responses,
            "requestBodies": {"ask": {"required": true, "content": {"application/json": {"schema": rpc_request()}}}},
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }))
}

/// Several methods share a path.
fn add(paths: &mut Map<String, Value>, path: String, item: Value) {
    let at = paths.entry(path).or_insert_with(|| json!({}));
    if let (Value::Object(at), Value::Object(item)) = (at, item) {
        at.extend(item);
    }
}
