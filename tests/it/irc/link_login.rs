//! How a connection logs in: by each way, on servers that know them, and what is said where it may not.

use super::BOT;
use super::server;
use super::with_account;
use campanile_tests::Person;
use campanile_tests::Setup;
use campanile_tests::ngircd::IrcOptions;
use campanile_tests::ngircd::RealIrc;
use rcgen::CertifiedKey;
use serde_json::Value;
use serde_json::json;

fn is_down(state: &Value) -> bool {
    state["state"] == "down"
}

fn is_up(state: &Value) -> bool {
    state["state"] == "connected"
}

#[tokio::test]
async fn a_server_password_is_needed_and_is_told_to_nobody() {
    let options = IrcOptions { password: Some("sesame".into()), ..IrcOptions::default() };
    let server = RealIrc::start(options).await.expect("a server");
    let settings =
        |secret: &str| format!("nick = \"bot\"\nlogin = [\"pass\"]\npassword = \"{secret}\"\nfailed_ms = 60000\n");
    let with = |secret: &str| {
        let setup = Setup::default().secret("right", "sesame\n").secret("wrong", "open");
        setup.chat("chat", server.port, &settings(secret))
    };
    let host = with("wrong").start().await;
    let state = host.chat(is_down).await;
    assert!(state["reason"].as_str().is_some_and(|why| !why.contains("open") && why.contains("assword")), "{state}");
    assert!(state["retry_at_ms"].as_i64() > state["since_ms"].as_i64(), "{state}");
    host.stop().await;
    let host = with("right").start().await;
    host.chat(is_up).await;
    // Without TLS that has to be seen.
    let warned = format!("sends its password to 127.0.0.1:{} for all to read", server.port);
    assert!(campanile_tests::logged().contains(&warned));
}

#[tokio::test]
async fn tls_is_held_against_what_is_granted() {
    let server = server().await;
    let at = |tls: &str| {
        let setup = Setup::default();
        let ca = setup.folder().join("ca.pem");
        std::fs::write(&ca, &server.ca_pem).expect("a file");
        let tls = tls.replace("CA", &ca.display().to_string());
        setup.chat("chat", server.tls_port, &format!("nick = \"bot\"\nfailed_ms = 60000\ntls = {tls}\n"))
    };
    for tls in ["\"CA\"", "false"] {
        let host = at(tls).start().await;
        let state = host.chat(is_up).await;
        assert_eq!(state["tls"], json!(true), "{tls}");
        host.stop().await;
    }
    let host = at("true").start().await;
    let state = host.chat(is_down).await;
    assert!(state["reason"].as_str().is_some_and(|why| why.contains("certificate")), "{state}");
}

#[tokio::test]
async fn a_nick_that_somebody_has_is_taken_back_when_it_is_free() {
    let server = server().await;
    let bot = Person::join(server.port, "bot", &["#builds"]).await;
    let mut ada = Person::join(server.port, "ada", &["#builds"]).await;
    let host = Setup::default().chat("chat", server.port, BOT).start().await;
    ada.until("JOIN #Builds").await;
    assert_eq!(host.chat(is_up).await["nick"], json!("bot_"));
    ada.say("#builds", "bot: hello");
    ada.say("#builds", "bot_: hello");
    assert!(ada.hears("bot_").await.text.contains("said to bot_ #builds"));
    bot.quit();
    host.chat(|state| state["nick"] == "bot").await;
    ada.say("#builds", "bot: hello");
    assert!(ada.hears("bot").await.text.contains("said to bot #builds"));
    host.settle().await;
}

