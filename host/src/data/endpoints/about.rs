//! What the data API says of itself, and single objects that are no resources.

use super::super::DataError;
use super::answer::Resources;
use super::endpoint::Endpoint;
use super::pattern::KeyKind;
use super::pattern::Part;
use super::table::ENDPOINTS;
use crate::store::query::Field;
use crate::store::query::Kind;
use crate::store::query::Resource;
use serde::Serialize;
use serde_json::Value;
use serde_json::json;
use std::collections::BTreeSet;

/// One object in the envelope.
pub(super) fn object(object: &impl Serialize, plural: &str) -> Result<Resources, DataError> {
    let mut text = Resources::begin();
    serde_json::to_writer(&mut text, object).map_err(|error| crate::store::StoreError::Corrupt {
        what: "an object of the data API",
        reason: error.to_string(),
    })?;
    Ok(Resources::close(text, plural, None))
}

/// `GET /`
pub(super) fn root_links() -> Resources {
    let names: BTreeSet<&str> = endpoints().filter_map(root_name).collect();
    list(names.into_iter().map(|name| json!({"name": name})), "rootlinks")
}

/// `GET /application.spec`
pub(super) fn specification() -> Resources {
    let specs = endpoints().filter_map(|endpoint| Some((endpoint, endpoint.gives.resource()?)));
    let specs = specs.map(|(endpoint, resource)| {
        json!({
            "path": path(endpoint),
            "plural": resource.plural,
            "type": resource.name,
            "type_spec": {"type": resource.name, "fields": fields(resource)},
        })
    });
    list(specs, "specs")
}

fn endpoints() -> impl Iterator<Item = &'static Endpoint> {
    ENDPOINTS.iter().copied().flatten()
}

fn root_name(endpoint: &'static Endpoint) -> Option<&'static str> {
    let name = endpoint.pattern.trim_start_matches('/');
    (!name.contains('/') && endpoint.gives.is_collection() && endpoint.gives.resource().is_some()).then_some(name)
}

/// With keys as Buildbot writes them: `builds/n:buildid`.
fn path(endpoint: &Endpoint) -> String {
    let parts = endpoint.parts().map(|part| match part {
        Part::Word(word) => word.to_owned(),
        Part::Key { name, kind: KeyKind::Number } => format!("n:{name}"),
        Part::Key { name, kind: KeyKind::Identifier } => format!("i:{name}"),
        Part::Key { name, kind: KeyKind::Text } => format!("s:{name}"),
    });
    parts.collect::<Vec<_>>().join("/")
}

fn fields(resource: &Resource) -> Vec<Value> {
    let field = |field: &Field| json!({"name": field.name, "type": type_name(field.kind), "nullable": field.nullable});
    resource.fields.iter().map(field).collect()
}

fn type_name(kind: Kind) -> &'static str {
    match kind {
        Kind::Number => "integer",
        Kind::Time => "datetime",
        Kind::Flag => "boolean",
        Kind::Text => "string",
        Kind::Numbers | Kind::Texts | Kind::Objects | Kind::Records(_) => "list",
        Kind::Properties => "sourcedproperties",
        Kind::Map | Kind::Object => "jsonobject",
        Kind::Record(_) => "entity",
    }
}

fn list(items: impl Iterator<Item = Value>, plural: &str) -> Resources {
    let items: Vec<String> = items.map(|item| item.to_string()).collect();
    let mut text = Resources::begin();
    text.extend_from_slice(items.join(",").as_bytes());
    Resources::close(text, plural, i64::try_from(items.len()).ok())
}
