//! What one request may cause: texts, links, logs, events, results filled in, and times, each with its bound.

use super::rows;
use campanile_tests::Setup;
use campanile_tests::TestHost;
use serde_json::Value;
use serde_json::json;

/// A host with a build that has a step, and a worker.
async fn host() -> TestHost {
    let host = Setup::default().start().await;
    host.builder("linux").await;
    host.update("addBuildset", json!({"waited_for": false, "builderids": [1]})).await;
    host.update("addBuild", json!({"builderid": 1, "buildrequestid": 1})).await;
    host.update("addStep", json!({"buildid": 1, "name": "compile"})).await;
    host.update("findWorkerId", json!({"name": "worker-1"})).await;
    host
}

/// The same call, so many times.
async fn repeated(host: &TestHost, method: &str, count: usize, params: impl Fn(usize) -> Value) -> (u16, Value) {
    let calls: Vec<Value> = (0..count).map(|number| json!({"method": method, "params": params(number)})).collect();
    let (status, body) = host.post("updates", &json!(calls)).await;
    (status.as_u16(), body)
}

async fn refused(host: &TestHost, method: &str, params: Value, why: &str) {
    let (status, body) = host.try_update(method, params).await;
    let said = body["error"].as_str().unwrap_or_default();
    assert!(status == 400 && said.contains(why), "{method}: {status} {said}, not {why}");
}

#[tokio::test]
async fn what_every_event_repeats_is_bounded() {
    let host = host().await;
    let text = |bytes: usize| "x".repeat(bytes);
    let link = |name: usize, url: usize| json!({"stepid": 1, "name": text(name), "url": text(url)});
    let info = |bytes: usize| json!({"workerid": 1, "workerinfo": {"admin": text(bytes)}});
    let paused = |bytes: usize| json!({"workerid": 1, "paused": true, "pause_reason": text(bytes)});
    for (method, most, more, why) in [
        (
            "setBuildStateString",
            json!({"buildid": 1, "state_string": text(4096)}),
            json!({"buildid": 1, "state_string": text(4097)}),
            "parameter state_string: 4097 bytes, at most 4096",
        ),
        (
            "setStepStateString",
            json!({"stepid": 1, "state_string": "two\nlines"}),
            json!({"stepid": 1, "state_string": text(4097)}),
            "parameter state_string: 4097 bytes, at most 4096",
        ),
        ("set_worker_paused", paused(4096), paused(4097), "parameter pause_reason: 4097 bytes, at most 4096"),
        ("workerConnected", info(65_524), info(65_525), "parameter workerinfo: 65537 bytes, at most 65536"),
        ("addStepURL", link(2048, 2048), link(2048, 2049), "parameter url: 2049 bytes, at most 2048"),
        ("addStepURL", link(1, 1), link(2049, 1), "parameter name: 2049 bytes, at most 2048"),
    ] {
        host.update(method, most).await;
        refused(&host, method, more, why).await;
    }
}

#[tokio::test]
async fn events_of_one_request_are_bounded_and_nothing_is_written() {
    let host = host().await;
    let link = |number: usize| json!({"stepid": 1, "name": "x".repeat(2048), "url": format!("{number:02048}")});
    assert_eq!(repeated(&host, "addStepURL", 100, link).await.0, 200);
    let before = rows(&host, "SELECT max(seq), (SELECT state_string FROM steps) FROM events");
    let state = |number: usize| json!({"stepid": 1, "state_string": format!("at {number}")});
    // Each event tells of 400 KiB of links.
    let (status, body) = repeated(&host, "setStepStateString", 170, state).await;
    let said = "the events of this request take more than 64 MiB; send it in parts";
    assert_eq!((status, body), (400, json!({"error": said})));
    assert_eq!(rows(&host, "SELECT max(seq), (SELECT state_string FROM steps) FROM events"), before);
    for _ in 0..2 {
        assert_eq!(repeated(&host, "setStepStateString", 100, state).await.0, 200, "each request has its own bound");
    }
}

#[tokio::test]
async fn results_that_are_filled_in_are_bounded() {
    let host = host().await;
    repeated(&host, "findBuilderId", 1000, |number| json!({"name": format!("builder-{number}")})).await;
    let set = json!({"waited_for": false, "builderids": (1..=1000).collect::<Vec<_>>()});
    let batch = |references: usize| {
        let value = vec![json!({"$result": 0}); references];
        let property = json!({"buildid": 1, "name": "n", "value": value, "source": "s"});
        json!([{"method": "addBuildset", "params": set}, {"method": "setBuildProperty", "params": property}])
    };
    let before = rows(&host, "SELECT count(*) FROM buildsets");
    let (status, body) = host.post("updates", &batch(1000)).await;
    let said = "call 1 of the batch (setBuildProperty): invalid parameters of setBuildProperty: \
                the results that $result fills in take more than 16 MiB";
    assert_eq!((status.as_u16(), body), (400, json!({"error": said})));
    assert_eq!(rows(&host, "SELECT count(*) FROM buildsets"), before);
    assert_eq!(host.post("updates", &batch(10)).await.0, 200);
}

