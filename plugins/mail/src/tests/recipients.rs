//! Who gets a mail.

use campanile_sdk::testing::a_build;
use campanile_sdk::testing::only_mail;
use serde_json::Value;
use serde_json::json;

use super::given;
use crate::MailNotifier;

/// `{to}` or `{to} / {cc}`, or nothing where there is no mail.
#[track_caller]
fn check(settings: Value, users: &[&str], expected: &str) {
    let event = users.iter().fold(a_build("linux"), |build, user| build.user(user)).finished();
    let effects = given(settings).effects::<MailNotifier>(&event);
    if effects.is_empty() {
        assert_eq!(expected, "");
        return;
    }
    let mail = only_mail(effects);
    assert!(mail.bcc.is_empty());
    let copy = if mail.cc.is_empty() { String::new() } else { format!(" / {}", mail.cc.join(", ")) };
    assert_eq!(format!("{}{copy}", mail.to.join(", ")), expected);
}

#[test]
fn interested_users_with_the_extra_recipients_in_copy() {
    check(
        json!({}),
        &["b@example.net", "a@example.net", "b@example.net"],
        "a@example.net, b@example.net / builds@example.org",
    );
    check(json!({"extraRecipients": []}), &["a@example.net"], "a@example.net");
    check(json!({"extraRecipients": ["z@x.org", "a@x.org", "z@x.org"]}), &["a@x.org"], "a@x.org / a@x.org, z@x.org");
}

#[test]
fn only_the_extra_recipients() {
    check(json!({}), &[], "builds@example.org");
    check(json!({"sendToInterestedUsers": false}), &["a@example.net"], "builds@example.org");
    check(json!({"extraRecipients": ["z@x.org", "a@x.org"]}), &["nobody"], "a@x.org, z@x.org");
}

#[test]
fn nobody() {
    check(json!({"extraRecipients": []}), &[], "");
    check(json!({"extraRecipients": []}), &["nobody"], "");
    check(json!({"extraRecipients": [], "sendToInterestedUsers": false}), &["a@example.net"], "");
    let given = given(json!({"extraRecipients": []}));
    assert!(given.effects::<MailNotifier>(&a_build("linux").finished()).is_empty());
    let url = "https://ci.example/#/builders/80/builds/1";
    assert_eq!(given.logged(), [format!("info: no mail, because nobody is to get it: build={url}")]);
}

#[test]
fn the_lookup_makes_addresses_of_names() {
    let lookup = |extra: &[&str]| json!({"lookup": "example.net", "extraRecipients": extra});
    check(lookup(&[]), &["ann", "bob@example.com"], "ann@example.net, bob@example.com");
    check(lookup(&[]), &["Ann Lee <ann@example.com>"], "Ann Lee <ann@example.com>");
    check(lookup(&[]), &["ann", "ann@example.net"], "ann@example.net");
    check(lookup(&["all@x.org"]), &["Ann Lee"], "all@x.org");
}

#[test]
fn a_plugin_is_asked_for_the_addresses() {
    let lookup = json!({"plugin": "people", "domain": "example.net"});
    let given = given(json!({"lookup": lookup})).address("ann", "Ann Lee <ann@example.net>").address("eve", "eve");
    let event = a_build("linux").user("ann").user("bob").user("eve").finished();
    let mail = only_mail(given.effects::<MailNotifier>(&event));
    assert_eq!(
        (mail.to.join(", "), mail.cc.join(", ")),
        ("Ann Lee <ann@example.net>".into(), "builds@example.org".into())
    );
    assert_eq!(given.asked(), [format!("addresses {lookup} of ann, bob, eve")]);
    assert_eq!(given.logged(), ["warn: no mail to a user, because this is no mail address: address=eve"]);
    // Nobody to look up, nothing to ask.
    let given = super::given(json!({"lookup": lookup}));
    assert_eq!(only_mail(given.effects::<MailNotifier>(&a_build("linux").finished())).to, ["builds@example.org"]);
    assert!(given.asked().is_empty());
}

#[test]
fn the_last_of_several_at_signs_is_cut() {
    check(json!({"extraRecipients": []}), &["Ann <ann@example.com>@host"], "Ann <ann@example.com>");
    check(json!({"extraRecipients": []}), &["ann@example.com@host"], "ann@example.com");
    check(json!({"extraRecipients": ["Ann <ann@example.com>@host"]}), &[], "Ann <ann@example.com>");
}

#[test]
fn one_bad_address_does_not_lose_the_mail() {
    let given = given(json!({}));
    let event = a_build("linux").user("ann@example.net").user("eve@x.org\r\nBcc: all@x.org").user("nobody").finished();
    let mail = only_mail(given.effects::<MailNotifier>(&event));
    assert_eq!(mail.to, ["ann@example.net"]);
    let warnings = given.logged();
    assert_eq!(warnings.len(), 2);
    assert_eq!(warnings[1], "warn: no mail to a user, because this is no mail address: address=nobody");
}
