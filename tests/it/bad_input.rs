//! Malformed requests: each is answered by a 4xx in JSON that names what is wrong, and nothing is written.

use campanile_tests::Setup;
use campanile_tests::TestHost;
use reqwest::Method;
use serde_json::Value;

const JSON: &str = "application/json";

struct Bad {
    method: &'static str,
    path: &'static str,
    headers: &'static [(&'static str, &'static str)],
    body: &'static str,
    status: u16,
    /// Stands in the answer.
    names: &'static str,
}

const fn get(path: &'static str, status: u16, names: &'static str) -> Bad {
    Bad { method: "GET", path, headers: &[], body: "", status, names }
}

const fn post(path: &'static str, body: &'static str, status: u16, names: &'static str) -> Bad {
    Bad { method: "POST", path, headers: &[("content-type", JSON)], body, status, names }
}

const fn with(headers: &'static [(&'static str, &'static str)], bad: Bad) -> Bad {
    Bad { method: bad.method, path: bad.path, headers, body: bad.body, status: bad.status, names: bad.names }
}

const PATHS: &[Bad] = &[
    get("nowhere", 404, "/nowhere"),
    get("api/v3/builds", 404, "/api/v3/builds"),
    get("api/v2/zork", 404, "zork"),
    get("api/v2/builds/", 404, "builds/"),
    get("api/v2//builds", 404, "/builds"),
    get("api/v2/builds/seven", 404, "builds/seven"),
    get("api/v2/builds/7", 404, "builds/7"),
    get("api/v2/builds/99999999999999999999", 404, "builds/99999999999999999999"),
    get("api/v2/builds/1.5/steps", 404, "builds/1.5/steps"),
    get("api/v2/builders/%ff", 400, "not UTF-8"),
    get("api/v2/workers/a%2fb", 404, "workers/a"),
    get("api/v2/deliveries/x", 404, "\"x\""),
    get("api/v2/deliveries/7", 404, "7"),
];

const PARAMETERS: &[Bad] = &[
    get("api/v2/builds?zork=1", 400, "zork"),
    get("api/v2/builds?zork__eq=1", 400, "zork"),
    get("api/v2/builds?results__like=1", 400, "like"),
    get("api/v2/builds?results=red", 400, "red"),
    get("api/v2/builds?complete=perhaps", 400, "perhaps"),
    get("api/v2/builds?limit=many", 400, "many"),
    get("api/v2/builds?limit=-1", 400, "-1"),
    get("api/v2/builds?offset=x", 400, "offset"),
    get("api/v2/builds?order=zork", 400, "zork"),
    get("api/v2/builds?order=properties", 400, "properties"),
    get("api/v2/builds?field=zork", 400, "zork"),
    get("api/v2/builds?field=buildid&order=number", 400, "number"),
    get("api/v2/builds?field=buildid&results=1", 400, "results"),
    get("api/v2/builders?property=x", 400, "property"),
    get("api/v2/builds?results=%ff", 400, "not UTF-8"),
    get("api/v2/builds?limit=99999999999999999999", 400, "99999999999999999999"),
    get("api/v2/deliveries?zork=1", 400, "zork"),
    get("api/v2/deliveries?state=lost", 400, "lost"),
    get("api/v2/deliveries?limit=1001", 400, "1001"),
];

const BODIES: &[Bad] = &[
    post("api/v2/updates/addBuild", "", 400, "EOF"),
    post("api/v2/updates/addBuild", "{", 400, "EOF"),
    post("api/v2/updates/addBuild", "[]", 400, "addBuild"),
    post("api/v2/updates/addChange", "{} {}", 400, "trailing"),
    post("api/v2/updates/addStep", "{\"buildid\": 1}", 400, "name"),
    post("api/v2/updates/addStep", "{\"buildid\": \"1\", \"name\": \"x\"}", 400, "buildid"),
    post("api/v2/updates/addStep", "{\"buildid\": 1, \"name\": \"x\", \"zork\": 1}", 400, "zork"),
    post("api/v2/updates/addStep", "{\"buildid\": 9, \"name\": \"x\"}", 404, "9"),
    post("api/v2/updates/addStep", "{\"buildid\": 1, \"name\": \"x\", \"at\": -1}", 400, "-1"),
    post("api/v2/updates/zork", "{}", 404, "zork"),
    post("api/v2/updates", "{}", 400, "list of calls"),
    post("api/v2/updates", "[{}]", 400, "method"),
    post("api/v2/updates", "[{\"method\": \"addChange\", \"zork\": 1}]", 400, "zork"),
    post("api/v2/updates", "[{\"method\": \"addChange\"}, {\"method\": \"zork\"}]", 404, "zork"),
    post("api/v2/updates", "[{\"method\": \"addChange\"}, {\"method\": \"addLog\", \"params\": 7}]", 400, "addLog"),
    post(
        "api/v2/updates",
        "[{\"method\": \"finishLog\", \"params\": {\"logid\": {\"$result\": 3}}}]",
        400,
        "$result 3",
    ),
    post("api/v2/tokens", "{\"name\": \"x\"}", 400, "scopes"),
    post("api/v2/tokens", "{\"name\": \"a b\", \"scopes\": [\"read\"]}", 400, "a b"),
    post("api/v2/tokens", "{\"name\": \"x\", \"scopes\": [\"reed\"]}", 400, "reed"),
    post("api/v2/tokens", "{\"name\": \"x\", \"scopes\": []}", 400, "scope"),
];

