//! The posts by which people ask for something: what they write, what they answer, and what is wrong with wrong ones.

use crate::updates::Log;
use crate::updates::rows;
use campanile_tests::Setup;
use campanile_tests::TestHost;
use serde_json::Value;
use serde_json::json;

/// Status and body of a post.
async fn ask(host: &TestHost, path: &str, method: &str, params: Value) -> (u16, Value) {
    let request = json!({"jsonrpc": "2.0", "method": method, "id": 7, "params": params});
    let (status, body) = host.post(path, &request).await;
    (status.as_u16(), body)
}

/// The result of a post that is taken.
async fn done(host: &TestHost, path: &str, method: &str, params: Value) -> Value {
    let (status, mut body) = ask(host, path, method, params).await;
    assert_eq!(status, 200, "{path} {method}: {body}");
    assert_eq!((&body["id"], &body["jsonrpc"]), (&json!(7), &json!("2.0")));
    body["result"].take()
}

/// A host with a build that runs for a claimed request, and a request that nobody claimed, in one buildset.
async fn busy() -> TestHost {
    let host = Setup::default().start().await;
    let calls = json!([
        {"method": "findBuilderId", "params": {"name": "linux"}},
        {"method": "findBuilderId", "params": {"name": "mac"}},
        {"method": "addBuildset", "params": {"waited_for": false, "builderids": [1, 2], "reason": "first",
            "sourcestamps": [{"branch": "main"}], "properties": {"a": [1, "Form"]}}},
        {"method": "claimBuildRequests", "params": {"brids": [1]}},
        {"method": "addBuild", "params": {"builderid": 1, "buildrequestid": 1}},
        {"method": "finishBuild", "params": {"buildid": 1, "results": 5}},
        {"method": "addBuild", "params": {"builderid": 1, "buildrequestid": 1}},
    ]);
    let (status, body) = host.post("updates", &calls).await;
    assert!(status.is_success(), "{body}");
    host
}

#[tokio::test]
async fn a_reason_has_at_most_4_kib() {
    let host = busy().await;
    let stop = |bytes: usize| {
        let params = json!({"reason": "x".repeat(bytes)});
        json!({"jsonrpc": "2.0", "id": 1, "method": "stop", "params": params})
    };
    let (status, answer) = host.post("builds/2", &stop(4097)).await;
    let said = answer["error"]["message"].to_string();
    assert!(status == 400 && said.contains("reason") && said.contains("4096 bytes"), "{status}: {answer}");
    assert_eq!(host.get("builds/2/orders").await["meta"]["total"], 0);
    let (status, answer) = host.post("builds/2", &stop(4096)).await;
    assert!(status == 200, "{answer}");
    let order = host.get("builds/2/orders").await["orders"][0].clone();
    assert_eq!(order["reason"].as_str().map(str::len), Some(4096));
}

#[tokio::test]
async fn a_build_is_asked_to_stop_by_each_of_its_paths() {
    let host = busy().await;
    let mut log = Log::of(&host);
    for path in ["builds/2", "builders/1/builds/2", "builders/linux/builds/2"] {
        for (method, params, reason) in
            [("stop", json!({"reason": "no time"}), "no time"), ("STOP", json!({}), "no reason")]
        {
            assert_eq!(done(&host, path, method, params).await, Value::Null);
            let told = log.news();
            assert_eq!(told[0].topics, ["control/builds/2/stop"], "{path}");
            assert_eq!((told.len(), &told[0].body), (1, &json!({"reason": reason})));
        }
    }
    assert_eq!(host.get("builds/2").await["builds"][0]["complete"], false, "the engine ends it, not the host");
    let orders = host.get("builds/2/orders").await;
    assert_eq!(
        (&orders["meta"]["total"], &orders["orders"][0]["reason"]),
        (&json!(1), &json!("no reason")),
        "the last"
    );
    assert_eq!(orders["orders"][0]["orderid"], 6, "who has seen the one before sees that there is another");
    done(&host, "builds/1", "stop", json!({})).await;
    assert_eq!(host.get("builds/1/orders").await["meta"]["total"], 0, "it is over");
}

