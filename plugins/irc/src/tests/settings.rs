//! What is asked of the host, and what is wrong with settings.

use campanile_sdk::contract::IrcConnection;
use campanile_sdk::contract::IrcDelay;
use campanile_sdk::contract::IrcFlood;
use campanile_sdk::contract::IrcLogin;
use campanile_sdk::contract::Subscription;
use campanile_sdk::contract::TlsVerify;
use campanile_sdk::literal;
use campanile_sdk::secret;
use campanile_sdk::testing::Given;
use serde_json::Value;
use serde_json::json;

use super::with;
use crate::Irc;

fn subscribed(more: Value) -> (IrcConnection, Vec<String>) {
    let all = Given::settings(with(more)).subscribe::<Irc>().expect("they are right");
    let mut topics = Vec::new();
    let mut connection = None;
    for one in all {
        match one {
            Subscription::Topic(topic) => topics.push(topic.pattern),
            Subscription::Chat(chat) => connection = Some(chat),
            Subscription::Other(other) => panic!("{other}"),
        }
    }
    (connection.expect("a connection"), topics)
}

#[test]
fn a_connection_as_buildbot_has_it() {
    let (connection, topics) = subscribed(json!({"password": "nickserv"}));
    assert_eq!((connection.host.as_str(), connection.port, connection.tls), ("irc.example.org", 6667, None));
    assert_eq!(connection.login, IrcLogin::PASS | IrcLogin::NICKSERV);
    assert_eq!(connection.password, secret("nickserv"));
    assert_eq!(connection.flood, IrcFlood { burst: 4, interval_ms: 2_000 });
    assert_eq!(connection.lost_delay, IrcDelay { least_ms: 1_000, most_ms: 5_000 });
    assert_eq!(connection.failed_delay, IrcDelay { least_ms: 45_000, most_ms: 60_000 });
    assert_eq!(topics, ["builds/*/new", "builds/*/finished", "workers/*/missing", "workers/*/connected"]);
}

#[test]
fn a_connection_with_all_there_is() {
    let (connection, topics) = subscribed(json!({
        "port": 6697, "useSSL": true, "verify": "/etc/ca.pem", "certificate": "bot", "useSASL": true,
        "channels": ["#a", {"channel": "#b", "password": "open %(secret:sesame)s"}],
        "lostDelay": 2.5, "failedDelay": 30, "floodLines": 9, "floodSeconds": 0, "authz": {"*": ["ann"]},
    }));
    assert_eq!(connection.tls, Some(TlsVerify::Authorities("/etc/ca.pem".into())));
    assert_eq!((connection.login, connection.identity.as_deref()), (IrcLogin::SASL_EXTERNAL, Some("bot")));
    assert_eq!(connection.channels[1].key, [literal("open "), secret("sesame")].concat());
    assert_eq!(connection.flood, IrcFlood { burst: 9, interval_ms: 0 });
    assert_eq!(connection.lost_delay, IrcDelay { least_ms: 2_500, most_ms: 2_500 });
    assert_eq!(topics[4..], ["buildrequests/*/complete", "control/shutdown/*", "masters/*/*"]);
    let (connection, _) = subscribed(json!({"password": "x", "useSASL": true, "useSSL": true}));
    assert_eq!(connection.login, IrcLogin::SASL_PLAIN);
    let (connection, _) = subscribed(json!({"password": "x", "passwordFor": ["nickserv"]}));
    assert_eq!(connection.login, IrcLogin::NICKSERV);
}

#[test]
fn all_that_is_wrong_is_said_at_once() {
    let settings = json!({
        "nick": "build bot", "useSASL": true, "certificate": "bot", "lostDelay": -1, "floodLines": 0,
        "tags": "a", "categories": ["b"],
        "channels": ["builds", {"channel": "#b", "password": "%(no"}], "pm_to_nicks": ["#a"],
        "notify_events": {"finished": 1, "succesToFailure": 1}, "allowForce": true,
        "authz": {"force": true, "FORCE, zork": ["a b"]},
    });
    let problems = Given::settings(with(settings)).problems::<Irc>();
    let places: Vec<&str> = problems.iter().filter_map(|problem| problem.split(':').next()).collect();
    let expected = [
        "/nick",
        "/certificate",
        "/channels/0",
        "/channels/1/password",
        "/pm_to_nicks/0",
        "/categories",
        "/notify_events/succesToFailure",
        "/allowForce",
        "/authz/FORCE, zork",
        "/authz/FORCE, zork",
        "/authz/force",
        "/lostDelay",
        "/floodLines",
    ];
    assert_eq!(places, expected, "{problems:#?}");
    let event = problems.iter().find(|problem| problem.contains("succes")).expect("a problem");
    assert!(event.contains("\"succesToFailure\" is no event: started, finished, success"), "{event}");
}

#[test]
fn a_connection_is_not_tried_again_at_once() {
    let settings = json!({"lostDelay": 0, "failedDelay": 0.9, "floodSeconds": 0});
    let expected = [
        "/lostDelay: 0 is no wait in seconds: expected 1 to 86400",
        "/failedDelay: 0.9 is no wait in seconds: expected 1 to 86400",
    ];
    assert_eq!(Given::settings(with(settings)).problems::<Irc>(), expected);
    assert!(Given::settings(with(json!({"lostDelay": 1, "failedDelay": 1.5}))).problems::<Irc>().is_empty());
}

#[test]
fn sasl_needs_something_to_log_in_with() {
    let problems = Given::settings(with(json!({"useSASL": true}))).problems::<Irc>();
    assert_eq!(problems, ["/useSASL: give a password, or a certificate, to log in with"]);
    let problems = Given::settings(with(json!({"notify_events": ["finished", "retry"]}))).problems::<Irc>();
    assert!(problems[0].starts_with("/notify_events/1: \"retry\" is no event"), "{problems:?}");
}
