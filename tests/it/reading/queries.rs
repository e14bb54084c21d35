//! Filters, order, pages, fields and properties; and what is said of wrong parameters.

use super::endpoints::world;
use campanile_tests::TestHost;
use reqwest::StatusCode;
use serde_json::Value;
use serde_json::json;

/// The ids of what a question finds, and how many there are in all.
async fn ids(host: &TestHost, path: &str, id: &str) -> (Vec<Value>, Value) {
    let body = host.get(path).await;
    let (_, items) = body.as_object().expect("an object").iter().find(|(key, _)| *key != "meta").expect("a list");
    let ids = items.as_array().expect("a list").iter().map(|item| item[id].clone()).collect();
    (ids, body["meta"]["total"].clone())
}

/// A question, the ids that it finds and how they are called, and how many there are in all.
const LISTS: &[(&str, &str, &[i64], i64)] = &[
    // Order and pages.
    ("builds", "buildid", &[1, 2, 3, 4], 4),
    ("builds?order=-buildid", "buildid", &[4, 3, 2, 1], 4),
    ("builds?order=-buildid&limit=1", "buildid", &[4], 4),
    ("builds?limit=2&offset=1", "buildid", &[2, 3], 4),
    ("builds?limit=2&offset=3", "buildid", &[4], 4),
    ("builds?offset=4", "buildid", &[], 4),
    ("builds?offset=9&limit=2", "buildid", &[], 4),
    ("builds?limit=0", "buildid", &[], 4),
    ("builds?order=results", "buildid", &[3, 1, 4, 2], 4),
    ("builds?order=-results", "buildid", &[2, 4, 1, 3], 4),
    ("builds?order=builderid&order=-number", "buildid", &[3, 2, 1, 4], 4),
    ("builders/1/builds?order=-number&limit=2", "number", &[3, 2], 3),
    ("changes", "changeid", &[1, 2, 3, 4], 4),
    ("changes?order=-changeid&limit=2", "changeid", &[4, 3], 4),
    ("changes?order=when_timestamp", "changeid", &[2, 1, 3, 4], 4),
    ("changes?limit=2", "changeid", &[1, 2], 4),
    // Each operator.
    ("builds?results=2", "buildid", &[2], 1),
    ("builds?results__eq=0&results__eq=1", "buildid", &[1, 4], 2),
    ("builds?results=0&results=1&order=-buildid&limit=1", "buildid", &[4], 2),
    ("builds?results__ne=0", "buildid", &[2, 3, 4], 3),
    ("builds?results__ne=0&results__ne=1", "buildid", &[2, 3], 2),
    ("builds?results__in=1&results__in=2", "buildid", &[2, 4], 2),
    ("builds?results__notin=1&results__notin=2", "buildid", &[1, 3], 2),
    ("builds?results__notin=1", "buildid", &[1, 2, 3], 3),
    ("builds?results__lt=2", "buildid", &[1, 4], 2),
    ("builds?results__le=2", "buildid", &[1, 2, 4], 3),
    ("builds?results__gt=1", "buildid", &[2], 1),
    ("builds?results__ge=1", "buildid", &[2, 4], 2),
    ("builds?results__null=true", "buildid", &[3], 1),
    ("builds?results__null=no", "buildid", &[1, 2, 4], 3),
    ("builds?workerid__null=on", "buildid", &[3], 1),
    ("builds?started_at__ge=311&started_at__lt=511", "buildid", &[2, 4], 2),
    ("builds?complete=false", "buildid", &[3], 1),
    ("builds?complete=TRUE", "buildid", &[1, 2, 4], 3),
    ("builds?complete=1&complete=0", "buildid", &[1, 2, 3, 4], 4),
    ("builds?complete__ne=yes", "buildid", &[3], 1),
    ("builds?state_string=building", "buildid", &[3], 1),
    ("builds?state_string__contains=build", "buildid", &[1, 3], 2),
    ("builds?state_string__contains=warn&state_string__contains=fail", "buildid", &[2, 4], 2),
    ("builds?state_string__contains=BUILD", "buildid", &[], 0),
    ("builds?state_string__contains=%25", "buildid", &[], 0),
    ("builds?builderid=1&results__ne=0&complete=yes", "buildid", &[2], 1),
    // Lists by what is in them.
    ("builders?tags__contains=unix", "builderid", &[1, 2], 2),
    ("builders?tags=fast", "builderid", &[1], 1),
    ("builders?tags__contains=fast&tags__contains=unix", "builderid", &[1, 2], 2),
    ("builders?tags__notin=fast", "builderid", &[2, 3], 2),
    ("builders?masterids__contains=2", "builderid", &[2], 1),
    ("changes?files__contains=a.c", "changeid", &[1, 2], 2),
    ("changes?parent_changeids__contains=1", "changeid", &[2], 1),
    ("changes?branch=side", "changeid", &[3], 1),
    // Of requests, those that can be claimed.
    ("buildrequests?claimed=false", "buildrequestid", &[4], 1),
    ("buildrequests?claimed=true", "buildrequestid", &[1, 2, 3], 3),
    ("buildrequests?complete=false", "buildrequestid", &[3, 4], 2),
    ("buildrequests?claimed_by_masterid=1&complete=0", "buildrequestid", &[3], 1),
    ("buildrequests?results=-1", "buildrequestid", &[3, 4], 2),
    ("buildrequests?order=-priority&order=submitted_at", "buildrequestid", &[2, 3, 4, 1, 5], 5),
    ("builders/1/buildrequests", "buildrequestid", &[1, 2, 3], 3),
    // By what belongs to them.
    ("changes/1/builds", "buildid", &[1], 1),
    ("changes/3/builds", "buildid", &[3, 4], 2),
    ("builds/1/triggered_builds", "buildid", &[2], 1),
    ("workers/1/builds", "buildid", &[1, 2], 2),
    ("buildrequests/2/builds", "buildid", &[2], 1),
    ("masters/2/builders", "builderid", &[2], 1),
    ("projects/1/builders", "builderid", &[1], 1),
    ("workers/2/builders", "builderid", &[2], 1),
    ("builders/2/workers", "workerid", &[1, 2], 2),
    ("masters/2/builders/2/workers", "workerid", &[2], 1),
    ("masters/1/builders/2/workers", "workerid", &[1], 1),
    ("builders/2/masters", "masterid", &[1, 2], 2),
    ("buildsets/3/sourcestamps", "ssid", &[3, 4], 2),
    ("sourcestamps/2/changes", "changeid", &[2], 1),
    ("changes/2/users", "uid", &[1, 2], 2),
    ("sourcestamps?patch__null=false", "ssid", &[4], 1),
    ("projects?active=true", "projectid", &[1], 1),
    ("projects?active=false", "projectid", &[2], 1),
    ("builds/1/steps?hidden=false", "number", &[1, 2], 2),
    ("builds/1/steps?order=-number", "number", &[2, 1, 0], 3),
    ("steps/2/logs?complete=false", "logid", &[2], 1),
];