#[tokio::test]
async fn a_build_is_asked_for_again() {
    let host = busy().await;
    let mut log = Log::of(&host);
    assert_eq!(done(&host, "builders/linux/builds/2", "rebuild", json!({})).await, json!([2, {"1": 3}]));
    let told = log.news();
    assert_eq!(told[0].topics[1], "buildrequests/3/new");
    assert_eq!((&told[1].body["scheduler"], &told[1].body["rebuilt_buildid"]), (&json!("rebuild"), &json!(1)));
    assert_eq!(rows(&host, "SELECT name, value FROM buildset_properties WHERE bsid = 2"), ["a 1"]);
}

#[tokio::test]
async fn a_request_that_nobody_claimed_is_cancelled_at_once() {
    let host = busy().await;
    host.update("completeBuildRequests", json!({"brids": [1], "results": 0})).await;
    let mut log = Log::of(&host);
    assert_eq!(done(&host, "buildrequests/2", "cancel", json!({"reason": "no time"})).await, Value::Null);
    let told = log.news();
    let topics: Vec<String> = told.iter().map(|told| told.topics.join(" ")).collect();
    assert_eq!(
        topics,
        [
            "control/buildrequests/2/cancel",
            "buildsets/1/builders/2/buildrequests/2/complete buildrequests/2/complete builders/2/buildrequests/2/complete",
            "buildsets/1/complete",
            "buildrequests/2/cancel",
        ]
    );
    let request = host.get("buildrequests/2").await["buildrequests"][0].clone();
    assert_eq!((&told[0].body, &told[3].body), (&json!({"reason": "no time"}), &request));
    assert_eq!((&request["complete"], &request["results"]), (&json!(true), &json!(6)));
    assert_eq!(host.get("buildsets/1").await["buildsets"][0]["results"], 6);
    done(&host, "buildrequests/2", "cancel", json!({})).await;
    assert!(log.news().is_empty(), "it is over");
    assert_eq!(host.update("claimBuildRequests", json!({"brids": [2]})).await, false);
}

#[tokio::test]
async fn the_builds_of_a_claimed_request_are_asked_to_stop() {
    let host = busy().await;
    let mut log = Log::of(&host);
    assert_eq!(done(&host, "buildrequests/1", "cancel", json!({"reason": "no time"})).await, Value::Null);
    assert_eq!(log.topics(), ["control/buildrequests/1/cancel", "control/builds/2/stop"], "build 1 is over");
    let orders = host.get("buildrequests/1/orders?field=verb&field=buildid&field=reason").await;
    let expected = json!([{"verb": "cancel", "buildid": null, "reason": "no time"}, {"verb": "stop", "buildid": 2, "reason": "no time"}]);
    assert_eq!(orders["orders"], expected);
    assert_eq!(host.get("buildrequests/1").await["buildrequests"][0]["complete"], false);
}

#[tokio::test]
async fn a_request_gets_another_priority() {
    let host = busy().await;
    let mut log = Log::of(&host);
    assert_eq!(done(&host, "buildrequests/2", "set_priority", json!({"priority": -3})).await, Value::Null);
    let told = log.news();
    assert_eq!(told[0].topics, ["control/buildrequests/2/set_priority"]);
    assert_eq!(told[0].body, json!({"priority": -3}));
    assert_eq!(host.get("buildrequests/2").await["buildrequests"][0]["priority"], -3);
}

