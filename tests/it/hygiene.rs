//! What a server owes to those who share it: bounds in size and time, methods, web pages of other sites.

use campanile_tests::Setup;
use campanile_tests::TestHost;
use reqwest::Method;
use reqwest::Response;
use reqwest::header::HeaderMap;
use serde_json::Value;
use tokio::io::AsyncReadExt;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

/// The start of a `[server]` that a test may add to.
const SERVER: &str = "[server]\nlisten = \"127.0.0.1:0\"\nurl = \"https://ci.example.org/\"\n";

async fn host(keys: &str) -> TestHost {
    Setup::default().toml(SERVER).toml(keys).start().await
}

/// Sends bytes, and returns all that comes until the host closes the connection.
async fn until_closed(host: &TestHost, bytes: &str) -> String {
    let mut stream = connection(host).await;
    stream.write_all(bytes.as_bytes()).await.expect("it is sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.expect("it is closed");
    answer
}

async fn connection(host: &TestHost) -> TcpStream {
    TcpStream::connect(host.url.trim_start_matches("http://")).await.expect("a connection")
}

#[tokio::test]
async fn who_sends_no_request_in_time_is_let_go() {
    let host = host("header_timeout_ms = 50\n").await;
    for begun in ["", "GET /api HTTP/1.1\r\nHost: localhost\r\nX-Slow: "] {
        assert_eq!(until_closed(&host, begun).await, "", "{begun:?}");
    }
    let answered = until_closed(&host, "GET /api HTTP/1.1\r\nHost: localhost\r\n\r\n").await;
    assert!(answered.starts_with("HTTP/1.1 200"), "{answered}: answered, then let go when nothing more came");
}

#[tokio::test]
async fn a_body_that_does_not_come_is_not_waited_for() {
    let host = host("request_timeout_ms = 50\nheader_timeout_ms = 1000\n").await;
    let head = "POST /api/v2/updates/addChange HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n";
    for begun in ["Content-Length: 100\r\n\r\n{", "Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n"] {
        let answer = until_closed(&host, &format!("{head}{begun}")).await;
        assert!(answer.starts_with("HTTP/1.1 408"), "{answer}");
        assert!(answer.contains("{\"error\":\"the body was not there after 0.05 s"), "{answer}");
    }
}

#[tokio::test]
async fn bodies_are_bounded() {
    let host = host("max_body_bytes = 1000\n").await;
    let post = async |length: usize| {
        let request =
            host.client.post(format!("{}/api/v2/updates", host.url)).header("content-type", "application/json");
        request.body(" ".repeat(length)).send().await.expect("an answer")
    };
    assert_eq!(post(1000).await.status(), 400);
    let refused = post(1001).await;
    assert_eq!(refused.status(), 413);
    assert!(refused.text().await.expect("a body").contains("[server] max_body_bytes"));
    let chunked = "POST /api/v2/updates HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n\
                   Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n";
    let answer = until_closed(&host, &format!("{chunked}3e9\r\n{}\r\n0\r\n\r\n", " ".repeat(1001))).await;
    assert!(answer.starts_with("HTTP/1.1 413"), "{answer}");
}

#[tokio::test]
async fn connections_that_wait_leave_their_place() {
    let host = host("max_connections = 2\nheader_timeout_ms = 200\n").await;
    let (first, second) = (connection(&host).await, connection(&host).await);
    let asked = host.client.get(format!("{}/api", host.url)).send().await.expect("an answer");
    assert_eq!(asked.status(), 200, "it waited until the others had said nothing for long enough");
    drop((first, second));
}

#[tokio::test]
async fn other_methods_are_refused_with_those_there_are() {
    let host = host("").await;
    for (path, allowed) in [
        ("api", "GET,HEAD"),
        ("api/v2/updates", "GET,HEAD,POST"),
        ("api/v2/updates/addChange", "POST"),
        ("api/v2/tokens/ci", "DELETE"),
    ] {
        for method in ["PUT", "PATCH", "TRACE", "PROPFIND", "OPTIONS"] {
            let method = Method::from_bytes(method.as_bytes()).expect("a method");
            let answer = host.client.request(method, format!("{}/{path}", host.url)).send().await.expect("an answer");
            let what = format!("{path}: {answer:?}");
            assert_eq!(answer.status(), 405, "{what}");
            let mut said: Vec<_> = answer.headers()["allow"].to_str().expect("text").split(',').collect();
            said.sort_unstable();
            assert_eq!(said.join(","), allowed, "{what}");
            let body: Value = serde_json::from_str(&answer.text().await.expect("a body")).expect("JSON");
            assert_eq!(body["error"], "this path does not take that method");
        }
    }
    let nowhere = host.client.put(format!("{}/nowhere", host.url)).send().await.expect("an answer");
    assert_eq!(nowhere.status(), 404);
}

#[tokio::test]
async fn a_head_is_a_get_without_its_body() {
    let host = host("").await;
    let url = format!("{}/api/v2/updates", host.url);
    let got = host.client.get(&url).send().await.expect("an answer");
    let head = host.client.head(&url).send().await.expect("an answer");
    assert_eq!(head.status(), 200);
    for name in ["content-type", "content-length", "x-content-type-options", "content-security-policy"] {
        assert_eq!(head.headers()[name], got.headers()[name], "{name}");
    }
    assert_eq!(head.text().await.expect("a body"), "");
    assert!(got.headers()["content-security-policy"].to_str().expect("text").starts_with("sandbox"));
}

/// What a page at `origin` is answered.
async fn page(host: &TestHost, method: Method, origin: &str, asks: Option<&str>) -> Response {
    let path = if method == Method::POST { "api/v2/deliveries/7" } else { "api/v2/updates" };
    let mut request = host.client.request(method, format!("{}/{path}", host.url)).header("origin", origin);
    if let Some(method) = asks {
        request = request.header("access-control-request-method", method);
    }
    request.send().await.expect("an answer")
}

fn cors(headers: &HeaderMap) -> Vec<&str> {
    let names = ["access-control-allow-origin", "access-control-allow-headers", "access-control-max-age", "vary"];
    names.iter().filter_map(|name| headers.get(*name)).map(|value| value.to_str().expect("text")).collect()
}

#[tokio::test]
async fn pages_of_named_origins_may_ask_and_others_may_not() {
    let allowed = "Content-Type, Authorization, Idempotency-Key, Last-Event-ID";
    let named = host("allowed_origins = [\"https://*.example.org\", \"http://LOCALHOST:30?0\"]\n").await;
    let usual = host("").await;
    for (host, origin, is_allowed) in [
        (&usual, "https://ci.example.org", true),
        (&usual, "HTTPS://CI.example.org", true),
        (&usual, "http://ci.example.org", false),
        (&usual, "https://www.example.org", false),
        (&usual, "null", false),
        (&usual, usual.url.as_str(), true),
        (&named, "https://www.example.org", true),
        (&named, "http://localhost:3010", true),
        (&named, "http://localhost:3011", false),
        (&named, "https://example.org.evil.example", false),
    ] {
        let got = page(host, Method::GET, origin, None).await;
        let asked = page(host, Method::OPTIONS, origin, Some("POST")).await;
        let posted = page(host, Method::POST, origin, None).await;
        let statuses = [got.status().as_u16(), asked.status().as_u16(), posted.status().as_u16()];
        if is_allowed {
            assert_eq!(statuses, [200, 200, 400], "{origin}: the last for its content type");
            for answer in [got, asked, posted] {
                let echoed = origin.to_lowercase();
                assert_eq!(cors(answer.headers()), [echoed.as_str(), allowed, "3600", "origin"], "{origin}");
            }
        } else {
            assert_eq!(statuses, [400, 400, 400], "{origin}");
            for (answer, pointer) in [(got, "/error"), (asked, "/error"), (posted, "/error/message")] {
                assert!(cors(answer.headers()).is_empty());
                let body: Value = serde_json::from_str(&answer.text().await.expect("a body")).expect("JSON");
                let said = body.pointer(pointer).and_then(Value::as_str).expect("an error");
                assert!(said.starts_with(&format!("invalid origin {:?}", origin.to_lowercase())), "{said}");
            }
        }
    }
    let refused = page(&usual, Method::OPTIONS, "https://ci.example.org", Some("DELETE")).await;
    assert_eq!(refused.status(), 400);
    assert!(refused.text().await.expect("a body").contains("invalid method \\\"DELETE\\\""));
}

#[tokio::test]
async fn bodies_of_what_takes_none_are_not_waited_for() {
    let host = host("").await;
    for (ask, status) in [("GET /api/v2/health", 200), ("HEAD /api/v2/builds", 200), ("DELETE /api/v2/tokens/x", 404)] {
        let head =
            format!("{ask} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: 15000000\r\n\r\n");
        let answer = until_closed(&host, &head).await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{ask}: {answer}");
    }
}

#[tokio::test]
async fn caches_are_told_what_the_accepted_form_chose() {
    let host = host("").await;
    host.finished_build("linux", 0).await;
    for path in ["builds/1", "builds", "logs/1/contents"] {
        for accept in ["application/json", "text/html"] {
            let request = host.client.get(format!("{}/api/v2/{path}", host.url)).header("accept", accept);
            let answer = request.send().await.expect("an answer");
            let vary: Vec<_> = answer.headers().get_all("vary").iter().filter_map(|vary| vary.to_str().ok()).collect();
            assert!(vary.join(",").split(',').any(|name| name.trim() == "accept"), "{path}: {vary:?}");
        }
    }
}
