//! The data API over HTTP: updates in, resources out, and what is said of wrong calls.

use campanile_tests::Setup;
use reqwest::StatusCode;
use serde_json::Value;
use serde_json::json;

#[tokio::test]
async fn steps_are_found_by_each_of_their_paths() {
    let host = Setup::default().start().await;
    let build = host.finished_build("linux", 0).await;
    let (builder, buildid) = (build.builderid, build.buildid);
    let step = host.get(&format!("builds/{buildid}/steps/test")).await;
    let stepid = &step["steps"][0]["stepid"];
    for path in [
        format!("builds/{buildid}/steps/0"),
        format!("builders/{builder}/builds/1/steps/test"),
        format!("builders/{builder}/builds/1/steps/0"),
        "builders/linux/builds/1/steps/test".to_owned(),
        "builders/linux/builds/1/steps/0".to_owned(),
        format!("steps/{stepid}"),
    ] {
        assert_eq!(host.get(&path).await, step, "{path}");
    }
    let fields: Vec<&String> = step["steps"][0].as_object().expect("a step").keys().collect();
    let expected = [
        "buildid",
        "complete",
        "complete_at",
        "hidden",
        "locks_acquired_at",
        "name",
        "number",
        "results",
        "started_at",
        "state_string",
        "stepid",
        "urls",
    ];
    assert_eq!(fields, expected);
    assert_eq!(step["meta"], json!({}));
    for path in [format!("builds/{buildid}/steps"), "builders/linux/builds/1/steps".to_owned()] {
        let steps = host.get(&path).await;
        assert_eq!(steps["meta"], json!({"total": 1}), "{path}");
        assert_eq!(steps["steps"], step["steps"], "{path}");
    }
    assert_eq!(host.get("builds/999/steps").await, json!({"steps": [], "meta": {"total": 0}}));
    for path in ["builders/linux/builds/2/steps", "builds/999", "builds/1/steps/nope", "builds/1/zork", "zork"] {
        assert_eq!(host.try_get(path).await.0, StatusCode::NOT_FOUND, "{path}");
    }
}

#[tokio::test]
async fn a_step_gets_a_free_name_and_the_next_number() {
    let host = Setup::default().start().await;
    let build = host.finished_build("linux", 0).await.buildid;
    let add = async |method: &str, name: &str| host.update(method, json!({"buildid": build, "name": name})).await;
    assert_eq!(add("addStep", "comp").await, json!({"stepid": 2, "number": 1, "name": "comp"}));
    assert_eq!(add("newStep", "comp").await["name"], "comp_1");
    assert_eq!(add("addStep", "comp").await["name"], "comp_2");
    let long = "x".repeat(50);
    assert_eq!(add("addStep", &long).await["name"], long);
    assert_eq!(add("addStep", &long).await["name"], "x".repeat(48) + "_1");
    assert_eq!(add("addStep", "comp_4").await["name"], "comp_4");
    assert_eq!(add("addStep", "comp").await["name"], "comp_3");
    assert_eq!(add("addStep", "comp").await["name"], "comp_5");
    let step = host.get("steps/2").await["steps"][0].clone();
    assert_eq!((&step["state_string"], &step["started_at"]), (&json!("pending"), &Value::Null));
}

#[tokio::test]
async fn a_build_has_a_bounded_number_of_steps() {
    let host = Setup::default().start().await;
    let build = host.finished_build("linux", 0).await.buildid;
    let add = |name: String| json!({"method": "addStep", "params": {"buildid": build, "name": name}});
    let long: Vec<Value> = (0..200).map(|_| add("x".repeat(60))).collect();
    let others: Vec<Value> = (0..9_799).map(|number| add(format!("step {number}"))).collect();
    let (_, body) = host.post("updates", &json!(long)).await;
    for (call, name) in [(0, "x".repeat(50)), (9, "x".repeat(48) + "_9"), (199, "x".repeat(46) + "_199")] {
        assert_eq!(body["results"][call]["name"], name);
    }
    assert_eq!(host.post("updates", &json!(others)).await.0, StatusCode::OK);
    let (status, body) = host.try_update("addStep", json!({"buildid": build, "name": "y"})).await;
    let said = "invalid parameter buildid: the build has 10000 steps already";
    assert_eq!((status, body), (StatusCode::BAD_REQUEST, json!({"error": said})));
}

