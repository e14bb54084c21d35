//! The program as an operator uses it.

use campanile_sinks::SmtpOptions;
use campanile_sinks::SmtpReply;
use campanile_sinks::SmtpSink;
use campanile_tests::Program;
use campanile_tests::Setup;
use campanile_tests::campanile;
use campanile_tests::campanile_in;
use campanile_tests::plugin_file;

#[tokio::test]
async fn deliveries_are_listed_shown_and_retried() {
    let sink = SmtpSink::start(SmtpOptions::default()).await.expect("a server");
    sink.change(|options| options.data = Some(SmtpReply::new(554, "not today")));
    let host = Setup::default().mail("all", sink.port(), "").start().await;
    host.finished_build("linux", 0).await;
    host.settle().await;
    let listed = campanile(&["delivery", "list", "--server", &host.url, "--state", "dead"]).await.succeeds();
    assert!(listed.contains("dead") && listed.contains("not today") && listed.ends_with("1 of 1\n"), "{listed}");
    let places = |of: [&str; 2]| of.map(|part| listed.lines().find_map(|line| line.find(part)));
    assert_eq!(places(["STATE", "REPORTER"]), places(["dead", "all"]), "{listed}");
    let shown = campanile(&["delivery", "show", "--server", &host.url, "1"]).await.succeeds();
    assert!(shown.contains("\"outcome\": \"refused\"") && shown.contains("\"attempts\""), "{shown}");
    sink.change(|options| options.data = None);
    campanile(&["delivery", "retry", "--server", &host.url, "1"]).await.succeeds();
    host.settle().await;
    assert_eq!(sink.count(), 1);
    let said = campanile(&["delivery", "retry", "--server", &host.url, "1"]).await.fails();
    assert!(said.contains("delivery 1 was delivered, is still on its way"), "{said}");
    let said = campanile(&["delivery", "list", "--server", &host.url, "--state", "zork"]).await.fails();
    assert!(said.contains("invalid state \"zork\""), "{said}");
}

#[tokio::test]
async fn plugins_are_listed_and_inspected() {
    let host = Setup::default().plugins(&["mail", "short"]).plugin_bytes("junk.wasm", b"junk").start().await;
    let listed = campanile(&["plugin", "list", "--server", &host.url]).await.succeeds();
    for part in ["mail", "short", "message-formatter", "junk", "broken", "it is not WebAssembly"] {
        assert!(listed.contains(part), "{part}: {listed}");
    }
    let mail = plugin_file("mail").display().to_string();
    let inspected = campanile(&["plugin", "inspect", &mail]).await.succeeds();
    for part in ["world    reporter", "sha256", "campanile:reporter/log@0.1.0", "\"fromaddr\"", "smtp-relay"] {
        assert!(inspected.contains(part), "{part}: {inspected}");
    }
}

#[tokio::test]
async fn a_configuration_is_checked_without_a_start() {
    let setup = Setup::default().mail("all", 25, "");
    let file = setup.write();
    let said = campanile(&["check", "--config", &file]).await.succeeds();
    assert!(said.contains("is well: 1 reporters\n  all (mail)"), "{said}");
    let settings = "host = \"127.0.0.1\"\nnick = \"bb\"\npassword = \"word\"";
    let open = Setup::default().plugins(&["irc"]).secret("word", "sesame").allow("127.0.0.1:6667");
    let open = open.reporter("bot", "irc", settings);
    let file = open.write();
    let said = campanile(&["check", "--config", &file]).await.warns();
    assert!(said.contains("sends its password to 127.0.0.1:6667 for all to read: encrypt it with TLS"), "{said}");
    let homeless = setup.clone().toml("[store]\npath = \"nowhere/campanile.db\"\n").write();
    let said = campanile(&["check", "--config", &homeless]).await.fails();
    assert!(said.contains("store.path: there is no folder") && said.contains("nowhere; make it"), "{said}");
    let broken = setup.toml("[zork]\n");
    let file = broken.write();
    let said = campanile(&["check", "--config", &file]).await.fails();
    assert!(said.contains("zork: unknown section"), "{said}");
    let said = campanile(&["serve", "--config", "/nowhere/campanile.toml"]).await.fails();
    assert!(said.contains("/nowhere/campanile.toml") && said.contains("--config"), "{said}");
    let said = campanile(&["delivery", "list", "--server", "http://127.0.0.1:1"]).await.fails();
    assert!(said.contains("no host answers at http://127.0.0.1:1"), "{said}");
}

#[tokio::test]
async fn the_demo_delivers_everything() {
    let plugins = plugin_file("mail").parent().expect("a folder").display().to_string();
    let shown = campanile(&["demo", "--once", "--pace", "40", "--plugins", &plugins]).await.succeeds();
    assert!(shown.contains("STATUS: Success") && shown.contains("delivered"), "{shown}");
}

#[tokio::test]
async fn a_demo_that_is_kept_shows_the_mails_of_ones_own_builds() {
    let plugins = plugin_file("mail").parent().expect("a folder").display().to_string();
    let folder = tempfile::tempdir().expect("a folder");
    let arguments = ["demo", "--keep", "--pace", "40", "--plugins", &plugins];
    let mut demo = Program::start(folder.path(), &[], &arguments);
    let until = async |demo: &mut Program, wanted: &str| loop {
        let line = demo.any_line().await;
        if line.contains(wanted) {
            return line;
        }
    };
    let line = until(&mut demo, "export CAMPANILE_SERVER=").await;
    let url = line.split_once('=').expect("an address").1;
    let variables = [("CAMPANILE_SERVER", url), ("XDG_STATE_HOME", folder.path().to_str().expect("a path"))];
    let ended = campanile_in(folder.path(), &variables, &["run", "--builder", "belfry", "--", "false"]).await;
    assert_eq!(ended.code, Some(1), "{}", ended.stderr);
    until(&mut demo, "on builder belfry").await;
    demo.signal("INT").await;
    assert_eq!(demo.ends().await.code, Some(0));
}