#[tokio::test]
async fn workers_are_asked_for_by_each_of_their_paths() {
    let host = busy().await;
    host.update("findWorkerId", json!({"name": "w-1"})).await;
    host.update("workerConfigured", json!({"workerid": 1, "builderids": [1]})).await;
    let mut log = Log::of(&host);
    for verb in ["stop", "pause", "unpause", "kill"] {
        assert_eq!(done(&host, "workers/1", verb, json!({"reason": "x"})).await, Value::Null);
        let told = log.news();
        assert_eq!(told[0].topics, [format!("control/worker/1/{verb}")]);
        assert_eq!(told[0].body, json!({"reason": "x"}));
    }
    for path in ["workers/w-1", "masters/1/workers/w-1", "builders/1/workers/1", "masters/1/builders/1/workers/w-1"] {
        done(&host, path, "stop", json!({})).await;
        assert_eq!(log.topics(), ["control/worker/1/stop"], "{path}");
    }
    for path in ["workers/9", "workers/nobody", "masters/2/workers/1", "builders/2/workers/w-1"] {
        assert_eq!(ask(&host, path, "stop", json!({})).await.0, 404, "{path}");
    }
}

#[tokio::test]
async fn a_scheduler_is_switched_on_and_off() {
    let host = busy().await;
    host.update("findSchedulerId", json!({"name": "nightly"})).await;
    host.update("trySetSchedulerMaster", json!({"schedulerid": 1, "masterid": 1})).await;
    let mut log = Log::of(&host);
    assert_eq!(done(&host, "schedulers/1", "enable", json!({"enabled": false})).await, Value::Null);
    assert_eq!(rows(&host, "SELECT enabled FROM schedulers"), ["0"]);
    done(&host, "masters/1/schedulers/1", "enable", json!({"enabled": true})).await;
    assert_eq!(log.topics(), ["schedulers/1/updated", "schedulers/1/updated"]);
    assert_eq!(ask(&host, "masters/2/schedulers/1", "enable", json!({"enabled": true})).await.0, 404);
}

/// A host with a form for both builders.
async fn with_form() -> TestHost {
    let host = busy().await;
    let fields = json!([
        {"name": "username", "fullName": "username", "type": "username"},
        {"name": "reason", "fullName": "reason", "type": "text", "required": true},
        {"name": "priority", "fullName": "priority", "type": "int", "default": 2},
        {"name": "", "type": "nested", "codebase": "", "fields": [
            {"name": "branch", "fullName": "branch", "type": "text", "regex": "[a-z]+$", "default": "main"},
            {"name": "revision", "fullName": "revision", "type": "text"},
        ]},
        {"name": "os", "fullName": "os", "type": "list", "choices": ["linux", "mac"], "strict": true, "default": "mac"},
    ]);
    let form = json!({"name": "force", "builder_names": ["linux", "mac", "gone"], "all_fields": fields});
    let off = json!({"name": "off", "builder_names": ["linux"], "enabled": false});
    host.update("updateForceSchedulers", json!({"forceschedulers": [form, off]})).await;
    host
}

#[tokio::test]
async fn a_form_asks_for_builds() {
    let host = with_form().await;
    let mut log = Log::of(&host);
    let params = json!({"builderNames": ["mac", "linux"], "reason": "why not", "branch": "dev", "owner": "somebody"});
    assert_eq!(done(&host, "forceschedulers/force", "force", params).await, json!([2, {"1": 4, "2": 3}]));
    let told = log.news();
    let set = &told[2].body;
    assert_eq!((&set["scheduler"], &set["reason"]), (&json!("force"), &json!("why not")));
    assert_eq!((&set["sourcestamps"][0]["branch"], &told[0].body["priority"]), (&json!("dev"), &json!(2)));
    let properties = "SELECT name, value, source FROM buildset_properties WHERE bsid = 2 ORDER BY name";
    let source = "Force Build Form";
    let expected = [
        format!("os \"mac\" {source}"),
        format!("owner \"anonymous\" {source}"),
        format!("reason \"why not\" {source}"),
    ];
    assert_eq!(rows(&host, properties), expected, "the owner is who asks, not who is said to");
    let params = json!({"builderid": "1", "reason": "x", "username": "ada", "priority": "9", "os": "linux"});
    assert_eq!(done(&host, "forceschedulers/force", "force", params).await, json!([3, {"1": 5}]));
    assert_eq!(rows(&host, "SELECT value FROM buildset_properties WHERE bsid = 3 AND name = 'owner'"), ["\"ada\""]);
    assert_eq!(rows(&host, "SELECT priority FROM buildrequests WHERE bsid = 3"), ["9"]);
}

