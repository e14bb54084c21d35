//! Live events over Server-Sent Events and WebSocket: the story of a build, going on after a break, slow clients, limits.

mod lasting;
mod wrong;

use campanile_tests::Setup;
use campanile_tests::TestHost;
use campanile_tests::listening::Socket;
use campanile_tests::listening::Stream;
use serde_json::Value;
use serde_json::json;

/// Every topic of a build's life: as long as the shortest, to as long as the longest.
const ALL: [&str; 4] = ["*/*/*", "*/*/*/*", "*/*/*/*/*", "*/*/*/*/*/*/*"];

/// A build from its request to its end, each call its own commit.
async fn build(host: &TestHost) {
    let builder = host.builder("linux").await;
    let worker = host.update("findWorkerId", json!({"name": "wrk"})).await;
    let calls = [
        (
            "addBuildset",
            json!({"waited_for": false, "builderids": [builder], "reason": "x", "scheduler": "s",
                   "sourcestamps": [{"branch": "b", "revision": "r", "repository": "rr", "project": "p", "codebase": ""}]}),
        ),
        ("claimBuildRequests", json!({"brids": [1]})),
        ("addBuild", json!({"builderid": builder, "buildrequestid": 1, "workerid": worker})),
        ("setBuildProperties", json!({"buildid": 1, "properties": {"branch": ["b", "Build"]}})),
        ("setBuildStateString", json!({"buildid": 1, "state_string": "starting"})),
        ("generateNewBuildEvent", json!({"buildid": 1})),
        ("addStep", json!({"buildid": 1, "name": "comp"})),
        ("startStep", json!({"stepid": 1})),
        ("setStepStateString", json!({"stepid": 1, "state_string": "compiling"})),
        ("addStepURL", json!({"stepid": 1, "name": "u", "url": "https://example.org/"})),
        ("addLog", json!({"stepid": 1, "name": "stdio", "type": "s"})),
        ("appendLog", json!({"logid": 1, "content": "ohello\n"})),
        ("finishLog", json!({"logid": 1})),
        ("finishStep", json!({"stepid": 1, "results": 0, "hidden": false})),
        ("finishBuild", json!({"buildid": 1, "results": 0})),
        ("completeBuildRequests", json!({"brids": [1], "results": 0})),
    ];
    for (method, params) in calls {
        host.update(method, params).await;
    }
}

/// The keys of that, in Buildbot's order.
fn story() -> Vec<String> {
    let requests = |what: &str| {
        ["buildsets/1/builders/1/buildrequests/1", "buildrequests/1", "builders/1/buildrequests/1"]
            .map(|path| format!("{path}/{what}"))
            .to_vec()
    };
    let builds = |what: &str| {
        ["builders/1/builds/1", "builds/1", "workers/1/builds/1"].map(|path| format!("{path}/{what}")).to_vec()
    };
    let steps = |what: &str| ["builds/1/steps/1", "steps/1"].map(|path| format!("{path}/{what}")).to_vec();
    let logs = |what: &str| ["logs/1", "steps/1/logs/stdio"].map(|path| format!("{path}/{what}")).to_vec();
    let one = |key: &str| vec![key.to_owned()];
    [
        requests("new"),
        one("buildsets/1/new"),
        requests("claimed"),
        one("builds/1/properties/update"),
        builds("update"),
        builds("new"),
        steps("new"),
        steps("started"),
        steps("updated"),
        steps("updated"),
        logs("new"),
        logs("append"),
        logs("finished"),
        steps("finished"),
        builds("finished"),
        requests("complete"),
        one("buildsets/1/complete"),
    ]
    .concat()
}

