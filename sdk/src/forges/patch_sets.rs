//! The patch sets of Gerrit's changes that a report is about.

use serde::Deserialize;
use serde_json::Value;

use super::segment;
use crate::generators::Report;

/// A revision of a change, each as it stands in a URL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PatchSet {
    /// The change, such as `4321` or `project~branch~I0123`.
    pub change: String,
    /// Its revision, such as `2` or `current`.
    pub revision: String,
}

/// As an element of the property `gerrit_changes`: each a number or a text.
#[derive(Deserialize)]
struct Listed {
    change_id: Value,
    revision_id: Value,
}

/// The patch sets of the property `gerrit_changes`, a list of `{change_id, revision_id}`; else the one of the properties
/// `event.change.number` and `event.patchSet.number`.
///
/// # Errors
/// There is none, or what is there does not fit.
pub fn patch_sets(report: &Report<'_>) -> Result<Vec<PatchSet>, String> {
    if let Some(listed) = report.property_text("gerrit_changes") {
        let wrong = || String::from("the property gerrit_changes is no list of {change_id, revision_id}");
        let listed: Vec<Listed> = serde_json::from_str(&listed).map_err(|_| wrong())?;
        let patch_set = |Listed { change_id, revision_id }: &Listed| {
            Some(PatchSet { change: part(change_id)?, revision: part(revision_id)? })
        };
        return listed.iter().map(patch_set).collect::<Option<_>>().ok_or_else(wrong);
    }
    let number = |name: &str| part(&Value::from(report.property_text(name)?));
    let pair = number("event.change.number").zip(number("event.patchSet.number"));
    let none = "it is of no change of Gerrit's: there is no property gerrit_changes, nor event.change.number";
    let (change, revision) = pair.ok_or(none)?;
    Ok(vec![PatchSet { change, revision }])
}

fn part(value: &Value) -> Option<String> {
    match value {
        Value::Number(number) => Some(number.to_string()),
        Value::String(text) if text.bytes().any(|byte| byte != b'.') => Some(segment(text)),
        _ => None,
    }
}
