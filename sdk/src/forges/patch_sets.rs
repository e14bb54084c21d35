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
/// `event.change.number` and `event.patchSet.number`; or why one is none. There is always at least one answer.
#[must_use]
pub fn patch_sets(report: &Report<'_>) -> Vec<Result<PatchSet, String>> {
    if let Some(listed) = report.property_text("gerrit_changes") {
        return match serde_json::from_str::<Vec<Value>>(&listed) {
            Ok(listed) if listed.is_empty() => vec![Err(String::from("the property gerrit_changes is empty"))],
            Ok(listed) => listed.into_iter().map(patch_set).collect(),
            Err(_) => vec![Err(String::from("the property gerrit_changes is no list of {change_id, revision_id}"))],
        };
    }
    let number = |name: &str| part(&Value::from(report.property_text(name)?));
    let pair = number("event.change.number").zip(number("event.patchSet.number"));
    let none =
        || String::from("it is of no change of Gerrit's: there is no property gerrit_changes, nor event.change.number");
    vec![pair.map(|(change, revision)| PatchSet { change, revision }).ok_or_else(none)]
}

fn patch_set(element: Value) -> Result<PatchSet, String> {
    let wrong = format!("{element} of the property gerrit_changes is no {{change_id, revision_id}}");
    let read =
        |Listed { change_id, revision_id }| Some(PatchSet { change: part(&change_id)?, revision: part(&revision_id)? });
    serde_json::from_value(element).ok().and_then(read).ok_or(wrong)
}

/// As it stands in a path. Gerrit gives ids of changes encoded (`group%2Fproject~main~I01`), and so they stay.
fn encoded(text: &str) -> String {
    let mut parts = text.split('%');
    let mut whole = segment(parts.next().unwrap_or_default());
    for part in parts {
        let is_byte = part.len() >= 2 && part.bytes().take(2).all(|byte| byte.is_ascii_hexdigit());
        whole.push_str(if is_byte { "%" } else { "%25" });
        whole.push_str(&segment(part));
    }
    whole
}

fn part(value: &Value) -> Option<String> {
    match value {
        Value::Number(number) => Some(number.to_string()),
        Value::String(text) if text.bytes().any(|byte| byte != b'.') => Some(encoded(text)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::forges::first_report;
    use crate::forges::start_end;
    use crate::plugin::Site;
    use crate::testing::Given;
    use crate::testing::a_build;

    #[track_caller]
    fn check(listed: Value, expected: &[Result<(&str, &str), &str>]) {
        let event = a_build("linux").property_json("gerrit_changes", listed).finished();
        let site = Site { title: "Acme CI", url: "https://ci.example/" };
        let given = Given::settings(json!({}));
        let report = first_report(&start_end(None, None), site, &event, &given).expect("nothing fails");
        let told = patch_sets(&report.expect("a report"));
        assert_eq!(told.len(), expected.len(), "{told:?}");
        for (told, expected) in told.iter().zip(expected) {
            match (told, expected) {
                (Ok(told), Ok(expected)) => assert_eq!((told.change.as_str(), told.revision.as_str()), *expected),
                (Err(told), Err(expected)) => assert!(told.contains(expected), "{told}"),
                _ => panic!("{told:?} instead of {expected:?}"),
            }
        }
    }

    #[test]
    fn each_by_itself() {
        let good = json!({"change_id": "g%2Fp~main~I01", "revision_id": 2});
        check(json!([{"change_id": "a/b 100%", "revision_id": "x"}]), &[Ok(("a%2Fb%20100%25", "x"))]);
        check(json!([good, 7]), &[Ok(("g%2Fp~main~I01", "2")), Err("7 of the property gerrit_changes")]);
        check(json!([]), &[Err("gerrit_changes is empty")]);
        check(json!("x"), &[Err("is no list")]);
    }
}
