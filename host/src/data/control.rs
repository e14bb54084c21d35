//! What a reporter may ask of the CI system: builds, stops and shutdowns. An engine follows the events.

use super::updates;
use super::updates::AddBuildset;
use super::updates::StampFields;
use super::updates::Update;
use super::updates::UpdateError;
use crate::model::*;
use crate::store::Tx;
use serde_json::Value;
use serde_json::json;

/// Who set the properties of a forced build, as Buildbot's chat says it.
const SOURCE: &str = "Force Build Chat";

/// Writes the request's rows and events, and returns what came of it.
pub fn apply(tx: &mut Tx<'_>, now: Timestamp, control: &Control) -> Result<Value, UpdateError> {
    match control {
        Control::Force(force) => Update::AddBuildset(buildset(force)?).apply(tx, now),
        Control::Stop { build, reason } => {
            updates::build(tx, *build)?;
            tell(tx, now, format!("control/builds/{build}/stop"), json!({"reason": reason}))
        }
        Control::Shutdown(shutdown) => {
            let verb = match shutdown {
                Shutdown::Start => "start",
                Shutdown::Cancel => "cancel",
                Shutdown::Now => "now",
            };
            tell(tx, now, format!("control/shutdown/{verb}"), json!({}))
        }
        Control::Other(_) => {
            Err(UpdateError::Invalid { param: "control", message: "this host does not know that request".to_owned() })
        }
    }
}

fn tell(tx: &mut Tx<'_>, now: Timestamp, topic: String, body: Value) -> Result<Value, UpdateError> {
    tx.append_event(now, NewEvent { topics: vec![topic], body: body.to_string() })?;
    Ok(Value::Null)
}

fn buildset(force: &ForceBuild) -> Result<AddBuildset, UpdateError> {
    let mut properties = Properties::new();
    for (name, value) in &force.properties {
        let value = serde_json::from_str(value)
            .map_err(|error| UpdateError::Invalid { param: "properties", message: format!("{name}: {error}") })?;
        properties.insert(name.clone(), (value, SOURCE.to_owned()));
    }
    for (name, value) in [("reason", &force.reason), ("owner", &force.owner)] {
        properties.insert(name.to_owned(), (json!(value), SOURCE.to_owned()));
    }
    let stamp = StampFields {
        branch: force.branch.clone(),
        revision: force.revision.clone(),
        project: force.project.clone().unwrap_or_default(),
        codebase: force.codebase.clone().unwrap_or_default(),
        ..StampFields::default()
    };
    Ok(AddBuildset {
        reason: force.reason.clone(),
        properties,
        builderids: vec![force.builder],
        sourcestamps: vec![updates::Stamp::New(Box::new(stamp))],
        ..AddBuildset::default()
    })
}
