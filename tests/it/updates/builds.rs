//! Builds and steps: numbers, properties, data, names, links.

use super::Log;
use super::rows;
use campanile_tests::Setup;
use campanile_tests::TestHost;
use serde_json::Value;
use serde_json::json;

/// A host with a build that runs.
async fn running() -> TestHost {
    let host = Setup::default().start().await;
    host.builder("linux").await;
    host.update("addBuildset", json!({"waited_for": false, "builderids": [1]})).await;
    let build = host.update("addBuild", json!({"builderid": 1, "buildrequestid": 1})).await;
    assert_eq!(build, json!({"buildid": 1, "number": 1}));
    host
}

#[tokio::test]
async fn a_build_is_numbered_for_its_builder_and_silent_at_first() {
    let host = running().await;
    let mut log = Log::of(&host);
    host.builder("mac").await;
    for (builder, number) in [(1, 2), (2, 1), (1, 3)] {
        let build = host.update("addBuild", json!({"builderid": builder, "buildrequestid": 1})).await;
        assert_eq!(build["number"], number, "builder {builder}");
    }
    assert!(log.topics().is_empty());
    let build = host.get("builds/1").await["builds"][0].clone();
    assert_eq!((&build["state_string"], &build["complete"]), (&json!("created"), &json!(false)));
}

/// Buildbot's pages show no builder that has none.
#[tokio::test]
async fn a_builder_is_of_the_masters_that_build_it() {
    let host = running().await;
    let masters = async || host.get("builders/1").await["builders"][0]["masterids"].clone();
    let build = async |master: i64| {
        host.update("addBuild", json!({"builderid": 1, "buildrequestid": 1, "masterid": master})).await
    };
    host.update("masterActive", json!({"name": "other", "masterid": 2})).await;
    let mut log = Log::of(&host);
    build(2).await;
    assert_eq!(masters().await, json!([1, 2]));
    // Told when the master configures it, and once.
    assert!(log.topics().is_empty());
    for _ in 0..2 {
        host.update("updateBuilderList", json!({"masterid": 2, "builderNames": ["linux"]})).await;
        build(2).await;
    }
    assert_eq!(log.topics(), ["builders/1/started"]);
    host.update("masterStopped", json!({"name": "other", "masterid": 2})).await;
    build(2).await;
    assert_eq!(masters().await, json!([1]));
}

#[tokio::test]
async fn of_masters_that_never_end_a_builder_has_one() {
    let host = running().await;
    for name in ["run:box-1", "run:box-2"] {
        let master = host.update("findMasterId", json!({"name": name})).await;
        host.update("addBuild", json!({"builderid": 1, "buildrequestid": 1, "masterid": master})).await;
    }
    assert_eq!(host.get("builders/1").await["builders"][0]["masterids"], json!([1]));
}

#[tokio::test]
async fn properties_are_told_when_they_change() {
    let host = running().await;
    let mut log = Log::of(&host);
    let both = async |props: Value| host.update("setBuildProperties", json!({"buildid": 1, "props": props})).await;
    both(json!({"a": [1, "x"], "b": [{"c": []}, "x"]})).await;
    both(json!({"a": [1, "x"], "b": [{"c": []}, "y"]})).await;
    both(json!({"a": [1, "x"]})).await;
    for _ in 0..2 {
        host.update("setBuildProperty", json!({"buildid": 1, "name": "a", "value": 1, "source": "x"})).await;
    }
    let told: Vec<_> = log.news().into_iter().map(|told| (told.topics.join(" "), told.body)).collect();
    let bodies = [
        json!({"a": [1, "x"], "b": [{"c": []}, "x"]}),
        json!({"b": [{"c": []}, "y"]}),
        json!({"a": [1, "x"]}),
        json!({"a": [1, "x"]}),
    ];
    assert_eq!(told, bodies.map(|body| ("builds/1/properties/update".to_owned(), body)));
}

