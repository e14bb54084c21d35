//! Who gets a mail, where a plugin knows the addresses.

use campanile_sinks::SmtpOptions;
use campanile_sinks::SmtpSink;
use campanile_tests::Setup;
use campanile_tests::TestHost;
use campanile_tests::logged;
use serde_json::json;

/// A mail reporter that looks users up so, and where its mails arrive.
async fn setup(lookup: &str) -> (Setup, SmtpSink) {
    let sink = SmtpSink::start(SmtpOptions::default()).await.expect("a server");
    let settings = format!(
        "fromaddr = \"ci@example.org\"\nrelayhost = \"127.0.0.1\"\nsmtpPort = {}\n\
         extraRecipients = [\"builds@example.org\"]\nlookup = {lookup}",
        sink.port()
    );
    let setup = Setup::default().plugins(&["mail", "people", "misbehaving_lookup", "misbehaving_getter"]);
    (setup.allow(format!("127.0.0.1:{}", sink.port())).reporter("developers", "mail", &settings), sink)
}

/// A failed build that concerns ann and bob.
async fn build_of_ann_and_bob(host: &TestHost) {
    let builder = host.builder("linux").await;
    let set = host.update("addBuildset", json!({"waited_for": false, "builderids": [builder]})).await;
    let request = set["brids"][builder.to_string()].clone();
    let build = host.update("addBuild", json!({"builderid": builder, "buildrequestid": request})).await;
    let build = build["buildid"].clone();
    let owners = json!({"owners": [["ann", "bob"], "test"]});
    host.update("setBuildProperties", json!({"buildid": build, "properties": owners})).await;
    host.update("finishBuild", json!({"buildid": build, "results": 2})).await;
}

/// Who gets the mail about that build.
async fn recipients(lookup: &str) -> Vec<String> {
    let (setup, sink) = setup(lookup).await;
    let host = setup.start().await;
    build_of_ann_and_bob(&host).await;
    host.settle().await;
    assert_eq!(sink.count(), 1);
    let mut recipients = sink.received()[0].recipients.clone();
    recipients.sort_unstable();
    recipients
}

#[tokio::test]
async fn a_plugin_knows_the_addresses() {
    let table = "{plugin = \"people\", addresses = {ann = \"Ann Lee <ann.lee@example.com>\"}}";
    assert_eq!(recipients(table).await, ["ann.lee@example.com", "builds@example.org"]);
    let domain = "{plugin = \"people\", domain = \"example.net\"}";
    assert_eq!(recipients(domain).await, ["ann@example.net", "bob@example.net", "builds@example.org"]);
    // A text by itself is a domain.
    assert_eq!(recipients("\"people.example\"").await[0], "ann@people.example");
}

#[tokio::test]
async fn a_lookup_that_fails_loses_no_mail_to_the_others() {
    let check = async |behaviour: &str, why: &str| {
        let lookup = format!("{{plugin = \"misbehaving_lookup\", behaviour = \"{behaviour}\"}}");
        assert_eq!(recipients(&lookup).await, ["builds@example.org"], "{behaviour}");
        assert!(logged().contains(why), "{behaviour}: {}", logged());
    };
    let lookup = "address lookup \\\"misbehaving_lookup\\\": ";
    check("one-too-few", &format!("{lookup}the plugin's answer was refused: it was asked for 2 users and names 1"))
        .await;
    check("one-too-many", "it was asked for 2 users and names 3 addresses").await;
    check("too-long", "it names an address of 2000 bytes, the limit is 1024").await;
    check("panic", "nobody lives here").await;
    check("no-address", "no mail to a user, because this is no mail address").await;
}

#[tokio::test]
async fn a_lookup_has_no_more_time_than_its_reporter() {
    let (setup, sink) = setup("{plugin = \"misbehaving_lookup\", behaviour = \"sleep\"}").await;
    let host = setup.toml("[plugins]\ntimeout_ms = 300\n").start().await;
    build_of_ann_and_bob(&host).await;
    host.settle().await;
    let reporters = host.get("reporters").await;
    let incident = &reporters["reporters"][0]["incidents"][0];
    assert_eq!((sink.count(), &incident["kind"]), (0, &json!("timeout")), "{incident}");
}

#[tokio::test]
async fn a_lookup_that_wants_time_holds_the_mail() {
    let (setup, sink) = setup("{plugin = \"misbehaving_lookup\", behaviour = \"retry\"}").await;
    let mut host = setup.schedule(&[0, 60_000, 60_000]).start().await;
    host.may_owe();
    build_of_ann_and_bob(&host).await;
    host.troubled().await;
    let reporters = host.get("reporters").await;
    let trouble = reporters["reporters"][0]["trouble"].as_str().expect("a reason").to_owned();
    assert!(trouble.contains("the book is being rewritten"), "{trouble}");
    assert_eq!(sink.count(), 0);
}

#[tokio::test]
async fn lookups_are_checked_at_load() {
    let check = async |lookup: &str, why: &str| {
        let said = setup(lookup).await.0.refused().await;
        assert!(said.contains(why), "{lookup}: {said}");
    };
    check("{plugin = \"poeple\"}", "settings.lookup: there is no address lookup plugin \"poeple\"; there is: misb")
        .await;
    check("{plugin = \"mail\"}", "settings.lookup: plugin \"mail\" is a reporter, not an address lookup").await;
    let wrong = "settings.lookup: address lookup \"people\" with wrong settings: /adresses: unknown setting";
    check("{plugin = \"people\", adresses = {}}", wrong).await;
    check("{plugin = 7}", "settings.lookup: expected the name of an address-lookup plugin").await;
    check("\"no domain\"", "settings.lookup: `no domain` is no domain").await;
}
