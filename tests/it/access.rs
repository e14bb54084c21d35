//! Who may do what: tokens, scopes, reading without one, and what a host without tokens is.

use campanile_tests::ProcessHost;
use campanile_tests::Setup;
use campanile_tests::TestHost;
use campanile_tests::campanile;
use campanile_tests::campanile_with;
use reqwest::Method;
use reqwest::header::WWW_AUTHENTICATE;
use serde_json::Value;
use serde_json::json;

/// An answer: its status, its challenge, its body.
struct Answer {
    status: u16,
    challenge: String,
    body: Value,
}

impl Answer {
    /// What was said, plainly or in JSON-RPC's envelope.
    fn error(&self) -> &str {
        self.body["error"].as_str().or_else(|| self.body["error"]["message"].as_str()).unwrap_or_default()
    }
}

async fn ask(host: &TestHost, (method, path): (Method, &str), token: &str, body: Option<&Value>) -> Answer {
    let mut request = host.client.request(method, format!("{}/{path}", host.url));
    if !token.is_empty() {
        request = request.bearer_auth(token);
    }
    if let Some(body) = body {
        request = request.header("content-type", "application/json").body(body.to_string());
    }
    let answer = request.send().await.expect("an answer");
    let challenge = answer.headers().get(WWW_AUTHENTICATE).map(|value| value.to_str().expect("text").to_owned());
    let status = answer.status().as_u16();
    let text = answer.text().await.expect("a body");
    let body = serde_json::from_str(&text).unwrap_or_else(|_| panic!("{path}: {status}: no JSON: {text}"));
    Answer { status, challenge: challenge.unwrap_or_default(), body }
}

async fn get(host: &TestHost, path: &str, token: &str) -> Answer {
    ask(host, (Method::GET, path), token, None).await
}

async fn post(host: &TestHost, path: &str, token: &str, body: Value) -> Answer {
    ask(host, (Method::POST, path), token, Some(&body)).await
}

/// A new token with these scopes.
async fn token(host: &TestHost, admin: &str, name: &str, scopes: &[&str]) -> String {
    let made = post(host, "api/v2/tokens", admin, json!({"name": name, "scopes": scopes})).await;
    assert_eq!(made.status, 200, "{}", made.body);
    made.body["token"].as_str().expect("a token").to_owned()
}

#[tokio::test]
async fn without_tokens_whoever_is_on_the_machine_may_do_everything() {
    let host = Setup::default().start().await;
    assert_eq!(post(&host, "api/v2/updates/addChange", "", json!({"at": 1})).await.status, 200);
    assert_eq!(get(&host, "api/v2/tokens", "").await.status, 200);
    let wrong = get(&host, "api/v2/health", "campanile_of_another_host").await;
    assert_eq!((wrong.status, wrong.challenge.as_str()), (401, "Bearer realm=\"campanile\", error=\"invalid_token\""));
}

#[tokio::test]
async fn with_the_first_token_everybody_needs_one() {
    let host = Setup::default().start().await;
    let admin = token(&host, "", "ops", &["admin"]).await;
    assert!(admin.starts_with("campanile_") && admin.len() > 50, "{admin}");
    for path in ["api/v2/updates/addChange", "api/v2/updates", "api/v2/tokens"] {
        let refused = post(&host, path, "", json!({})).await;
        assert_eq!((refused.status, refused.challenge.as_str()), (401, "Bearer realm=\"campanile\""), "{path}");
        assert!(refused.error().contains("needs a token with the scope"), "{}", refused.error());
    }
    assert_eq!(post(&host, "api/v2/updates/addChange", &admin, json!({})).await.status, 200);
    assert_eq!(get(&host, "api/v2/changes/1", "").await.status, 200, "reading is open unless told otherwise");
    assert_eq!(get(&host, "api/v2/deliveries", "").await.status, 401, "messages are nobody's business");
    let again = post(&host, "api/v2/tokens", &admin, json!({"name": "ops", "scopes": ["read"]})).await;
    assert!(again.status == 409 && again.error().contains("a token ops already"), "{}", again.error());
}