const RPC: &[Bad] = &[
    post("api/v2/builds/1", "{", 400, "JSON parse error"),
    post("api/v2/builds/1", "[]", 400, "batch"),
    post("api/v2/builds/1", "{\"jsonrpc\": \"2.0\"}", 400, "method"),
    post("api/v2/builds/1", "{\"jsonrpc\": \"1.0\", \"id\": 1, \"method\": \"stop\", \"params\": {}}", 400, "2.0"),
    post("api/v2/builds/1", "{\"jsonrpc\": \"2.0\", \"id\": 1, \"method\": \"zork\", \"params\": {}}", 501, "zork"),
    post("api/v2/zork/1", "{\"jsonrpc\": \"2.0\", \"id\": 1, \"method\": \"stop\", \"params\": {}}", 404, "zork"),
    post("api/v2/builds/9", "{\"jsonrpc\": \"2.0\", \"id\": 1, \"method\": \"stop\", \"params\": {}}", 404, "9"),
];

const HEADERS: &[Bad] = &[
    with(&[], post("api/v2/updates/addChange", "{}", 415, "content-type: application/json")),
    with(&[("content-type", "text/plain")], post("api/v2/updates", "[]", 415, "content-type: application/json")),
    with(&[("content-type", "text/plain")], post("api/v2/builds/1", "{}", 400, "application/json")),
    with(
        &[("content-type", JSON), ("idempotency-key", "")],
        post("api/v2/updates/addChange", "{}", 400, "1 to 255 printable"),
    ),
    with(&[("host", "evil.example")], get("api/v2/builds", 403, "evil.example")),
    with(&[("origin", "https://evil.example")], get("api/v2/builds", 400, "https://evil.example")),
    with(&[("authorization", "Bearer nonsense")], get("api/v2/builds", 401, "authorization")),
];

#[tokio::test]
async fn every_malformed_request_is_told_what_is_wrong() {
    let host = Setup::default().start().await;
    host.finished_build("linux", 0).await;
    let written = host.get("health").await["events"].clone();
    let mut wrong = Vec::new();
    for bad in [PATHS, PARAMETERS, BODIES, RPC, HEADERS].into_iter().flatten() {
        wrong.extend(check(&host, bad).await);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(host.get("health").await["events"], written, "nothing was written");
    assert_eq!(host.get("tokens").await["meta"]["total"], 0);
}

/// What is wrong with the answer.
async fn check(host: &TestHost, bad: &Bad) -> Option<String> {
    let mut request = host
        .client
        .request(Method::from_bytes(bad.method.as_bytes()).expect("a method"), format!("{}/{}", host.url, bad.path));
    for (name, value) in bad.headers {
        request = request.header(*name, *value);
    }
    let answer = request.body(bad.body).send().await.expect("an answer");
    let (status, kind) = (answer.status().as_u16(), answer.headers()["content-type"].clone());
    let text = answer.text().await.expect("a body");
    let body: Value = serde_json::from_str(&text).unwrap_or_default();
    let said = body["error"].as_str().or_else(|| body["error"]["message"].as_str()).unwrap_or_default();
    let right = status == bad.status && kind == JSON && said.contains(bad.names);
    let asked = format!("{} {} {:?} {}", bad.method, bad.path, bad.headers, bad.body);
    (!right).then(|| format!("{asked}: {status} {text}, and not {} naming {:?}", bad.status, bad.names))
}
