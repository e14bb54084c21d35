//! Configurations and plugins that cannot be used: all that is wrong is said at once, with the remedy.

use campanile_tests::Setup;
use campanile_tests::plugin_file;

/// The first bytes of a core module.
const CORE_MODULE: &[u8] = b"\0asm\x01\0\0\0";

#[tokio::test]
async fn a_file_that_is_no_plugin_bothers_only_who_uses_it() {
    let setup = Setup::default().plugin_bytes("junk.wasm", b"not wasm").plugin_bytes("core.wasm", CORE_MODULE);
    let host = setup.clone().start().await;
    let plugins = host.get("plugins").await;
    let broken: Vec<&str> = plugins["plugins"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|plugin| plugin["state"].as_str().expect("a state"))
        .collect();
    assert_eq!(broken, ["broken", "broken"]);
    drop(host.stop().await);
    let refused = setup.reporter("a", "core", "").reporter("b", "junk", "").reporter("c", "nope", "").refused().await;
    insta::assert_snapshot!(refused.replace(&plugin_folder(&refused), "…"));
}

/// The temporary folder, as it stands in a message.
fn plugin_folder(text: &str) -> String {
    let start = text.find("/campanile-test-").and_then(|at| text[..at].rfind([' ', '"']).map(|from| (from + 1, at)));
    let Some((from, at)) = start else { return "\u{0}".to_owned() };
    let end = text[at + 1..].find('/').map_or(text.len(), |length| at + 1 + length);
    text[from..end].to_owned()
}

#[tokio::test]
async fn wrong_settings_are_told_all_at_once_with_their_key_path() {
    let settings = "fromaddr = \"nobody\"\nextra_recipients = [\"ok@example.org\", \"not an address\"]\nmode = [\"sometimes\"]\n\
                    builders = [\"a\"]\ntags = [\"b\"]\nsmtp_port = 70000\nrelayhots = \"x\"\nsmtpPassword = \"missing\"";
    let setup = Setup::default().plugins(&["mail"]).reporter("failures", "mail", settings);
    let refused = setup.refused().await;
    insta::assert_snapshot!(refused.replace(&plugin_folder(&refused), "…"));
}

#[tokio::test]
async fn the_file_the_plugins_and_their_settings_are_judged_together() {
    let setup = Setup::default()
        .plugins(&["mail"])
        .toml("[store]\npth = \"x.db\"\nsize = 3\n[zork]\n")
        .allow("10.0.0.0/8")
        .allow("10.0.0.0/99")
        .network("extra_ca = \"nowhere.pem\"")
        .reporter("a", "nope", "")
        .toml("[[reporter]]\nname = 3\n")
        .reporter("b", "mail", "fromaddr = \"nobody\"\nmessageFormatter = \"nope\"");
    let refused = setup.refused().await;
    insta::assert_snapshot!(refused.replace(&plugin_folder(&refused), "…"));
    assert!(!setup.folder().join("campanile.db").exists(), "nothing is begun");
}

#[tokio::test]
async fn the_guests_of_the_suite_are_there() {
    for name in ["mail", "short", "scripted", "misbehaving"] {
        assert!(plugin_file(name).is_file());
    }
}
