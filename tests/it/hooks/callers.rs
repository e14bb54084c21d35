//! Who may call a hook. Of what is refused, nothing is written.

use super::*;

async fn refused(host: &TestHost, path: &str, headers: &[(&str, &str)], body: &str) -> String {
    let (status, said) = post(host, path, headers, body).await;
    assert_eq!(status, 401, "{headers:?}: {said}");
    assert_eq!(changes(host).await, Vec::<Value>::new(), "{headers:?}");
    said
}

#[tokio::test]
async fn github_signs_with_sha_256_or_with_sha_1() {
    let host = setup("github", "secret = \"key\"").start().await;
    let body = push();
    let strong = format!("sha256={}", sha256(&body));
    let weak = format!("sha1={}", sha1(&body));
    let (strong_header, weak_header) = ("x-hub-signature-256", "x-hub-signature");
    assert_eq!(
        refused(&host, "github", &[PUSH], &body).await,
        "Request has no required signature: x-hub-signature-256 or x-hub-signature"
    );
    let other = format!("sha256={}", sha256("{}"));
    assert!(refused(&host, "github", &[PUSH, (strong_header, &other)], &body).await.starts_with("Hash mismatch"));
    refused(&host, "github", &[PUSH, (strong_header, &weak)], &body).await;
    refused(&host, "github", &[PUSH, (strong_header, &sha256(&body))], &body).await;
    refused(&host, "github", &[PUSH, (weak_header, "sha1=")], &body).await;
    // Who sends a wrong strong one gains nothing by a right weak one.
    refused(&host, "github", &[PUSH, (strong_header, &other), (weak_header, &weak)], &body).await;
    refused(&host, "github", &[PUSH, (strong_header, &strong)], &body.replace("Ada", "Eve")).await;
    assert_eq!(post(&host, "github", &[PUSH, (strong_header, &strong)], &body).await, found("3"));
    assert_eq!(post(&host, "github", &[PUSH, (weak_header, &weak)], &body).await, found("3"));
}

#[tokio::test]
async fn a_form_is_signed_as_it_is_sent() {
    let host = setup("github", "secret = \"key\"").start().await;
    let form = format!("payload={}", push().replace('&', "%26").replace('+', "%2B"));
    let signature = format!("sha256={}", sha256(&form));
    let request = host.client.post(format!("{}/change_hook/github", host.url)).body(form);
    let request = request.header("content-type", "application/x-www-form-urlencoded; charset=utf-8");
    assert_eq!(answer(request.header("x-hub-signature-256", signature).header(PUSH.0, PUSH.1)).await, found("3"));
}

#[tokio::test]
async fn gitlab_sends_the_secret_itself() {
    let host = setup("gitlab", "secret = \"key\"").start().await;
    let body = json!({"object_kind": "pipeline"}).to_string();
    refused(&host, "gitlab", &[], &body).await;
    refused(&host, "gitlab", &[("x-gitlab-token", "")], &body).await;
    refused(&host, "gitlab", &[("x-gitlab-token", &KEY[1..])], &body).await;
    assert_eq!(post(&host, "gitlab", &[("x-gitlab-token", KEY)], &body).await, found("no"));
}

#[tokio::test]
async fn bitbucket_and_google_code_sign_in_their_ways() {
    for (dialect, header, prefix, of) in [
        ("bitbucketcloud", "x-hub-signature", "sha256=", sha256 as fn(&str) -> String),
        ("bitbucketserver", "x-hub-signature", "sha256=", sha256),
        ("googlecode", "google-code-project-hosting-hook-hmac", "", md5),
    ] {
        let host = setup(dialect, "secret = \"key\"").start().await;
        let body = json!({"project_name": "p", "repository_path": "r", "revisions": [], "actor": {},
            "repository": {"links": {"self": {"href": "x"}}}, "push": {"changes": []}});
        // Bitbucket Server's links are lists.
        let body = if dialect == "bitbucketserver" { json!({"actor": {}, "changes": []}) } else { body }.to_string();
        let event = ("x-event-key", "repo:push");
        refused(&host, dialect, &[event], &body).await;
        refused(&host, dialect, &[event, (header, &format!("{prefix}{}", sha1(&body)))], &body).await;
        let signed = format!("{prefix}{}", of(&body));
        assert_eq!(post(&host, dialect, &[event, (header, &signed)], &body).await, found("no"), "{dialect}");
    }
}