#[tokio::test]
async fn a_form_says_of_each_field_what_is_wrong() {
    let host = with_form().await;
    let before = rows(&host, "SELECT count(*) FROM buildsets");
    let check = async |params: Value, expected: &[(&str, &str)]| {
        let (status, body) = ask(&host, "forceschedulers/force", "force", params).await;
        assert_eq!((status, &body["error"]["code"], &body["id"]), (400, &json!(-32602), &json!(7)), "{body}");
        let fields = body["error"]["message"].as_object().expect("the fields").clone();
        assert_eq!(fields.len(), expected.len(), "{fields:?}");
        for (field, why) in expected {
            assert!(fields[*field].as_str().is_some_and(|said| said.contains(why)), "{fields:?}");
        }
    };
    check(
        json!({"builderid": 1, "branch": "DEV", "priority": "high", "os": "beos", "zork": 1}),
        &[
            ("reason", "required"),
            ("branch", "pattern"),
            ("priority", "no whole number"),
            ("os", "none of the choices"),
            ("zork", "no such field"),
        ],
    )
    .await;
    check(json!({"reason": "x"}), &[("builderNames", "for which builders")]).await;
    check(json!({"reason": "x", "builderNames": ["other"]}), &[("builderNames", "not for builder \"other\"")]).await;
    check(json!({"reason": "x", "builderNames": []}), &[("builderNames", "names no builder")]).await;
    check(json!({"reason": "x", "builderNames": 7}), &[("builderNames", "no list of names")]).await;
    check(json!({"reason": "x", "builderid": true}), &[("builderid", "no id")]).await;
    for (path, params, status) in [
        ("forceschedulers/nobody", json!({}), 404),
        ("forceschedulers/force", json!({"reason": "x", "builderid": 77}), 404),
        ("forceschedulers/force", json!({"reason": "x", "builderNames": "gone"}), 404),
        ("forceschedulers/off", json!({}), 400),
    ] {
        assert_eq!(ask(&host, path, "force", params.clone()).await.0, status, "{path} {params}");
    }
    assert_eq!(rows(&host, "SELECT count(*) FROM buildsets"), before);
}

#[tokio::test]
async fn actions_that_are_none_and_things_that_are_not_there() {
    let host = with_form().await;
    let mut log = Log::of(&host);
    for path in
        ["builds/2", "buildrequests/1", "workers/1", "schedulers/1", "forceschedulers/force", "builders/1", "changes"]
    {
        let (status, body) = ask(&host, path, "zork", json!({})).await;
        let error = json!({"code": -32601, "message": "action: zork is not supported"});
        assert_eq!((status, body), (501, json!({"jsonrpc": "2.0", "id": 7, "error": error})), "{path}");
    }
    for (path, method, params) in [
        ("builds/99", "stop", json!({})),
        ("builds/99999999999999999999", "stop", json!({})),
        ("builds/99", "rebuild", json!({})),
        ("builders/1/builds/99", "stop", json!({})),
        ("builders/99/builds/1", "stop", json!({})),
        ("builders/nobody/builds/1", "stop", json!({})),
        ("buildrequests/99", "cancel", json!({})),
        ("buildrequests/99", "set_priority", json!({"priority": 1})),
        ("schedulers/99", "enable", json!({"enabled": true})),
    ] {
        let (status, body) = ask(&host, path, method, params).await;
        assert_eq!((status, &body["error"]["code"]), (404, &json!(-32600)), "{path} {method}: {body}");
    }
    for (path, method, params, said) in [
        ("buildrequests/1", "set_priority", json!({}), "invalid parameter priority: it must be a whole number"),
        ("schedulers/1", "enable", json!({"enabled": "on"}), "invalid parameter enabled: it must be true or false"),
        ("builds/2", "stop", json!({"reason": 7}), "invalid parameter reason: it must be a text"),
    ] {
        let (status, body) = ask(&host, path, method, params).await;
        assert_eq!((status, &body["error"]), (400, &json!({"code": -32602, "message": said})), "{path}");
    }
    let (status, body) = ask(&host, "zork/1", "stop", json!({})).await;
    assert_eq!((status, &body["error"]), (404, &json!({"code": -32600, "message": "Invalid path: zork/1"})));
    assert!(log.news().is_empty());
}

