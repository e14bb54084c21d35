//! HTTP.

use super::*;
use AttemptOutcome::*;
use tokio::io::AsyncReadExt;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;

async fn sink() -> (HttpSink, String) {
    let sink = HttpSink::start(None).await.unwrap();
    let url = format!("http://127.0.0.1:{}", sink.port());
    (sink, url)
}

#[tokio::test]
async fn a_request_arrives_with_its_secrets() {
    let (sink, url) = sink().await;
    let json = Text([token("{\"k\": \"").0, vec![Part::Literal("\"}".into())]].concat());
    let house = House::open();
    let sent = house
        .send(Message::Http(HttpRequest {
            url: token(&format!("{url}/hook?t=")),
            headers: vec![field("X-Token", token("Bearer "))],
            login: Some(HttpLogin::Basic(Credentials { user: Text::literal("me"), password: Text::literal("pw") })),
            body: HttpBody::Json(json),
            ..request(String::new())
        }))
        .await;
    check(&sent, Done, "");
    let form = HttpBody::Form(vec![field("a b", token("x="))]);
    check(&house.send(Message::Http(HttpRequest { body: form, ..request(url.clone()) })).await, Done, "");
    let received = sink.received();
    let first = &received[0];
    assert_eq!((first.method.as_str(), first.target.as_str()), ("POST", "/hook?t=t0p%20%22s3cret%22"));
    assert_eq!(first.header("x-token"), Some("Bearer t0p \"s3cret\""));
    assert_eq!(first.header("authorization"), Some("Basic bWU6cHc="));
    assert_eq!(first.header("content-type"), Some("application/json"));
    assert_eq!(first.header("webhook-id"), Some(UID));
    assert_eq!(first.header("user-agent"), Some(concat!("campanile/", env!("CARGO_PKG_VERSION"))));
    assert_eq!(first.header("host"), Some(&url["http://".len()..]));
    assert_eq!(first.text(), r#"{"k": "t0p \"s3cret\""}"#);
    assert_eq!(received[1].text(), "a%20b=x%3Dt0p%20%22s3cret%22");
    assert_eq!(received[1].header("content-type"), Some("application/x-www-form-urlencoded"));
    assert_eq!(received[1].connection, 1, "the connection is kept");
}

#[tokio::test]
async fn what_a_guest_may_not_set_is_refused() {
    let (sink, url) = sink().await;
    for (name, value, reason) in [
        ("Host", "x", "the header \"Host\" is the host's to write"),
        ("Content-Length", "0", "is the host's to write"),
        ("Transfer-Encoding", "chunked", "is the host's to write"),
        ("Connection", "close", "is the host's to write"),
        ("Proxy-Authorization", "x", "is the host's to write"),
        ("Webhook-Id", "x", "the header \"Webhook-Id\" is the host's to write"),
        ("X-A", "a\r\nHost: b", "control character"),
        ("X A", "a", "invalid header name \"X A\""),
    ] {
        let headers = vec![field(name, Text::literal(value))];
        check(
            &House::open().send(Message::Http(HttpRequest { headers, ..request(url.clone()) })).await,
            Refused,
            reason,
        );
    }
    let connect = HttpRequest { method: "CONNECT".into(), ..request(url) };
    check(&House::open().send(Message::Http(connect)).await, Refused, "invalid method \"CONNECT\"");
    assert_eq!(sink.count(), 0);
}

#[tokio::test]
async fn answers_are_judged_and_kept_without_secrets() {
    let (sink, url) = sink().await;
    sink.answer(Answer::status(429).header("retry-after", "60").body("slow down, t0p \"s3cret\" / t0p%20%22s3cret%22"));
    let house = House::open();
    let send =
        || house.send(Message::Http(HttpRequest { headers: vec![field("x", token(""))], ..request(url.clone()) }));
    let sent = send().await;
    check(&sent, Failed, "answered 429 Too Many Requests");
    assert_eq!(sent.answer, "slow down, <secret:token> / <secret:token>");
    assert_eq!((sent.status, sent.wait), (Some(429), Some(Wait::Until(NOW.plus(60_000)))));
    sink.answer(Answer::status(302).header("location", "http://169.254.169.254/"));
    check(&send().await, Refused, "redirects are not followed");
    sink.answer(Answer::status(200).body("x".repeat(50_000)));
    assert_eq!(send().await.answer.len(), 16 * 1024);
    assert_eq!(sink.count(), 3);
}

#[tokio::test]
async fn after_a_request_left_the_outcome_is_unknown() {
    let (sink, url) = sink().await;
    let house = House::open();
    let faulty = |fault| Answer::status(200).body("begun").fault(fault);
    let post = || house.send(Message::Http(request(url.clone())));
    let get = || house.send(Message::Http(HttpRequest { method: "get".into(), ..request(url.clone()) }));
    sink.answer(faulty(HttpFault::Drop));
    check(&post().await, Unknown, "no answer: ");
    sink.answer(faulty(HttpFault::Stall));
    check(&post().await, Unknown, "the answer took longer than 0.3 s");
    sink.answer(faulty(HttpFault::Drop));
    check(&get().await, Failed, "no answer: ");
    // The head counts: whoever said 200 has done it.
    sink.answer(faulty(HttpFault::DropInBody));
    check(&post().await, Done, "");
    sink.answer(faulty(HttpFault::Endless));
    let began = Instant::now();
    let endless = post().await;
    check(&endless, Done, "");
    assert!(began.elapsed() < Duration::from_secs(2));
    check(&post().await, Done, "");
    let nowhere = house.send(Message::Http(request("http://127.0.0.1:1/".into()))).await;
    check(&nowhere, Failed, "connecting to 127.0.0.1");
    let unknown = house.send(Message::Http(request("http://nowhere.invalid/".into()))).await;
    check(&unknown, Failed, "looking up nowhere.invalid");
}

#[tokio::test]
async fn tls() {
    let certificate = certificate();
    let sink = HttpSink::start(Some(certificate.clone())).await.unwrap();
    let message = || Message::Http(request(format!("https://localhost:{}/x", sink.port())));
    check(&House::new(&["127.0.0.0/8", "::1"], Some(&certificate)).send(message()).await, Done, "");
    check(&House::open().send(message()).await, Failed, "TLS with localhost: invalid peer certificate");
    assert_eq!(sink.count(), 1);
}

#[tokio::test]
async fn metadata_stays_closed_in_every_spelling() {
    let house = House::new(&["0.0.0.0/0", "::/0"], None);
    for host in ["169.254.169.254", "0xa9fea9fe", "2852039166", "[::ffff:169.254.169.254]", "[64:ff9b::a9fe:a9fe]"] {
        let sent = house.send(Message::Http(request(format!("http://{host}/latest/meta-data/")))).await;
        check(&sent, Refused, "a cloud's metadata address");
    }
}

#[tokio::test]
async fn names_are_judged_with_their_port() {
    let sinks = [sink().await.0, sink().await.0];
    let opening = format!("localhost:{}", sinks[0].port());
    let house = House::new(&[&opening], None);
    let post = |sink: &HttpSink| house.send(Message::Http(request(format!("http://localhost:{}/", sink.port()))));
    check(&post(&sinks[0]).await, Done, "");
    let remedy = format!(":{}\"] under [network] of the configuration", sinks[1].port());
    check(&post(&sinks[1]).await, Refused, &remedy);
    assert_eq!((sinks[0].count(), sinks[1].count()), (1, 0));
}

#[tokio::test]
async fn what_no_request_can_say_is_refused() {
    let (sink, url) = sink().await;
    let long = request(format!("{url}/{}", "x".repeat(70_000)));
    check(&House::open().send(Message::Http(long)).await, Refused, "this is no request that can be sent: ");
    assert_eq!(sink.count(), 0);
}

#[tokio::test]
async fn a_probe_looks_for_its_marker() {
    let (sink, url) = sink().await;
    sink.answer_always(Answer::status(200).body(format!("{}marker", " ".repeat(40_000))));
    check(&probe(&url, "marker").await, ProbeFound, "");
    check(&probe(&url, "maker").await, ProbeAbsent, "");
    sink.answer_always(Answer::status(500));
    check(&probe(&url, "marker").await, Failed, "answered 500");
    assert_eq!(sink.received()[0].header("webhook-id"), None);
    check(&probe(&url, "").await, Refused, "a probe without a marker");
    assert_eq!(sink.count(), 3);
}

#[tokio::test]
async fn a_marker_is_absent_only_from_a_whole_answer() {
    let (sink, url) = sink().await;
    let cut = "the answer was not read to its end";
    for fault in [HttpFault::DropInBody, HttpFault::Endless] {
        sink.answer_always(Answer::status(200).body("marker ").fault(fault));
        check(&probe(&url, "marker").await, ProbeFound, "");
        check(&probe(&url, "maker").await, Failed, cut);
    }
    for (length, outcome, reason) in [(64 * 1024, ProbeAbsent, ""), (64 * 1024 + 1, Failed, cut)] {
        sink.answer_always(Answer::status(200).body(" ".repeat(length)));
        check(&probe(&url, "marker").await, outcome, reason);
    }
}

async fn probe(url: &str, marker: &str) -> Sent {
    let ask = Message::Http(HttpRequest { method: "GET".into(), ..request(url.to_owned()) });
    let grants = Grants::new(&[], false, &[url.to_owned()]).unwrap();
    let outgoing =
        Outgoing { uid: UID, reporter: "failures", created_at: NOW, now: NOW, contents: &(), recipients: &[] };
    let probe = Probe { ask: ask.clone(), marker: Marker::Letters(marker.to_owned()), whole: None };
    House::open().transports.probe(&grants.permit(&ask).unwrap(), &outgoing, &probe).await
}

/// Servers of raw bytes: the first head is cut, the second whole and its body is not.
#[tokio::test]
async fn a_success_counts_from_the_end_of_its_head() {
    let head = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n";
    for (answer, outcome, reason) in [(head.to_owned(), Unknown, "no answer: "), (format!("{head}\r\nbegun"), Done, "")]
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        let serve = async {
            let (mut stream, _) = listener.accept().await.unwrap();
            assert_ne!(stream.read(&mut [0; 4096]).await.unwrap(), 0);
            stream.write_all(answer.as_bytes()).await.unwrap();
        };
        let (house, message) = (House::open(), Message::Http(request(url)));
        let ((), sent) = tokio::join!(serve, house.send(message));
        check(&sent, outcome, reason);
    }
}

#[tokio::test]
async fn an_idle_connection_that_was_closed_is_no_failure() {
    let (sink, url) = sink().await;
    let house = House::open();
    sink.answer(Answer::status(200).header("connection", "close"));
    check(&house.send(Message::Http(request(url.clone()))).await, Done, "");
    check(&house.send(Message::Http(request(url.clone()))).await, Done, "");
    assert_eq!(sink.received()[1].connection, 2);
}
