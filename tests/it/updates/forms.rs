//! Force schedulers: all of a master's at once.

use super::Log;
use super::rows;
use campanile_tests::Setup;
use serde_json::Value;
use serde_json::json;

const FORMS: &str =
    "SELECT name, masterid, button_name, label, builder_names, enabled FROM forceschedulers ORDER BY name";

#[tokio::test]
async fn a_master_has_the_forms_that_it_told_of_last() {
    let host = Setup::default().start().await;
    host.update("masterActive", json!({"name": "second", "masterid": 2})).await;
    let mut log = Log::of(&host);
    let tell = async |master: i64, forms: Value| {
        let params = json!({"masterid": master, "forceschedulers": forms});
        assert_eq!(host.update("updateForceSchedulers", params).await, Value::Null);
    };
    tell(1, json!([{"name": "a", "builder_names": ["linux"]}, {"name": "b", "builder_names": []}])).await;
    tell(2, json!([{"name": "c", "builder_names": ["mac"], "button_name": "Go", "label": "C", "enabled": false}]))
        .await;
    assert_eq!(rows(&host, FORMS), ["a 1 a a [\"linux\"] 1", "b 1 b b [] 1", "c 2 Go C [\"mac\"] 0"]);
    tell(1, json!([{"name": "a", "builder_names": ["linux", "mac"]}])).await;
    tell(2, json!([{"name": "a", "builder_names": ["mac"]}])).await;
    assert_eq!(rows(&host, FORMS), ["a 2 a a [\"mac\"] 1"], "who told last has it");
    assert!(log.topics().is_empty());
    let form = json!({"name": "a", "button_name": "a", "label": "a", "builder_names": ["mac"], "enabled": true,
        "all_fields": []});
    assert_eq!(host.get("forceschedulers/a").await["forceschedulers"], json!([form]));
}

#[tokio::test]
async fn a_form_that_does_not_read_is_refused_by_name() {
    let host = Setup::default().start().await;
    for (forms, why) in [
        (json!([{"name": "7", "builder_names": []}]), "forceschedulers[0]: \"7\" is no identifier"),
        (json!([{"name": "a"}]), "missing field `builder_names`"),
        (json!([{"name": "a", "builder_names": []}, {"name": "a", "builder_names": []}]), "\"a\" stands there twice"),
        (
            json!([{"name": "a", "builder_names": [], "all_fields": [{"name": "tag", "regex": "("}]}]),
            "\"a\": all_fields: \"tag\": regex \"(\"",
        ),
    ] {
        let (status, body) = host.try_update("updateForceSchedulers", json!({"forceschedulers": forms})).await;
        let said = body["error"].as_str().expect("an error");
        assert!(status == 400 && said.contains(why), "{said}");
    }
    assert!(rows(&host, FORMS).is_empty());
}