#[tokio::test]
async fn what_is_no_request_is_told_why() {
    let host = busy().await;
    let send = async |kind: &str, body: &str| {
        let request = host.client.post(format!("{}/api/v2/builds/2", host.url)).header("content-type", kind);
        let answer = request.body(body.to_owned()).send().await.expect("an answer");
        let status = answer.status().as_u16();
        (status, serde_json::from_str::<Value>(&answer.text().await.expect("a body")).expect("JSON"))
    };
    let json = "application/json; charset=utf-8";
    let cases = [
        ("text/plain", "{}", -32600, "Invalid content-type (use application/json)"),
        (json, "{", -32700, "JSON parse error: "),
        (json, "\u{fffd}", -32700, "JSON parse error: "),
        (json, "[]", -32600, "JSONRPC batch requests are not supported"),
        (json, "7", -32600, "JSONRPC root object must be an object"),
        (json, "{}", -32600, "missing key 'jsonrpc'"),
        (json, r#"{"jsonrpc": "2.0", "method": "stop", "id": 1}"#, -32600, "missing key 'params'"),
        (json, r#"{"jsonrpc": 2, "method": "stop", "id": 1, "params": {}}"#, -32600, "'jsonrpc' must be a string"),
        (json, r#"{"jsonrpc": "2.0", "method": 7, "id": 1, "params": {}}"#, -32600, "'method' must be a string"),
        (
            json,
            r#"{"jsonrpc": "2.0", "method": "stop", "id": [], "params": {}}"#,
            -32600,
            "'id' must be a string, number, or null",
        ),
        (json, r#"{"jsonrpc": "2.0", "method": "stop", "id": 1, "params": []}"#, -32600, "'params' must be an object"),
        (
            json,
            r#"{"jsonrpc": "1.0", "method": "stop", "id": 1, "params": {}}"#,
            -32600,
            "only JSONRPC 2.0 is supported",
        ),
    ];
    for (kind, body, code, said) in cases {
        let (status, answer) = send(kind, body).await;
        assert_eq!((status, &answer["error"]["code"]), (400, &json!(code)), "{body}: {answer}");
        assert!(answer["error"]["message"].as_str().is_some_and(|message| message.starts_with(said)), "{answer}");
        assert!(answer.get("id").is_none(), "it did not read so far: {answer}");
    }
    let (status, answer) = send(json, r#"{"jsonrpc": "2.0", "method": "stop", "id": null, "params": {}}"#).await;
    assert_eq!((status, answer), (200, json!({"jsonrpc": "2.0", "id": null, "result": null})));
}

#[tokio::test]
async fn the_text_of_a_log_takes_no_action() {
    let host = busy().await;
    let places =
        ["logs/1", "steps/1/logs/stdio", "builds/2/steps/0/logs/stdio", "builders/linux/builds/1/steps/0/logs/stdio"];
    let texts = places.iter().flat_map(|place| ["contents", "raw", "raw_inline"].map(|what| format!("{place}/{what}")));
    for path in texts.chain(["logchunks".to_owned()]) {
        let (status, body) = ask(&host, &path, "stop", json!({})).await;
        assert_eq!((status, &body["error"]["code"], &body["id"]), (501, &json!(-32601), &json!(7)), "{path}: {body}");
    }
}

#[tokio::test]
async fn a_path_that_says_its_root_twice_names_nothing() {
    let host = busy().await;
    let mut log = Log::of(&host);
    assert_eq!(ask(&host, "/api/v2/builds/2", "stop", json!({})).await.0, 404);
    assert!(log.news().is_empty(), "nothing was asked for");
}