#[tokio::test]
async fn a_scope_opens_what_it_says_and_nothing_else() {
    let host = Setup::default().toml(SERVER).toml("anonymous_read = false\n").start().await;
    let admin = token(&host, "", "ops", &["admin"]).await;
    let tokens = [
        ("", String::new()),
        ("read", token(&host, &admin, "r", &["read"]).await),
        ("update", token(&host, &admin, "u", &["update"]).await),
        ("import", token(&host, &admin, "i", &["import"]).await),
        ("control", token(&host, &admin, "c", &["control"]).await),
        ("admin", admin),
    ];
    let rpc = json!({"jsonrpc": "2.0", "id": 1, "method": "retry", "params": {}});
    let change = json!({});
    let dated = json!({"at": 1_700_000_000});
    let batch = json!([{"method": "addChange", "params": {}, "at": 1_700_000_000}]);
    let new = json!({"name": "", "scopes": []});
    for (method, path, body, needed, opens) in [
        (Method::GET, "api", None, "", ["", "read", "update", "import", "control", "admin"].as_slice()),
        (Method::GET, "api/v2/health", None, "", &["", "read", "update", "import", "control", "admin"]),
        (Method::GET, "api/v2/builders", None, "read", &["read", "admin"]),
        (Method::GET, "api/v2/deliveries", None, "read", &["read", "admin"]),
        (Method::GET, "api/v2/plugins", None, "read", &["read", "admin"]),
        (Method::POST, "api/v2/updates/addChange", Some(&change), "update", &["update", "import", "admin"]),
        (Method::POST, "api/v2/updates/addChange", Some(&dated), "import", &["import", "admin"]),
        (Method::POST, "api/v2/updates", Some(&batch), "import", &["import", "admin"]),
        (Method::POST, "api/v2/deliveries/7", Some(&rpc), "control", &["control", "admin"]),
        (Method::POST, "api/v2/reporters/nobody", Some(&rpc), "control", &["control", "admin"]),
        (Method::GET, "api/v2/tokens", None, "admin", &["admin"]),
        (Method::POST, "api/v2/tokens", Some(&new), "admin", &["admin"]),
        (Method::DELETE, "api/v2/tokens/nobody", None, "admin", &["admin"]),
    ] {
        for (scope, token) in &tokens {
            let answer = ask(&host, (method.clone(), path), token, body).await;
            let what = format!("{method} {path} with {scope:?}: {} {}", answer.status, answer.body);
            match (opens.contains(scope), scope.is_empty()) {
                (true, _) => assert!(!matches!(answer.status, 401 | 403), "{what}"),
                (false, true) => assert_eq!((answer.status, answer.challenge.as_str()), (401, REALM), "{what}"),
                (false, false) => {
                    assert_eq!(answer.status, 403, "{what}");
                    // What the body asks for is known only after the gate of its route.
                    let named = format!("lacks the scope {needed}");
                    assert!(answer.error().contains(&named) || needed == "import", "{what}");
                    assert!(answer.challenge.contains("error=\"insufficient_scope\""), "{what}");
                }
            }
        }
    }
    let said = post(&host, "api/v2/deliveries/7", "", rpc).await.body;
    assert_eq!(said["jsonrpc"], "2.0");
    assert_eq!(said["error"]["code"], -32600);
}

/// The start of a `[server]` that a test may add to.
const SERVER: &str = "[server]\nlisten = \"127.0.0.1:0\"\nurl = \"https://ci.example.org/\"\n";
const REALM: &str = "Bearer realm=\"campanile\"";

#[tokio::test]
async fn a_revoked_token_opens_nothing_from_then_on_and_its_name_is_free() {
    let host = Setup::default().start().await;
    let admin = token(&host, "", "ops", &["admin"]).await;
    let first = token(&host, &admin, "ci", &["update"]).await;
    assert_eq!(post(&host, "api/v2/updates/addChange", &first, json!({})).await.status, 200);
    assert_eq!(ask(&host, (Method::DELETE, "api/v2/tokens/ci"), &admin, None).await.status, 200);
    for path in ["api/v2/updates/addChange", "api/v2/updates"] {
        assert_eq!(post(&host, path, &first, json!({})).await.status, 401);
    }
    // A token that is wrong is not taken for none.
    assert_eq!(get(&host, "api/v2/changes/1", &first).await.status, 401);
    let gone = ask(&host, (Method::DELETE, "api/v2/tokens/ci"), &admin, None).await;
    assert!(gone.status == 404 && gone.error().contains("no token ci"), "{}", gone.error());
    let second = token(&host, &admin, "ci", &["update"]).await;
    assert_eq!(post(&host, "api/v2/updates/addChange", &second, json!({})).await.status, 200);
    let listed = get(&host, "api/v2/tokens", &admin).await.body;
    let states: Vec<_> =
        listed["tokens"].as_array().expect("a list").iter().map(|t| (&t["name"], t["revoked_at"].is_null())).collect();
    assert_eq!(states, [(&json!("ops"), true), (&json!("ci"), false), (&json!("ci"), true)]);
    // The last is gone, and still nobody comes in: a revocation never opens a host.
    for name in ["ci", "ops"] {
        assert_eq!(ask(&host, (Method::DELETE, &format!("api/v2/tokens/{name}")), &admin, None).await.status, 200);
    }
    assert_eq!(post(&host, "api/v2/updates/addChange", "", json!({})).await.status, 401);
}

