//! What strangers can have the host do, and pages in a browser: little, and nothing to those who are none.

use super::*;
use campanile_tests::logged;
use tokio::io::AsyncReadExt;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

const MIB: usize = 1024 * 1024;

/// Sends the head of a request whose body has so many bytes, and these of it; what is answered, and the end.
async fn begun(host: &TestHost, (path, headers): (&str, &str), (length, body): (usize, Vec<u8>)) -> String {
    let stream = TcpStream::connect(host.url.trim_start_matches("http://")).await.expect("a connection");
    let (mut reader, mut writer) = stream.into_split();
    let head =
        format!("POST /change_hook/{path} HTTP/1.1\r\nhost: localhost\r\ncontent-length: {length}\r\n{headers}\r\n");
    let write = async {
        writer.write_all(head.as_bytes()).await?;
        writer.write_all(&body).await
    };
    let mut answer = [0; 4096];
    let read = async {
        let length = reader.read(&mut answer).await.expect("an answer");
        String::from_utf8_lossy(&answer[..length]).into_owned()
    };
    // Who is refused in the midst cannot send the rest.
    tokio::pin!(read);
    tokio::select! {
        answer = &mut read => answer,
        _ = write => read.await,
    }
}

#[tokio::test]
async fn the_head_is_looked_at_before_a_byte_of_the_body() {
    let more = "[[change_hook]]\ndialect = \"gitlab\"\nsecret = \"key\"\n\
                [[change_hook]]\ndialect = \"base\"\nauth = {user = \"u\", password = \"key\"}\n";
    let host = setup("github", "secret = \"key\"").plugins(&["gitlab-hook", "base-hook"]).toml(more).start().await;
    for (path, headers, length, status) in [
        ("nowhere", "", 1, 404),
        ("github", "", 1, 401),
        ("github", "x-hub-signature-256: 00\r\n", 1, 401),
        ("github", "x-hub-signature-256: sha256=00\r\n", 1, 401),
        ("github", &format!("x-hub-signature-256: sha256={}\r\n", "x".repeat(64)), 1, 401),
        ("gitlab", "", 1, 401),
        ("gitlab", "x-gitlab-token: guessed\r\n", 1, 401),
        ("base", "", 1, 401),
        ("base", "authorization: Basic dTp4\r\n", 1, 401),
        ("github", &format!("x-hub-signature-256: sha256={}\r\n", "0".repeat(64)), 17 * MIB, 413),
        ("github", "sec-fetch-site: cross-site\r\nx-hub-signature-256: sha256=00\r\n", 1, 403),
    ] {
        let answer = begun(&host, (path, headers), (length, Vec::new())).await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {status}")), "{path} {headers}: {answer}");
    }
}

#[tokio::test]
async fn what_strangers_send_takes_no_room_of_updates() {
    let server = format!("[server]\nlisten = \"127.0.0.1:0\"\nmax_body_bytes = {}\n", 64 * MIB);
    let host = setup("base", "").toml(&server).start().await;
    // Two that do not end; together they are more than there is room for.
    let send = || Box::pin(begun(&host, ("base", ""), (41 * MIB, vec![b' '; 40 * MIB])));
    let (answer, unfinished) = futures_util::future::select(send(), send()).await.factor_first();
    assert!(answer.starts_with("HTTP/1.1 503"), "{answer}");
    host.update("addChange", json!({"comments": "x".repeat(MIB)})).await;
    drop(unfinished);
}

#[tokio::test]
async fn no_page_of_another_site_adds_changes_through_a_browser() {
    let host = setup("base", "").start().await;
    // By https and on loopback browsers say whose page asks, of whatever it asks; elsewhere, only of a POST.
    for (header, value, expected) in [
        ("sec-fetch-site", "cross-site", 403),
        ("sec-fetch-site", "same-site", 403),
        ("origin", "https://evil.example", 400),
        ("origin", "null", 400),
    ] {
        let (status, said) = post(&host, "base", &[(header, value)], "").await;
        assert_eq!(status, expected, "{header}: {said}");
        let asked = host.client.get(format!("{}/change_hook/base?comments=x", host.url)).header(header, value);
        assert_eq!(answer(asked).await.0, expected, "{header}");
    }
    assert_eq!(changes(&host).await.len(), 0);
    // Who typed the address, and a page of the host itself.
    assert_eq!(post(&host, "base", &[("sec-fetch-site", "none")], "").await, found("1"));
    let own = [("sec-fetch-site", "same-origin"), ("origin", host.url.as_str())];
    assert_eq!(post(&host, "base", &own, "").await, found("1"));
    // A GET of which nothing is said might be a page's, by plain HTTP; curl's looks the same.
    assert_eq!(get(&host, "/base?comments=x").await, found("1"));
}

#[tokio::test]
async fn a_page_that_may_use_the_api_adds_no_changes_by_a_hook() {
    let server = "[server]\nlisten = \"127.0.0.1:0\"\nallowed_origins = [\"https://dash.example.org\"]\n";
    let host = setup("base", "").toml(server).start().await;
    let (status, said) = post(&host, "base", &[("origin", "https://dash.example.org")], "").await;
    assert_eq!((status, said.as_str()), (403, "a page of another site asks, and changes are not for pages to add"));
    assert_eq!(changes(&host).await.len(), 0);
}

#[tokio::test]
async fn a_hook_that_is_open_lends_no_secret() {
    let of = |more: &str| {
        let hook = format!("{more}\n[change_hook.settings]\ntoken = \"key\"");
        setup("github", &hook)
    };
    let said = of("").refused().await;
    let problem = "change_hook \"github\": settings.token: whoever calls this hook has it used: write a secret or auth";
    assert!(said.contains(problem), "{said}");
    for guarded in ["secret = \"key\"", "auth = {user = \"u\", password = \"key\"}"] {
        of(guarded).start().await;
    }
}

#[tokio::test]
async fn one_that_anybody_can_call_is_warned_of_where_anybody_can_reach_it() {
    let server =
        |listen: &str, url: &str, more: &str| format!("[server]\nlisten = \"{listen}:0\"\nurl = \"{url}\"\n{more}\n");
    let check = async |hook: &str, server: &str| {
        let setup = setup("github", hook).toml(server);
        let config = setup.config().expect("it reads");
        let before = logged().matches("whoever reaches the host can add changes by this hook").count();
        let well = campanile::app::check(&config).await.expect("it is well");
        assert_eq!(well.hooks, ["github (github-hook)"]);
        logged().matches("whoever reaches the host can add changes by this hook").count() - before
    };
    // What listens is the journal, which a host begins.
    Setup::default().start().await;
    let (everywhere, local) =
        (server("0.0.0.0", "http://localhost:8010/", ""), server("127.0.0.1", "http://localhost:8010/", ""));
    assert_eq!((check("", &everywhere).await, check("", &local).await), (1, 0));
    // Behind a proxy it is the proxy that everybody reaches.
    let proxied = server("127.0.0.1", "https://ci.example.org/", "");
    let named = server("127.0.0.1", "http://localhost:8010/", "names = [\"tower.example.net\"]");
    assert_eq!((check("", &proxied).await, check("", &named).await), (1, 1));
    assert_eq!(check("secret = \"key\"", &everywhere).await, 0);
    assert_eq!(check("auth = {user = \"u\", password = \"key\"}", &proxied).await, 0);
}