#[tokio::test]
async fn lists_are_filtered_ordered_and_paged() {
    let host = world().await;
    for (path, id, expected, total) in LISTS {
        let expected: Vec<Value> = expected.iter().map(|id| json!(id)).collect();
        assert_eq!(ids(&host, path, id).await, (expected, json!(total)), "{path}");
    }
}

#[tokio::test]
async fn fields_and_properties_are_chosen() {
    let host = world().await;
    for (path, expected) in [
        ("builds?field=buildid&field=results&results=2", json!([{"buildid": 2, "results": 2}])),
        (
            "builds?property=branch&property=nope&results=2&field=buildid&field=properties&field=results",
            json!([{"buildid": 2, "properties": {"branch": ["main", "Build"]}, "results": 2}]),
        ),
        (
            "builds/1?property=*&field=properties",
            json!([{"properties": {"branch": ["main", "Build"], "numbers": [[1, 2.5, {"a": null}], "x"]}}]),
        ),
        ("builds/3?property=*&field=properties", json!([{"properties": {}}])),
        ("builds/1?field=properties", json!([{"properties": {}}])),
        ("buildrequests/1?field=properties", json!([{"properties": null}])),
        (
            "buildrequests/1?field=properties&property=owner",
            json!([{"properties": {"owner": ["ada", "Force Build Form"]}}]),
        ),
        ("projects/1?field=active", json!([{"active": null}])),
        ("projects?active=1&field=active", json!([{"active": true}])),
        ("builds/1?field=number&limit=5&offset=3&order=number", json!([{"number": 1}])),
    ] {
        let (status, body) = host.try_get(path).await;
        let found = body["builds"].as_array().or(body["buildrequests"].as_array()).or(body["projects"].as_array());
        assert_eq!(json!(found.cloned().unwrap_or_default()), expected, "{path}: {status} {body}");
    }
    let text = host.client.get(format!("{}/api/v2/builds/1?property=numbers&field=properties", host.url));
    let text = text.header("accept", "application/json").send().await.expect("an answer").text().await.expect("text");
    assert_eq!(
        text, r#"{"builds":[{"properties":{"numbers":[[1,2.50,{"a":null}],"x"]}}],"meta":{}}"#,
        "as it was told"
    );
}