#[tokio::test]
async fn a_master_may_change_its_name_but_not_take_anothers() {
    let host = Setup::default().start().await;
    let active = async |name: &str, id: i64| {
        let (status, body) = host.try_update("masterActive", json!({"name": name, "masterid": id})).await;
        (status.as_u16(), body)
    };
    assert_eq!(active("second", 2).await.0, 200);
    let refused = json!({"error": "invalid parameter name: \"master\" is the name of master 1"});
    for id in [2, 3] {
        assert_eq!(active("master", id).await, (400, refused.clone()), "{id}");
    }
    assert_eq!(active("first", 1).await.0, 200);
    assert_eq!(active("master", 2).await.0, 200, "the name is free now");
}

#[tokio::test]
async fn a_batch_is_all_or_nothing() {
    let host = Setup::default().start().await;
    let before = host.get("health").await["events"].clone();
    let calls = json!([
        {"method": "findBuilderId", "params": {"name": "linux"}},
        {"method": "addBuildset", "params": {"waited_for": false, "builderids": [{"$result": 0}]}},
        {"method": "addBuild", "params": {"builderid": {"$result": 0}, "buildrequestid": 77}},
    ]);
    let (status, body) = host.post("updates", &calls).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    assert_eq!(body, json!({"error": "call 2 of the batch (addBuild): no build request with buildrequestid 77"}));
    assert_eq!(host.try_get("builders/linux").await.0, StatusCode::NOT_FOUND);
    assert_eq!(host.get("health").await["events"], before);
}

#[tokio::test]
async fn a_wrong_update_is_told_what_is_wrong() {
    let host = Setup::default().start().await;
    let build = host.finished_build("linux", 0).await.buildid;
    let events = host.get("health").await["events"].clone();
    let cases = [
        ("zork", json!({}), 404, "unknown update method \"zork\""),
        ("finishBuild", json!({"buildid": build}), 400, "missing field `results`"),
        ("finishBuild", json!({"buildid": build, "results": 9}), 400, "results: invalid result code 9"),
        ("finishBuild", json!({"buildid": "x", "results": 0}), 400, "buildid: invalid type: string \"x\""),
        ("finishBuild", json!({"buildid": build, "results": 0, "zork": 1}), 400, "unknown field `zork`"),
        ("finishBuild", json!({"buildid": 99, "results": 0}), 404, "no build with buildid 99"),
        ("finishBuild", json!([]), 400, "invalid parameters of finishBuild"),
        ("setStepStateString", json!({"stepid": 99, "state_string": ""}), 404, "no step with stepid 99"),
        ("addStep", json!({"buildid": build, "name": ""}), 400, "invalid parameter name: it is empty"),
        ("addStep", json!({"buildid": build, "name": "a\nb"}), 400, "control character"),
        ("appendLog", json!({"logid": 1, "content": "ox"}), 400, "must end with a line end"),
        ("appendLog", json!({"logid": 1, "content": "ox\n"}), 400, "log 1 is finished"),
        ("completeBuildRequests", json!({"brids": [1], "results": 5}), 400, "unclaim it"),
        ("finishStep", json!({"stepid": 99, "results": 0, "hidden": false}), 404, "no step with stepid 99"),
        ("finishLog", json!({"logid": 99}), 404, "no log with logid 99"),
        (
            "addBuildset",
            json!({"waited_for": false, "builderids": [1, 1]}),
            400,
            "invalid parameter builderids: builder 1 stands there twice",
        ),
        ("findWorkerId", json!({"name": "a b"}), 400, "no name for a worker"),
        ("addChange", json!({"at": "noon"}), 400, "invalid parameter at"),
    ];
    for (method, params, status, message) in cases {
        let (found, body) = host.try_update(method, params.clone()).await;
        assert_eq!(found.as_u16(), status, "{method} {params}: {body}");
        let said = body["error"].as_str().expect("an error");
        assert!(said.contains(message), "{method} {params}: {said}");
    }
    assert_eq!(host.get("health").await["events"], events);
}

