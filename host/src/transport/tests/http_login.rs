//! Tokens that the transport gets, and signatures.

use super::AttemptOutcome::*;
use super::*;

struct Bitbucket {
    tokens: HttpSink,
    api: HttpSink,
    house: House,
}

impl Bitbucket {
    async fn start() -> Self {
        let (tokens, api) = (HttpSink::start(None).await.unwrap(), HttpSink::start(None).await.unwrap());
        Self { tokens, api, house: House::open() }
    }

    fn message(&self) -> Message {
        let client = Credentials { user: Text::literal("the id"), password: token("") };
        let token_url = format!("http://127.0.0.1:{}/oauth2/access_token", self.tokens.port());
        let login = Some(HttpLogin::Oauth(OauthClient { token_url, client }));
        Message::Http(HttpRequest { login, ..request(format!("http://127.0.0.1:{}/status", self.api.port())) })
    }

    async fn send(&self) -> Sent {
        let value = serde_json::json!(format!("http://127.0.0.1:{}", self.tokens.port()));
        let mark = Mark { kind: "http-origin".into(), pointer: "/t".into(), value, port: None, is_default: false };
        self.house.send_granted(self.message(), &[mark]).await
    }

    fn gives(&self, token: &str) {
        let body = serde_json::json!({"access_token": token, "expires_in": 7200, "token_type": "bearer"});
        self.tokens.answer(Answer::status(200).body(body.to_string()));
    }

    fn shown(&self) -> Vec<String> {
        let bearer =
            |request: campanile_sinks::ReceivedRequest| request.header("authorization").unwrap_or("").to_owned();
        self.api.received().into_iter().map(bearer).collect()
    }
}

#[tokio::test]
async fn a_token_is_got_once_and_kept() {
    let bitbucket = Bitbucket::start().await;
    bitbucket.gives("first-token");
    for _ in 0..3 {
        check(&bitbucket.send().await, Done, "");
    }
    assert_eq!(bitbucket.shown(), ["Bearer first-token"; 3]);
    let asked = bitbucket.tokens.received();
    assert_eq!(asked.len(), 1);
    assert_eq!((asked[0].method.as_str(), asked[0].target.as_str()), ("POST", "/oauth2/access_token"));
    assert_eq!(asked[0].text(), "grant_type=client_credentials");
    assert_eq!(asked[0].header("authorization"), Some("Basic dGhlIGlkOnQwcCAiczNjcmV0Ig=="));
    assert_eq!(asked[0].header("content-type"), Some("application/x-www-form-urlencoded"));
}

#[tokio::test]
async fn a_token_that_is_refused_is_renewed_at_once() {
    let bitbucket = Bitbucket::start().await;
    bitbucket.gives("first-token");
    check(&bitbucket.send().await, Done, "");
    bitbucket.gives("second-token");
    bitbucket.api.answer(Answer::status(401).body("first-token is no more"));
    check(&bitbucket.send().await, Done, "");
    assert_eq!(bitbucket.shown(), ["Bearer first-token", "Bearer first-token", "Bearer second-token"]);
    // One that is new and refused is not asked for again at once.
    bitbucket.gives("third-token");
    bitbucket.api.answer(Answer::status(401));
    bitbucket.api.answer(Answer::status(401).body("no third-token here"));
    let sent = bitbucket.send().await;
    check(&sent, Failed, "answered 401 Unauthorized: no <token> here");
    assert_eq!((bitbucket.tokens.count(), sent.answer.as_str()), (3, "no <token> here"));
}

#[tokio::test]
async fn who_gets_no_token_sends_nothing() {
    let bitbucket = Bitbucket::start().await;
    bitbucket.tokens.answer(Answer::status(401).body("unknown client t0p \"s3cret\""));
    let reason = "no token from http://127.0.0.1:";
    let sent = bitbucket.send().await;
    check(&sent, Failed, reason);
    check(&sent, Failed, ": answered 401 Unauthorized: unknown client <secret:token>");
    bitbucket.tokens.answer(Answer::status(200).body("access_token=secret-token&scope="));
    let sent = bitbucket.send().await;
    check(&sent, Failed, ": it answers without an access_token, or not in JSON");
    assert_eq!(sent.answer, "");
    bitbucket.tokens.answer(Answer::status(429).header("retry-after", "60"));
    assert_eq!(bitbucket.send().await.wait, Some(Wait::Until(NOW.plus(60_000))));
    bitbucket.tokens.answer(Answer::status(200).fault(HttpFault::Drop));
    check(&bitbucket.send().await, Failed, ": no answer: ");
    assert_eq!(bitbucket.api.count(), 0);
}

#[tokio::test]
async fn signatures() {
    let sink = HttpSink::start(None).await.unwrap();
    let house = House::open();
    let write = |name: &str, value: &str| std::fs::write(house.directory.path().join(name), value).unwrap();
    write("token", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n");
    write("gone", "bmV3ZXIgYW5kIHF1aXRlIGFzIHNlY3JldA==");
    let names = |names: &[&str]| names.iter().map(|&name| SecretName(name.into())).collect();
    let url = format!("http://127.0.0.1:{}/", sink.port());
    let body = HttpBody::Json(Text::literal("{\"build\": 7}"));
    let signed = |signed_by| Message::Http(HttpRequest { signed_by, body: body.clone(), ..request(url.clone()) });
    check(&house.send(signed(names(&["token"]))).await, Done, "");
    check(&house.send(signed(names(&["token", "gone"]))).await, Done, "");
    check(&house.send(signed(Vec::new())).await, Done, "");
    let received = sink.received();
    let header = |i: usize, name: &str| received[i].header(name).map(str::to_owned);
    assert_eq!(header(0, "webhook-id").as_deref(), Some(UID));
    assert_eq!(header(0, "webhook-timestamp").as_deref(), Some("1795168800"));
    let (one, two) = (header(0, "webhook-signature").unwrap(), header(1, "webhook-signature").unwrap());
    assert!(one.starts_with("v1,") && two.starts_with(&format!("{one} v1,")), "{one}; {two}");
    assert_eq!((header(2, "webhook-id").as_deref(), header(2, "webhook-signature")), (Some(UID), None));
    write("token", "hunter2");
    check(&house.send(signed(names(&["token"]))).await, Failed, "secret \"token\" signs nothing: expected 24 to 64");
    assert_eq!(sink.count(), 3);
}