#[tokio::test]
async fn a_step_has_a_bounded_number_of_logs() {
    let host = host().await;
    let log = |_| json!({"stepid": 1, "name": "stdio", "type": "s"});
    host.update("addLog", json!({"stepid": 1, "name": "stdio_7", "type": "s"})).await;
    assert_eq!(repeated(&host, "addLog", 999, log).await.0, 200);
    let slugs = rows(&host, "SELECT slug FROM logs ORDER BY logid");
    assert_eq!(
        [1, 2, 6, 7, 999].map(|at| slugs[at].as_str()),
        ["stdio", "stdio_2", "stdio_6", "stdio_8", "stdio_1000"]
    );
    refused(&host, "addLog", log(0), "parameter stepid: the step has 1000 logs already").await;
    host.update("addStep", json!({"buildid": 1, "name": "test"})).await;
    host.update("addLog", json!({"stepid": 2, "name": "stdio", "type": "s"})).await;
}

#[tokio::test]
async fn many_of_one_name_get_the_first_free_number_each() {
    let host = host().await;
    for taken in ["comp_2", "comp_9000"] {
        host.update("addStep", json!({"buildid": 1, "name": taken})).await;
    }
    let (_, body) = repeated(&host, "addStep", 9_000, |_| json!({"buildid": 1, "name": "comp"})).await;
    let names = [0, 1, 2, 8_997, 8_998, 8_999].map(|at| body["results"][at]["name"].as_str().unwrap_or_default());
    assert_eq!(names, ["comp", "comp_1", "comp_3", "comp_8998", "comp_8999", "comp_9001"]);
    let step = host.update("addStep", json!({"buildid": 1, "name": "comp"})).await;
    assert_eq!(step["name"], "comp_9002", "in a request of its own, too");
}

#[tokio::test]
async fn numbered_logs_and_projects_share_a_batch_well() {
    let host = host().await;
    let log = |name: &str| json!({"method": "addLog", "params": {"stepid": 1, "name": name, "type": "t"}});
    let names = ["out", "out", "out_5", "out_5", "out", "out_5", "out", "out", "out_2"];
    host.post("updates", &json!(names.map(log))).await;
    let expected = ["out", "out_2", "out_5", "out_6", "out_3", "out_7", "out_4", "out_8", "out_9"];
    assert_eq!(rows(&host, "SELECT slug FROM logs ORDER BY logid"), expected);
    let project = |name: &str| json!({"method": "find_project_id", "params": {"name": name}});
    let mut calls: Vec<Value> = ["a b", "a/b", "a:b"].map(project).to_vec();
    let info = json!({"projectid": 2, "slug": "other", "description": null, "description_format": null,
        "description_html": null});
    calls.push(json!({"method": "update_project_info", "params": info}));
    calls.push(project("a;b"));
    assert_eq!(host.post("updates", &json!(calls)).await.0, 200);
    assert_eq!(rows(&host, "SELECT slug FROM projects ORDER BY projectid"), ["a_b", "other", "a_b_3", "a_b_2"]);
}

#[tokio::test]
async fn times_that_nobody_means_are_refused() {
    let host = host().await;
    const LAST: i64 = 253_402_300_799;
    for (method, params, time) in [
        ("startStep", json!({"stepid": 1}), "started_at"),
        ("set_step_locks_acquired_at", json!({"stepid": 1}), "locks_acquired_at"),
        ("claimBuildRequests", json!({"brids": [1]}), "claimed_at"),
        ("workerMissing", json!({"workerid": 1}), "last_connection"),
        ("addChange", json!({}), "when_timestamp"),
        ("completeBuildRequests", json!({"brids": [1], "results": 0}), "complete_at"),
        ("addChange", json!({}), "at"),
    ] {
        for wrong in [-5, i64::MIN, LAST + 1, i64::MAX] {
            let mut params = params.clone();
            params[time] = json!(wrong);
            let why = format!("{time}: {wrong} is no time in whole seconds since 1970, up to the year 9999");
            refused(&host, method, params.clone(), &why).await;
            let mut call = json!({"method": method});
            if time == "at" {
                call["at"] = json!(wrong);
            } else {
                call["params"] = params;
            }
            let (status, body) = host.post("updates", &json!([call])).await;
            let said = body["error"].as_str().unwrap_or_default();
            assert!(status == 400 && said.contains("call 0 of the batch") && said.contains(&why), "{status} {said}");
        }
        for right in [0, LAST] {
            let mut params = params.clone();
            params[time] = json!(right);
            host.update(method, params).await;
        }
    }
}