#[tokio::test]
async fn a_build_is_told_over_both_in_buildbots_order() {
    let host = Setup::default().start().await;
    let mut stream = Stream::open(&host.client, &format!("{}/sse/listen", host.url), None).await;
    let mut socket = Socket::open(&host.url).await;
    for path in ALL {
        let added = host.client.get(format!("{}/sse/add/{}/{path}", host.url, stream.uuid)).send().await;
        assert_eq!(added.expect("an answer").text().await.expect("a body"), "ok");
        socket.consume(path).await;
    }
    build(&host).await;
    let story = story();
    let mut over_sse = Vec::new();
    for key in &story {
        let told = stream.next().await;
        assert_eq!(told.key, *key);
        over_sse.push(told.message);
    }
    for (key, over_sse) in story.iter().zip(&over_sse) {
        let told = socket.next().await;
        assert_eq!((&told["k"], &told["m"], told.as_object().map(|told| told.len())), (&json!(key), over_sse, Some(2)));
    }
    let last = over_sse.last().expect("messages");
    assert_eq!((&last["bsid"], &last["complete"], &last["results"]), (&json!(1), &json!(true), &json!(0)));
}

#[tokio::test]
async fn an_event_comes_once_for_each_path_that_it_matches() {
    let host = Setup::default().start().await;
    let mut stream = Stream::open(&host.client, &format!("{}/sse/listen/builds/*/*", host.url), None).await;
    let add = format!("{}/sse/add/{}/builders/*/builds/*/*", host.url, stream.uuid);
    host.client.get(add).send().await.expect("an answer");
    let mut socket = Socket::open(&host.url).await;
    for path in ["builds/*/*", "builders/*/builds/*/*", "builds/1/*"] {
        socket.consume(path).await;
    }
    build(&host).await;
    let what = ["update", "new", "finished"];
    let twice = what.iter().flat_map(|what| [format!("builders/1/builds/1/{what}"), format!("builds/1/{what}")]);
    assert_eq!(stream.keys(6).await, twice.collect::<Vec<_>>());
    let thrice = what.iter().flat_map(|what| {
        [format!("builders/1/builds/1/{what}"), format!("builds/1/{what}"), format!("builds/1/{what}")]
    });
    assert_eq!(socket.keys(9).await, thrice.collect::<Vec<_>>());
}

#[tokio::test]
async fn paths_are_added_and_removed_while_a_client_listens() {
    let host = Setup::default().start().await;
    let mut stream = Stream::open(&host.client, &format!("{}/sse/changes/*/*", host.url), None).await;
    let mut socket = Socket::open(&host.url).await;
    socket.consume("changes/*/new").await;
    let get = async |path: String| {
        let answer = host.client.get(format!("{}/sse/{path}", host.url)).send().await.expect("an answer");
        answer.text().await.expect("a body")
    };
    let change = async || host.update("addChange", json!({"author": "ada@example.org"})).await;
    change().await;
    assert_eq!(
        (stream.next().await.key, socket.next().await["k"].take()),
        ("changes/1/new".into(), json!("changes/1/new"))
    );
    assert_eq!(get(format!("remove/{}/changes/*/*", stream.uuid)).await, "ok");
    let stop = json!({"cmd": "stopConsuming", "path": "changes/*/new"});
    assert_eq!(socket.ask(stop.clone()).await["msg"], "OK");
    assert_eq!(socket.ask(stop).await["error"], "path was not consumed 'changes/*/new'");
    change().await;
    // What happened in between is not told.
    assert_eq!(get(format!("add/{}/changes/*/*", stream.uuid)).await, "ok");
    socket.consume("changes/*/new").await;
    socket.consume("changes/*/new").await;
    change().await;
    assert_eq!(
        (stream.next().await.key, socket.next().await["k"].take()),
        ("changes/3/new".into(), json!("changes/3/new"))
    );
    // Unless it is asked for.
    get(format!("remove/{}/changes/*/*", stream.uuid)).await;
    assert_eq!(get(format!("add/{}/changes/*/*?from=1", stream.uuid)).await, "ok");
    assert_eq!(stream.keys(2).await, ["changes/2/new", "changes/3/new"]);
}