#[tokio::test]
async fn wrong_parameters_are_named() {
    let host = world().await;
    for (path, said) in [
        ("builds?zork=1", "unrecognized query parameter 'zork'"),
        ("builds?zork__eq=1", "no such field 'zork'"),
        ("builds?field=zork", "no such field 'zork'"),
        ("builds?order=zork", "no such field 'zork'"),
        ("builds?order=-properties", "cannot order on 'properties': it has no plain values"),
        (
            "builds?results__zork=1",
            "unknown operator 'zork' for field 'results': it takes eq, ne, lt, le, gt, ge, in, notin, null",
        ),
        (
            "builds?results__contains=1",
            "unknown operator 'contains' for field 'results': it takes eq, ne, lt, le, gt, ge, in, notin, null",
        ),
        ("builders?tags__lt=a", "unknown operator 'lt' for field 'tags': it takes contains, in, notin, null"),
        ("builds?properties=1", "cannot filter on 'properties': it has no plain values"),
        ("builds?results__lt=1&results__lt=2", "several values for 'results__lt': it takes one"),
        ("builds?results__null=1&results__null=1", "several values for 'results__null': it takes one"),
        ("builds?results=x", "invalid filter value 'x' for 'results': a whole number is expected"),
        ("builds?results=null", "invalid filter value 'null' for 'results': a whole number is expected"),
        ("builds?results=", "invalid filter value '' for 'results': a whole number is expected"),
        ("builds?complete=maybe", "invalid filter value 'maybe' for 'complete': true or false is expected"),
        ("builds?results__null=maybe", "invalid filter value 'maybe' for 'results': true or false is expected"),
        ("builds?limit=-1", "invalid limit \"-1\": a whole number from 0 is expected"),
        ("builds?limit=x", "invalid limit \"x\": a whole number from 0 is expected"),
        ("builds?offset=-1", "invalid offset \"-1\": a whole number from 0 is expected"),
        (
            "builds?offset=99999999999999999999",
            "invalid offset \"99999999999999999999\": a whole number from 0 is expected",
        ),
        ("builds?field=buildid&order=number", "cannot order on un-selected fields: 'number'"),
        ("builds?field=buildid&number=1", "cannot filter on un-selected fields: 'number'"),
        ("builds/1?number=1", "this is not a collection: filters do not go with one resource"),
        ("builds/1?zork=1", "unrecognized query parameter 'zork'"),
        ("builders?property=x", "unrecognized query parameter 'property'"),
        ("builds/1/properties?zork=1", "unrecognized query parameter 'zork'"),
        ("?zork=1", "unrecognized query parameter 'zork'"),
        ("builds?state_string=%ff", "\"%ff\" is not UTF-8"),
    ] {
        let (status, body) = host.try_get(path).await;
        assert_eq!((status, body), (StatusCode::BAD_REQUEST, json!({"error": said})), "{path}");
    }
}

#[tokio::test]
async fn an_answer_that_is_too_large_is_refused_and_a_page_of_it_is_not() {
    let host = world().await;
    let setup = host.stop().await;
    setup.fill("UPDATE changes SET comments = printf('%.*c', 9000000, 'x')");
    let host = setup.start().await;
    let (status, body) = host.try_get("changes").await;
    let said = "the answer would be larger than 16777216 bytes: ask for less by limit and offset, or by field";
    assert_eq!((status, body), (StatusCode::BAD_REQUEST, json!({"error": said})));
    assert_eq!(ids(&host, "changes?limit=1&offset=1", "changeid").await, (vec![json!(2)], json!(4)));
    assert_eq!(ids(&host, "changes?field=changeid", "changeid").await.0.len(), 4);
}

#[tokio::test]
async fn events_say_what_reading_says() {
    let host = campanile_tests::Setup::default().start().await;
    let build = host.finished_build("linux", 2).await;
    let database = host.database();
    let last = |topic: &str| {
        let sql = "SELECT body FROM events WHERE topics LIKE '%' || ? || '%' ORDER BY seq DESC LIMIT 1";
        let body: String = database.query_row(sql, [topic], |row| row.get(0)).expect("such an event");
        serde_json::from_str::<Value>(&body).expect("JSON")
    };
    for (topic, path, plural) in [
        ("builds/1/finished", format!("builds/{}", build.buildid), "builds"),
        ("steps/1/finished", "steps/1".to_owned(), "steps"),
        ("logs/1/finished", "logs/1".to_owned(), "logs"),
        ("buildrequests/1/complete", "buildrequests/1".to_owned(), "buildrequests"),
        ("buildsets/1/complete", "buildsets/1".to_owned(), "buildsets"),
    ] {
        assert_eq!(host.get(&path).await[plural][0], last(topic), "{topic}");
    }
    let id = host.update("addChange", json!({"author": "ada", "files": ["a"], "properties": {"p": 1}})).await;
    assert_eq!(host.get(&format!("changes/{id}")).await["changes"][0], last(&format!("changes/{id}/new")));
}
