//! Logins of the bot, and of those who talk to it, on Debian's InspIRCd with services.

use super::super::with_account;
use super::CHANNEL;
use super::bot;
use campanile_tests::Person;
use campanile_tests::Setup;
use campanile_tests::TestHost;
use rcgen::CertifiedKey;

/// Returns when the bot is in its channel, and asks the server as whom it is logged in.
async fn account_of(person: &mut Person, host: &TestHost, nick: &str) -> String {
    host.chat(|state| state["channels"].as_array().is_some_and(|channels| channels.len() == 1)).await;
    person.send("WHOIS", &[nick]);
    let mut known = String::new();
    loop {
        let line = person.until(" 3").await;
        if line.contains(" 330 ") {
            line.split(' ').nth(4).unwrap_or_default().clone_into(&mut known);
        }
        if line.contains(" 318 ") {
            return known;
        }
    }
}

#[tokio::test]
async fn the_bot_logs_in_by_sasl_with_its_password() {
    let (server, owner) = with_account().await;
    owner.quit();
    let settings = "useSASL = true\npassword = \"right\"\nuseSSL = true\nverify = false";
    let setup = bot(Setup::default().secret("right", "sesame"), server.tls_port, ("bot", settings));
    let host = setup.start().await;
    let mut ann = Person::join(server.port, "ann", &[CHANNEL]).await;
    assert_eq!(account_of(&mut ann, &host, "bot").await, "bot");
    assert!(ann.ask("bot", "version").await.starts_with("This is campanile-"));
    host.settle().await;
}

#[tokio::test]
async fn the_bot_logs_in_by_its_certificate() {
    let (server, owner) = with_account().await;
    owner.quit();
    let CertifiedKey { cert, signing_key } =
        rcgen::generate_simple_self_signed(["bot".to_owned()]).expect("a certificate");
    let setup = || Setup::default().secret("pem", &(cert.pem() + &signing_key.serialize_pem()));
    let mut ann = Person::join(server.port, "ann", &[CHANNEL]).await;
    // The certificate becomes that of its account, as its operator has to see to once.
    let shown = "nick = \"bot\"\nlogin = [\"nickserv\"]\npassword = \"right\"\nidentity = \"pem\"\ntls = false\n";
    let host = setup().secret("right", "sesame").chat("chat", server.tls_port, shown).start().await;
    host.chat(|state| state["state"] == "connected").await;
    ann.say("bot", "tell NickServ CERT ADD");
    assert!(ann.ask("bot", "hello").await.ends_with("hello"));
    host.settle().await;
    host.stop().await;
    let settings = "useSASL = true\ncertificate = \"pem\"\nuseSSL = true\nverify = false";
    let host = bot(setup(), server.tls_port, ("bot", settings)).start().await;
    assert_eq!(account_of(&mut ann, &host, "bot").await, "bot");
    assert!(ann.ask("bot", "version").await.starts_with("This is campanile-"));
    host.settle().await;
}

#[tokio::test]
async fn who_may_is_who_the_network_knows_whatever_the_nick_is() {
    let (server, mut owner) = with_account().await;
    let setup = bot(Setup::default(), server.port, ("bb", "authz = {\"force, stop\" = [\"account:bot\"]}"));
    owner.enter(CHANNEL).await;
    let host = setup.start().await;
    owner.until(&format!(":bb!campanile@127.0.0.1 JOIN {CHANNEL}")).await;
    super::builder(&host, "linux", Some("w-1")).await;
    owner.send("NICK", &["somebody"]);
    owner.until("NICK").await;
    // Whoever goes by that nick now is not who has the account.
    let mut thief = Person::join(server.port, "bot", &[CHANNEL]).await;
    assert_eq!(super::asks(&mut thief, "force build linux").await, "Thou shall not pass, bot!!!");
    assert_eq!(owner.hears("bb").await.text, "Thou shall not pass, bot!!!");
    assert_eq!(super::asks(&mut owner, "force build linux").await, "Force build successfully requested.");
    host.settle().await;
}