#[tokio::test]
async fn a_client_that_comes_back_goes_on_where_it_was() {
    let setup = Setup::default();
    let host = setup.start().await;
    let listen = |host: &TestHost, query: &str| format!("{}/sse/listen/builds/*/*{query}", host.url);
    let add = async |host: &TestHost, stream: &Stream| {
        let path = format!("{}/sse/add/{}/builders/*/builds/*/*?from={}", host.url, stream.uuid, stream.last_id);
        host.client.get(path).send().await.expect("an answer");
    };
    let mut stream = Stream::open(&host.client, &listen(&host, ""), None).await;
    add(&host, &stream).await;
    build(&host).await;
    let (first, second, third) = (stream.next().await, stream.next().await, stream.next().await);
    // Two messages of one event, and only the last has its position: the third is the first of the next event.
    assert_eq!((first.id, third.id), (None, None));
    assert_eq!((first.key, third.key.clone()), ("builders/1/builds/1/update".into(), "builders/1/builds/1/new".into()));
    let cut = second.id.expect("a position");
    assert_eq!(stream.last_id, cut);
    drop(stream);
    let rest = ["builders/1/builds/1/finished", "builders/1/builds/1/new", "builds/1/finished", "builds/1/new"];
    let mut stream = Stream::open(&host.client, &listen(&host, ""), Some(&cut)).await;
    add(&host, &stream).await;
    // A path that is added later begins behind the same event; what the first has had by then is not repeated.
    let mut keys = stream.keys(4).await;
    keys.sort();
    assert_eq!(keys, rest, "the event that was cut comes whole");
    drop(stream);
    let host = host.stop().await.start().await;
    let mut stream = Stream::open(&host.client, &listen(&host, &format!("?from={cut}")), None).await;
    assert_eq!(stream.keys(2).await, ["builds/1/new", "builds/1/finished"]);
    // The header is newer than the address that a browser opened.
    let at = stream.last_id.clone();
    let mut stream = Stream::open(&host.client, &listen(&host, "?from=0"), Some(&at)).await;
    host.update("setBuildStateString", json!({"buildid": 1, "state_string": "over"})).await;
    assert_eq!(stream.next().await.key, "builds/1/update");
}

#[tokio::test]
async fn a_websocket_consumes_from_a_position() {
    let setup = Setup::default();
    let host = setup.start().await;
    build(&host).await;
    let host = host.stop().await.start().await;
    let mut socket = Socket::open(&host.url).await;
    let from = |path: &str, from: i64| json!({"cmd": "startConsuming", "path": path, "from": from, "seq": true});
    assert_eq!(socket.ask(from("builds/*/*", 0)).await["msg"], "OK");
    let mut seen = Vec::new();
    for key in ["builds/1/update", "builds/1/new", "builds/1/finished"] {
        let told = socket.next().await;
        assert_eq!(told["k"], key);
        seen.push(told["seq"].as_i64().expect("a position"));
    }
    // Another path from further back does not repeat what this one had.
    assert_eq!(socket.ask(from("steps/*/finished", seen[0])).await["msg"], "OK");
    host.update("setBuildStateString", json!({"buildid": 1, "state_string": "over"})).await;
    assert_eq!(socket.keys(2).await, ["steps/1/finished", "builds/1/update"]);
    let mut other = Socket::open(&host.url).await;
    assert_eq!(other.ask(from("builds/*/*", seen[1])).await["msg"], "OK");
    assert_eq!(other.keys(2).await, ["builds/1/finished", "builds/1/update"]);
    let again = other.ask(from("builds/*/*", 0)).await;
    assert!(again["error"].as_str().is_some_and(|said| said.starts_with("path is consumed already")), "{again}");
}

fn numbers(values: &[Value]) -> Vec<i64> {
    values.iter().filter_map(Value::as_i64).collect()
}