#[tokio::test]
async fn accounts_are_logged_in_to_by_sasl_and_by_nickserv() {
    let (server, owner) = with_account().await;
    owner.quit();
    let CertifiedKey { cert, signing_key } =
        rcgen::generate_simple_self_signed(["bot".to_owned()]).expect("a certificate");
    let mut ada = Person::join(server.port, "ada", &[]).await;
    let identity = cert.pem() + &signing_key.serialize_pem();
    let at = |port: u16, more: &str| {
        let setup = Setup::default().secret("right", "sesame").secret("wrong", "open").secret("pem", &identity);
        setup.chat("chat", port, &format!("nick = \"bot\"\nfailed_ms = 60000\n{more}"))
    };
    // The certificate that it shows becomes that of its account.
    let shown = "login = [\"nickserv\"]\npassword = \"right\"\nidentity = \"pem\"\ntls = false\n";
    let host = at(server.tls_port, shown).start().await;
    host.chat(is_up).await;
    ada.say("bot", "tell NickServ CERT ADD");
    assert!(ada.ask("bot", "hello").await.ends_with("hello"));
    host.settle().await;
    host.stop().await;
    for (port, more) in [
        (server.port, "login = [\"sasl_plain\"]\npassword = \"right\"\n"),
        (server.tls_port, "login = [\"sasl_external\"]\nidentity = \"pem\"\ntls = false\n"),
        (server.port, "login = [\"nickserv\"]\npassword = \"right\"\n"),
    ] {
        let host = at(port, more).start().await;
        host.chat(is_up).await;
        ada.send("WHOIS", &["bot"]);
        let known = ada.until(" bot ").await;
        let known = if known.contains(" 330 ") { known } else { ada.until(" 330 ").await };
        assert!(known.contains("330 ada bot bot"), "{more}: {known}");
        ada.until(" 318 ").await;
        host.stop().await;
    }
    let host = at(server.port, "login = [\"sasl_plain\"]\npassword = \"wrong\"\n").start().await;
    let state = host.chat(is_down).await;
    assert!(state["reason"].as_str().is_some_and(|why| why.contains("refuses the login by SASL: 904")), "{state}");
}

#[tokio::test]
async fn a_password_that_nickserv_does_not_take_is_seen() {
    let (server, owner) = with_account().await;
    owner.quit();
    let settings = "nick = \"bot\"\nlogin = [\"nickserv\"]\npassword = \"wrong\"\n";
    let host = Setup::default().secret("wrong", "open").chat("chat", server.port, settings).start().await;
    let state = host.chat(is_up).await;
    assert!(
        state["warning"].as_str().is_some_and(|said| said.contains("NickServ says: Password incorrect")),
        "{state}"
    );
    assert!(campanile_tests::logged().contains("NickServ says: Password incorrect"));
    host.stop().await;
    // And where there is no such service.
    let server = super::server().await;
    let host = Setup::default().secret("wrong", "open").chat("chat", server.port, settings).start().await;
    let state = host.chat(is_up).await;
    assert_eq!(state["warning"], json!("there is no NickServ to give the password to"));
}

#[tokio::test]
async fn a_nick_that_somebody_has_is_taken_back_by_nickserv() {
    let (server, mut thief) = with_account().await;
    let settings = "nick = \"bot\"\nlogin = [\"nickserv\"]\npassword = \"right\"\n";
    let host = Setup::default().secret("right", "sesame").chat("chat", server.port, settings).start().await;
    thief.until("ERROR").await;
    let state = host.chat(|state| state["nick"] == "bot").await;
    assert_eq!(state["warning"], json!(null), "{state}");
}

#[tokio::test]
async fn a_speaker_is_known_by_account_where_the_server_says_so() {
    let (server, mut owner) = with_account().await;
    let host = Setup::default().chat("chat", server.port, "nick = \"it\"\n").start().await;
    host.chat(is_up).await;
    assert_eq!(owner.ask("it", "hello").await, "bot said to it alone account=bot op=false: hello");
    let mut ada = Person::join(server.port, "ada", &[]).await;
    assert_eq!(ada.ask("it", "hello").await, "ada said to it alone account=nobody op=false: hello");
    host.settle().await;
}

#[tokio::test]
async fn where_a_server_has_no_sasl_there_is_no_connection() {
    let server = server().await;
    let settings = "nick = \"bot\"\nlogin = [\"sasl_plain\"]\npassword = \"pw\"\nfailed_ms = 60000\n";
    let host = Setup::default().secret("pw", "sesame").chat("chat", server.port, settings).start().await;
    let state = host.chat(is_down).await;
    assert_eq!(state["reason"], json!("the server offers no login by SASL"));
}

#[tokio::test]
async fn what_is_not_granted_is_said_at_the_start() {
    let setup = Setup::default().plugins(&["scripted"]);
    let settings = "[reporter.settings.chat]\nserver = \"127.0.0.1:6667\"\nnick = \"a bot\"\nlogin = [\"pass\"]\n";
    let said = setup.reporter("chat", "scripted", settings).refused().await;
    for part in ["the chat connection \"irc\": \"a bot\" is no nick", "it is to log in with a password, and has none"] {
        assert!(said.contains(part), "{said}");
    }
}