#[tokio::test]
async fn a_user_and_a_password_are_asked_for() {
    let hook = "auth = {user = \"forge\", password = \"key\"}\nsecret = \"key\"";
    let host = setup("github", hook).start().await;
    let body = push();
    let signed = format!("sha256={}", sha256(&body));
    let login = |user: &str, password: &str| {
        let request = host.client.post(format!("{}/change_hook/github", host.url)).body(body.clone());
        let request = request.header("content-type", "application/json").header(PUSH.0, PUSH.1);
        request.header("x-hub-signature-256", &signed).basic_auth(user, Some(password))
    };
    let unsaid = refused(&host, "github", &[PUSH, ("x-hub-signature-256", &signed)], &body).await;
    assert_eq!(unsaid, "this hook asks for a user and a password");
    for (user, password) in [("forge", ""), ("forge", "x"), ("", KEY), ("Forge", KEY)] {
        let answer = login(user, password).send().await.expect("an answer");
        assert_eq!(answer.status(), 401, "{user} {password}");
        assert_eq!(answer.headers()["www-authenticate"], "Basic realm=\"Protected area\"");
    }
    assert_eq!(changes(&host).await.len(), 0);
    assert_eq!(answer(login("forge", KEY)).await, found("3"));
}

#[tokio::test]
async fn a_forge_calls_by_any_name_where_it_proves_who_it_is() {
    let body = push();
    let (signed, name) = (format!("sha256={}", sha256(&body)), ("host", "tower.example.net"));
    let guarded = setup("github", "secret = \"key\"").start().await;
    assert_eq!(post(&guarded, "github", &[PUSH, name, ("x-hub-signature-256", &signed)], &body).await, found("3"));
    let open = setup("github", "").start().await;
    let (status, said) = post(&open, "github", &[PUSH, name], &body).await;
    assert!(status == 403 && said.contains("\"tower.example.net\", which is no name of this host"), "{said}");
    assert_eq!(changes(&open).await.len(), 0);
    // What is no hook asks for a name of ours as before.
    let elsewhere = guarded.client.get(format!("{}/change_hooks", guarded.url)).header(name.0, name.1);
    assert_eq!(answer(elsewhere).await.0, 403);
    assert_eq!(post(&open, "github", &[PUSH], &body).await, found("3"));
}

#[tokio::test]
async fn a_plugin_is_told_the_headers_it_asks_for_and_no_others() {
    let hook = "[[change_hook]]\ndialect = \"bad\"\nplugin = \"misbehaving-hook\"\n";
    let host = Setup::default().plugins(&["misbehaving-hook"]).toml(hook).start().await;
    let headers = [("x-event", "push"), ("authorization", "Basic eDp5"), ("cookie", "a=b"), ("x-delivery", "1")];
    assert_eq!(post(&host, "bad?do=headers", &headers, "").await, found("1"));
    assert_eq!(changes(&host).await[0]["comments"], "x-event=push");
}

#[tokio::test]
async fn a_large_body_is_signed_as_a_small_one() {
    let host = setup("github", "secret = \"key\"").start().await;
    let body = push().replacen('{', &format!("{{\"padding\": \"{}\", ", "x".repeat(600_000)), 1);
    let delivery = ("x-github-delivery", "1");
    let (right, wrong) = (format!("sha256={}", sha256(&body)), format!("sha256={}", sha256("{}")));
    refused(&host, "github", &[PUSH, delivery, ("x-hub-signature-256", &wrong)], &body).await;
    for _ in 0..2 {
        assert_eq!(post(&host, "github", &[PUSH, delivery, ("x-hub-signature-256", &right)], &body).await, found("3"));
    }
    assert_eq!(changes(&host).await.len(), 3);
}