#[tokio::test]
async fn only_hashes_are_kept_and_no_log_holds_a_token() {
    let host = Setup::default().start().await;
    let admin = token(&host, "", "ops", &["admin"]).await;
    let secret = admin.trim_start_matches("campanile_").to_owned();
    assert_eq!(get(&host, "api/v2/tokens", &admin).await.status, 200);
    assert_eq!(post(&host, "api/v2/nowhere/7", &admin, json!({"token": 1})).await.status, 400);
    let folder = host.setup.folder().to_owned();
    let setup = host.stop().await;
    for file in std::fs::read_dir(&folder).expect("the folder") {
        let path = file.expect("a file").path();
        if path.is_file() {
            let bytes = std::fs::read(&path).expect("it reads");
            let found = bytes.windows(secret.len()).any(|window| window == secret.as_bytes());
            assert!(!found, "{} holds the token", path.display());
        }
    }
    assert!(!campanile_tests::logged().contains(&secret), "the log holds the token");
    let host = setup.start().await;
    assert_eq!(get(&host, "api/v2/tokens", &admin).await.status, 200, "it opens the next life, too");
}

#[tokio::test]
async fn a_host_listens_elsewhere_only_once_there_is_a_token() {
    let setup = Setup::default().toml(&SERVER.replace("127.0.0.1:0", "0.0.0.0:0"));
    let host = setup.start().await;
    assert!(host.url.starts_with("http://127.0.0.1:"), "{}", host.url);
    assert!(campanile_tests::logged().contains("there are no tokens yet"), "it says so");
    let admin = token(&host, "", "ops", &["admin"]).await;
    let host = host.stop().await.start().await;
    assert!(host.url.starts_with("http://0.0.0.0:"), "{}", host.url);
    assert_eq!(post(&host, "api/v2/updates/addChange", "", json!({})).await.status, 401);
    assert_eq!(post(&host, "api/v2/updates/addChange", &admin, json!({})).await.status, 200);
}

#[tokio::test]
async fn requests_without_a_token_must_say_a_name_of_the_host() {
    let host = Setup::default().toml(SERVER).toml("names = [\"ci-box\"]\n").start().await;
    let admin = token(&host, "", "ops", &["admin"]).await;
    for (name, token, status) in [
        ("ci.example.org", "", 200),
        ("ci-box:8010", "", 200),
        ("10.0.0.7", "", 200),
        ("evil.example", "", 403),
        ("evil.example", admin.as_str(), 200),
    ] {
        let mut request = host.client.get(format!("{}/api/v2/updates", host.url)).header("host", name);
        if !token.is_empty() {
            request = request.bearer_auth(token);
        }
        assert_eq!(request.send().await.expect("an answer").status().as_u16(), status, "{name}");
    }
}

#[tokio::test]
async fn odd_authorizations_are_refused_or_none_of_ours() {
    let host = Setup::default().start().await;
    let admin = token(&host, "", "ops", &["admin"]).await;
    for (values, status) in [
        (vec!["Basic dXNlcjpwYXNz"], 200),
        (vec!["Bearer"], 401),
        (vec!["Bearer "], 401),
        (vec!["Bearer x y"], 401),
        (vec!["Bearer \u{e4}"], 401),
        (vec![&format!("bearer {admin}")], 200),
        (vec!["Basic dXNlcjpwYXNz", &format!("Bearer {admin}")], 200),
        (vec![&format!("Bearer {admin}"), &format!("Bearer {admin}")], 401),
    ] {
        let mut request = host.client.get(format!("{}/api/v2/updates", host.url));
        for value in &values {
            request = request.header("authorization", *value);
        }
        assert_eq!(request.send().await.expect("an answer").status().as_u16(), status, "{values:?}");
    }
}