#[tokio::test]
async fn data_of_a_build_are_bytes_and_nobody_is_told() {
    let host = running().await;
    let mut log = Log::of(&host);
    let set = async |value: Value| {
        host.try_update("setBuildData", json!({"buildid": 1, "name": "report", "value": value, "source": "tests"}))
            .await
    };
    assert_eq!(set(json!("grüß")).await.1, json!({"result": null}));
    let data = "SELECT name, hex(value), source FROM build_data";
    assert_eq!(rows(&host, data), ["report 6772C3BCC39F tests"]);
    assert_eq!(set(json!({"base64": "AP8="})).await.1, json!({"result": null}));
    assert_eq!(rows(&host, data), ["report 00FF tests"]);
    for (value, why) in [(json!({"base64": "?"}), "value: base64"), (json!(7), "value: neither a text nor")] {
        let (status, body) = set(value).await;
        let said = body["error"].as_str().expect("an error");
        assert!(status == 400 && said.contains(why), "{said}");
    }
    assert!(log.topics().is_empty());
}

#[tokio::test]
async fn time_at_locks_adds_up() {
    let host = running().await;
    let mut log = Log::of(&host);
    for seconds in [5, 7] {
        host.update("add_build_locks_duration", json!({"buildid": 1, "duration_s": seconds})).await;
    }
    let told = log.news();
    assert_eq!(told[1].topics, ["builders/1/builds/1/update", "builds/1/update"]);
    assert_eq!((&told[0].body["locks_duration_s"], &told[1].body["locks_duration_s"]), (&json!(5), &json!(12)));
    for wrong in [-1, i64::MAX] {
        let (status, _) = host.try_update("add_build_locks_duration", json!({"buildid": 1, "duration_s": wrong})).await;
        assert_eq!(status, 400, "{wrong}");
    }
}

#[tokio::test]
async fn a_step_tells_of_each_of_its_changes() {
    let host = running().await;
    host.update("addStep", json!({"buildid": 1, "name": "compile"})).await;
    let mut log = Log::of(&host);
    let url = json!({"stepid": 1, "name": "docs", "url": "https://example.org/"});
    for (method, params, what, field, value) in [
        ("startStep", json!({"stepid": 1, "started_at": 7}), "started", "started_at", json!(7)),
        ("set_step_locks_acquired_at", json!({"stepid": 1, "ts": 8}), "updated", "locks_acquired_at", json!(8)),
        ("setStepStateString", json!({"stepid": 1, "state_string": "busy"}), "updated", "state_string", json!("busy")),
        ("addStepURL", url.clone(), "updated", "urls", json!([{"name": "docs", "url": "https://example.org/"}])),
        ("addStepURL", url, "updated", "urls", json!([{"name": "docs", "url": "https://example.org/"}])),
        ("finishStep", json!({"stepid": 1, "results": 2, "hidden": true}), "finished", "results", json!(2)),
    ] {
        assert_eq!(host.update(method, params).await, Value::Null, "{method}");
        let told = log.news();
        assert_eq!(told[0].topics, [format!("builds/1/steps/1/{what}"), format!("steps/1/{what}")], "{method}");
        assert_eq!(told[0].body, host.get("steps/1").await["steps"][0], "{method}");
        assert_eq!(told[0].body[field], value, "{method}");
    }
    let step = host.get("steps/1").await["steps"][0].clone();
    assert_eq!((&step["hidden"], &step["state_string"]), (&json!(true), &json!("busy")), "the end leaves the text");
}

#[tokio::test]
async fn a_step_that_starts_with_its_locks_has_them() {
    let host = running().await;
    host.update("addStep", json!({"buildid": 1, "name": "compile"})).await;
    host.update("startStep", json!({"stepid": 1, "started_at": 7, "locks_acquired": true})).await;
    assert_eq!(rows(&host, "SELECT started_at, locks_acquired_at FROM steps"), ["7 7"]);
}

#[tokio::test]
async fn a_step_has_a_bounded_number_of_links() {
    let host = running().await;
    host.update("addStep", json!({"buildid": 1, "name": "compile"})).await;
    let add = |number: i32| json!({"stepid": 1, "name": "n", "url": format!("https://example.org/{number}")});
    let calls: Vec<Value> = (0..100).map(|n| json!({"method": "addStepURL", "params": add(n)})).collect();
    assert_eq!(host.post("updates", &json!(calls)).await.0, 200);
    let (status, body) = host.try_update("addStepURL", add(100)).await;
    let said = "invalid parameter stepid: the step has 100 links already";
    assert_eq!((status.as_u16(), body), (400, json!({"error": said})));
}