#[tokio::test]
async fn an_end_that_is_told_twice_is_one_end() {
    let host = Setup::default().start().await;
    host.finished_build("linux", 0).await;
    let (build, step) = (host.get("builds/1").await, host.get("steps/1").await);
    let events = host.get("health").await["events"].clone();
    for (method, params) in [
        ("finishBuild", json!({"buildid": 1, "results": 0})),
        ("finishStep", json!({"stepid": 1, "results": 0, "hidden": false})),
        ("finishLog", json!({"logid": 1})),
    ] {
        assert_eq!(host.update(method, params).await, Value::Null, "{method}");
    }
    for (method, params, message) in [
        ("finishBuild", json!({"buildid": 1, "results": 2}), "build 1 is finished already"),
        ("finishStep", json!({"stepid": 1, "results": 2, "hidden": false}), "step 1 is finished already"),
        ("finishStep", json!({"stepid": 1, "results": 0, "hidden": true}), "step 1 is finished already"),
    ] {
        let (status, body) = host.try_update(method, params).await;
        let said = body["error"].as_str().expect("an error");
        assert!(status == StatusCode::BAD_REQUEST && said.contains(message), "{method}: {status} {body}");
    }
    assert_eq!((host.get("builds/1").await, host.get("steps/1").await), (build, step));
    assert_eq!(host.get("health").await["events"], events, "nothing more was told");
}

#[tokio::test]
async fn requests_that_are_no_calls_are_refused_as_json() {
    let host = Setup::default().toml("[server]\nlisten = \"127.0.0.1:0\"\nmax_body_bytes = 1000\n").start().await;
    let send = async |kind: &str, body: String| {
        let url = format!("{}/api/v2/updates/addChange", host.url);
        let answer = host.client.post(url).header("content-type", kind).body(body).send().await.expect("an answer");
        let status = answer.status().as_u16();
        let text = answer.text().await.expect("a body");
        let body: Value = serde_json::from_str(&text).expect("JSON");
        (status, body["error"].as_str().expect("an error").to_owned())
    };
    assert_eq!(send("text/plain", "{}".to_owned()).await.0, 415);
    assert_eq!(send("application/json", "{".to_owned()).await.0, 400);
    let (status, said) = send("application/json", format!("{{\"comments\": \"{}\"}}", "x".repeat(1000))).await;
    assert_eq!((status, said.contains("max_body_bytes")), (413, true), "{said}");
    for (path, status) in [
        ("deliveries/7", 404),
        ("deliveries/x", 404),
        ("deliveries?state=zork", 400),
        ("deliveries?zork=1", 400),
        ("builds/1/steps?zork=1", 400),
        ("builds/1/steps?limit=x", 400),
    ] {
        let (found, body) = host.try_get(path).await;
        assert!(found.as_u16() == status && body["error"].is_string(), "{path}: {found} {body}");
    }
}

#[tokio::test]
async fn requests_for_another_host_are_refused() {
    let host = Setup::default().start().await;
    let ask = async |name: &str, path: &str| {
        let request = host.client.post(format!("{}/{path}", host.url)).header("host", name).body("{}");
        let answer = request.header("content-type", "application/json").send().await.expect("an answer");
        let (status, text) = (answer.status().as_u16(), answer.text().await.expect("a body"));
        (status, serde_json::from_str::<Value>(&text).expect("JSON"))
    };
    for name in
        ["127.0.0.1:8010", "127.8.0.1", "[::1]:8010", "localhost", "LOCALHOST:80", "ci.example.org", "CI.Example.org."]
    {
        assert_eq!(ask(name, "api/v2/updates/addChange").await.0, 200, "{name}");
    }
    let written = host.get("health").await["events"].clone();
    for name in [
        "evil.example",
        "evil.example:8010",
        "localhost.evil.example",
        "10.0.0.1",
        "example.org",
        "127.0.0.1.evil.example",
        "0.0.0.0",
        "",
    ] {
        for path in ["api/v2/updates/addChange", "api/v2/health", "nowhere"] {
            let (status, body) = ask(name, path).await;
            let said = body["error"].as_str().expect("an error");
            assert!(status == 403 && said.contains("[server] url"), "{name} {path}: {status} {said}");
        }
    }
    assert_eq!(host.get("health").await["events"], written);
}