#[tokio::test]
async fn tokens_are_made_before_and_while_the_host_runs() {
    let setup = Setup::default().toml(SERVER);
    let file = setup.write();
    let place = ["--config", &file];
    let create = |name: &'static str, scopes: &'static str| {
        let mut arguments = vec!["token", "create", name, "--scope", scopes];
        arguments.extend(place);
        async move { campanile(&arguments).await.succeeds().trim().to_owned() }
    };
    let before = create("before", "read,admin").await;
    let host = ProcessHost::start(&setup).await;
    let during = create("during", "read").await;
    for token in [&before, &during] {
        let variables = [("CAMPANILE_TOKEN", token.as_str())];
        let listed = campanile_with(&variables, &["delivery", "list", "--server", &host.url]).await.succeeds();
        assert!(listed.ends_with("0 of 0\n"), "{listed}");
    }
    let said = campanile(&["delivery", "list", "--server", &host.url]).await.fails();
    assert!(said.contains("needs a token with the scope read"), "{said}");
    let token_file = setup.folder().join("token");
    std::fs::write(&token_file, format!("{during}\n")).expect("a file");
    let from_file = ["plugin", "list", "--server", &host.url, "--token-file", &token_file.display().to_string()];
    campanile(&from_file).await.succeeds();
    campanile(&["token", "revoke", "during", "--config", &file]).await.succeeds();
    let said = campanile(&from_file).await.fails();
    assert!(said.contains("not known here, or it was revoked") && !said.contains(&during), "{said}");
    let remote = [("CAMPANILE_TOKEN", before.as_str())];
    let listed = campanile_with(&remote, &["token", "list", "--server", &host.url]).await.succeeds();
    assert_eq!(
        listed,
        "NAME                     STATE    SCOPES\nbefore                   live     read admin\nduring                   revoked  read\n"
    );
    let mode = std::os::unix::fs::PermissionsExt::mode(
        &std::fs::metadata(setup.folder().join("campanile.db.key")).expect("a key").permissions(),
    );
    assert_eq!(mode & 0o777, 0o600);
    assert_eq!(host.terminate().await, Some(0));
    assert!(!setup.folder().join("campanile.db.key").exists(), "the key goes with its host");
    let listed = campanile(&["token", "list", "--config", &file]).await.succeeds();
    assert!(listed.contains("during                   revoked"), "{listed}");
    for (arguments, expected) in [
        (vec!["token", "create", "x", "--scope", "reed", "--config", &file], "no such scope"),
        (vec!["token", "create", "a/b", "--scope", "read", "--config", &file], "names no token"),
        (vec!["token", "create", "x", "--config", &file], "--scope"),
        (vec!["token", "create", "before", "--scope", "read", "--config", &file], "a token before already"),
        (vec!["token", "revoke", "nobody", "--config", &file], "no token nobody"),
    ] {
        let said = campanile(&arguments).await.fails();
        assert!(said.contains(expected), "{arguments:?}: {said}");
    }
}

#[tokio::test]
async fn a_token_of_any_scope_reads_what_everybody_reads() {
    let host = Setup::default().start().await;
    let admin = token(&host, "", "ops", &["admin"]).await;
    for scope in ["update", "import", "control"] {
        let token = token(&host, &admin, scope, &[scope]).await;
        assert_eq!(get(&host, "api/v2/builders", &token).await.status, 200, "{scope}");
        assert_eq!(get(&host, "api/v2/deliveries", &token).await.status, 403, "{scope}: messages stay closed");
    }
}

#[tokio::test]
async fn two_tokens_with_one_idempotency_key_do_not_meet() {
    let host = Setup::default().start().await;
    let admin = token(&host, "", "ops", &["admin"]).await;
    let tokens = [token(&host, &admin, "a", &["update"]).await, token(&host, &admin, "b", &["update"]).await];
    let call = async |token: &str, author: &str| {
        let request = host.client.post(format!("{}/api/v2/updates/addChange", host.url)).bearer_auth(token);
        let request = request.header("content-type", "application/json").header("idempotency-key", "push 1");
        let answer = request.body(json!({"author": author}).to_string()).send().await.expect("an answer");
        (answer.status().as_u16(), answer.headers().contains_key("idempotency-replayed"))
    };
    for (token, author, expected) in [
        (&tokens[0], "ada", (200, false)),
        (&tokens[1], "ada", (200, false)),
        (&tokens[1], "bob", (422, false)),
        (&tokens[0], "ada", (200, true)),
        (&tokens[1], "ada", (200, true)),
    ] {
        assert_eq!(call(token, author).await, expected, "{author}");
    }
    assert_eq!(get(&host, "api/v2/changes", "").await.body["meta"]["total"], 2);
}

#[tokio::test]
async fn a_stream_whose_token_is_revoked_breaks_off_and_does_not_look_whole() {
    let host = Setup::default().start().await;
    let admin = token(&host, "", "ops", &["admin"]).await;
    let reader = token(&host, &admin, "reader", &["read"]).await;
    let asked = host.client.get(format!("{}/sse/listen", host.url)).bearer_auth(&reader).send();
    let mut stream = asked.await.expect("an answer");
    assert!(stream.chunk().await.expect("it is open").is_some(), "the handshake");
    assert_eq!(ask(&host, (Method::DELETE, "api/v2/tokens/reader"), &admin, None).await.status, 200);
    assert!(stream.text().await.is_err());
}
