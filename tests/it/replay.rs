//! An event told once more: what differs from what was sent is shown, and nothing is sent.

use campanile_sinks::SmtpOptions;
use campanile_sinks::SmtpSink;
use campanile_tests::Ended;
use campanile_tests::Setup;
use campanile_tests::TestHost;
use campanile_tests::campanile;
use campanile_tests::plugin_file;

/// A host whose reporter told a failed build, and the position of that event.
async fn told(settings: &str) -> (TestHost, SmtpSink, String) {
    let sink = SmtpSink::start(SmtpOptions::default()).await.expect("a server");
    let cache = std::env::temp_dir().join("campanile-test-hosts");
    let setup =
        Setup::default().plugins(&["short", "misbehaving_formatter"]).toml(&format!("[plugins]\ncache = {cache:?}\n"));
    let host = setup.mail("failures", sink.port(), settings).start().await;
    host.finished_build("linux", 2).await;
    host.settle().await;
    let event = host.deliveries().await[0]["event"].to_string();
    (host, sink, event)
}

async fn replay(setup: &Setup, event: &str, more: &[&str]) -> Ended {
    let config = setup.write();
    campanile(&[&["plugin", "replay", "failures", "--event", event, "--config", &config], more].concat()).await
}

/// What it prints where something differs, with the event's position and the server's port taken out.
async fn differs(setup: &Setup, event: &str, sink: &SmtpSink) -> String {
    let said = replay(setup, event, &[]).await.differs();
    said.replace(&format!("event {event},"), "event …,").replace(&sink.port().to_string(), "…")
}

const PLAIN: &str = "mode = [\"failing\"]\nmessageFormatter = {template_type = \"plain\"}";

#[tokio::test]
async fn what_is_the_same_is_said_to_be_while_the_host_runs_and_when_it_does_not() {
    let (host, sink, event) = told(PLAIN).await;
    let expected = format!(
        "event {event}, builds/1/finished, told to \"failures\" (mail {})\n\"build\": the same as delivery 1 (delivered)\n",
        env!("CARGO_PKG_VERSION")
    );
    assert_eq!(replay(&host.setup, &event, &[]).await.succeeds(), expected);
    let setup = host.stop().await;
    assert_eq!(replay(&setup, &event, &[]).await.succeeds(), expected);
    assert_eq!(sink.count(), 1, "nothing is sent");
}

#[tokio::test]
async fn what_differs_is_shown_line_by_line() {
    let (host, sink, event) = told(PLAIN).await;
    let setup = host.stop().await;
    let other = PLAIN.replace("}", ", subject = \"{{ buildername }} broke\"}\nfromaddr = \"me@example.org\"");
    let other = setup.clone().edit(PLAIN, &other).edit("fromaddr = \"ci@example.org\"\n", "");
    insta::assert_snapshot!("another_subject", differs(&other, &event, &sink).await);
    let short = setup.clone().edit("{template_type = \"plain\"}", "\"short\"");
    insta::assert_snapshot!("another_formatter", differs(&short, &event, &sink).await);
    let not_at_all = setup.clone().edit("mode = [\"failing\"]", "mode = [\"passing\"]");
    insta::assert_snapshot!("not_at_all", differs(&not_at_all, &event, &sink).await);
    let denied = setup.clone().edit("relayhost = \"127.0.0.1\"", "relayhost = \"mail.example.org\"");
    let said = differs(&denied, &event, &sink).await;
    assert!(said.contains("- mail.relay.host: 127.0.0.1") && said.contains("+ mail.relay.host: mail.exa"), "{said}");
    let fails =
        setup.edit("{template_type = \"plain\"}", "{plugin = \"misbehaving_formatter\", behaviour = \"retry\"}");
    let said = differs(&fails, &event, &sink).await;
    assert!(said.contains("it fails: it asks for another try: later"), "{said}");
    assert_eq!(sink.count(), 1, "nothing is sent");
}

#[tokio::test]
async fn a_plugin_that_is_tried_lies_elsewhere() {
    let (host, sink, event) = told("messageFormatter = \"short\"").await;
    let folder = tempfile::tempdir().expect("a folder");
    let tried = |bytes: &[u8]| {
        let file = folder.path().join("short.wasm");
        std::fs::write(&file, bytes).expect("a file is written");
        file.display().to_string()
    };
    let another = tried(&std::fs::read(plugin_file("misbehaving_formatter")).expect("a plugin"));
    let said = replay(&host.setup, &event, &["--plugin", &another]).await.differs();
    assert!(said.contains("-   STATUS: Failure") && said.contains("+   all is well"), "{said}");
    let broken = tried(b"junk");
    let said = replay(&host.setup, &event, &["--plugin", &broken]).await.fails();
    assert!(said.contains(&format!("plugin \"short\" is broken: {broken}: it is not WebAssembly")), "{said}");
    replay(&host.setup, &event, &[]).await.succeeds();
    let unused = folder.path().join("plugin.wasm");
    std::fs::copy(plugin_file("short"), &unused).expect("a plugin is copied");
    let said = replay(&host.setup, &event, &["--plugin", &unused.display().to_string()]).await.fails();
    let why = "uses no plugin \"plugin\"; call the file as one that it uses: mail.wasm, short.wasm";
    assert!(said.contains(why), "{said}");
    let missing = folder.path().join("missing.wasm").display().to_string();
    let said = replay(&host.setup, &event, &["--plugin", &missing]).await.fails();
    assert!(said.contains(&format!("--plugin {missing}: it cannot be read: No such file")), "{said}");
    assert_eq!(sink.count(), 1);
}

#[tokio::test]
async fn what_cannot_be_told_again_is_said() {
    let (host, _sink, event) = told(PLAIN).await;
    let setup = host.stop().await;
    let check = async |event: &str, why: &str| {
        let said = replay(&setup, event, &[]).await.fails();
        assert!(said.contains(why), "{event}: {said}");
    };
    check("1", "event 1 is buildsets/1/builders/1/buildrequests/1/new, ").await;
    check("1000000", "no event 1000000: the newest is ").await;
    check("0", "no event 0").await;
    let config = setup.write();
    let said = campanile(&["plugin", "replay", "nobody", "--event", &event, "--config", &config]).await.fails();
    assert!(said.contains("no reporter \"nobody\"; there is: failures"), "{said}");
    let nowhere = setup.clone().toml("[store]\npath = \"nowhere.db\"\n");
    let said = replay(&nowhere, &event, &[]).await.fails();
    assert!(said.contains("nowhere.db ([store] path): is it there?"), "{said}");
    assert!(!setup.folder().join("nowhere.db").exists());
}