#[tokio::test]
async fn calls_may_say_when_it_was() {
    let host = Setup::default().start().await;
    let id = host.update("addChange", json!({"author": "ada@example.org", "at": 1_700_000_000})).await;
    let change = host.get(&format!("changes/{id}")).await["changes"][0].clone();
    assert_eq!(change["when_timestamp"], 1_700_000_000);
    let (status, _) = host.post("updates", &json!([{"method": "addChange", "params": {}, "at": 1_600_000_000}])).await;
    assert!(status.is_success());
    assert_eq!(host.get("changes/2").await["changes"][0]["when_timestamp"], 1_600_000_000);
}

#[tokio::test]
async fn a_lifecycle_tells_its_events_in_buildbots_order() {
    let host = Setup::default().start().await;
    host.update("findBuilderId", json!({"name": "linux"})).await;
    host.finished_build("linux", 0).await;
    let database = host.database();
    let mut statement = database.prepare("SELECT topics FROM events ORDER BY seq").expect("a statement");
    let topics: Vec<String> =
        statement.query_map([], |row| row.get(0)).expect("rows").map(|row| row.expect("a row")).collect();
    insta::assert_snapshot!(topics.join("\n--\n"));
}

#[tokio::test]
async fn one_resource_is_the_same_on_any_page() {
    let host = Setup::default().start().await;
    host.finished_build("linux", 0).await;
    for path in ["builds/1", "builders/linux", "builds/1/properties", "buildsets/1/properties"] {
        let whole = host.get(path).await;
        for query in ["offset=1", "limit=0", "limit=5&offset=7"] {
            assert_eq!(host.get(&format!("{path}?{query}")).await, whole, "{path}?{query}");
        }
    }
    let properties = host.get("builds/1/properties").await;
    for query in ["field=buildnumber", "order=name", "order=-name&property=*"] {
        assert_eq!(host.get(&format!("builds/1/properties?{query}")).await, properties, "{query}");
    }
    for path in ["builds/1?results=0", "builds/1/properties?zork=1"] {
        assert_eq!(host.try_get(path).await.0, StatusCode::BAD_REQUEST, "{path}");
    }
}

#[tokio::test]
async fn a_filter_takes_a_bounded_number_of_values() {
    let host = Setup::default().start().await;
    let ask = async |count: usize, name: &str| {
        let values: Vec<String> = (0..count).map(|value| format!("{name}={value}")).collect();
        host.try_get(&format!("builds?{}", values.join("&"))).await
    };
    for name in ["buildid", "buildid__ne", "state_string__contains"] {
        assert_eq!(ask(100, name).await.0, StatusCode::OK, "{name}");
        let (status, body) = ask(101, name).await;
        let field = name.split("__").next().expect("a name");
        let said = format!("101 values for '{field}': at most 100 are taken");
        assert_eq!((status, body), (StatusCode::BAD_REQUEST, json!({"error": said})));
    }
}

#[tokio::test]
async fn an_open_buildset_has_results_of_minus_one() {
    let host = Setup::default().start().await;
    host.finished_build("linux", 2).await;
    host.update("addBuildset", json!({"waited_for": false, "builderids": [1]})).await;
    assert_eq!(host.get("buildsets/2").await["buildsets"][0]["results"], -1);
    for (query, total, first) in
        [("results=-1", 1, 2), ("results=2", 1, 1), ("results__lt=0", 1, 2), ("order=results", 2, 2)]
    {
        let found = host.get(&format!("buildsets?{query}")).await;
        assert_eq!(
            (&found["meta"]["total"], &found["buildsets"][0]["bsid"]),
            (&json!(total), &json!(first)),
            "{query}"
        );
    }
    let body: String = host
        .database()
        .query_row("SELECT body FROM events WHERE topics = 'buildsets/2/new'", [], |row| row.get(0))
        .expect("an event");
    assert!(body.contains("\"results\":null"), "{body}");
}
