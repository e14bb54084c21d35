//! What is wrong with settings.

use campanile_sdk::contract::Subscription;
use campanile_sdk::testing::Given;
use serde_json::Value;
use serde_json::json;

use crate::StatusPush;

fn topics(settings: Value) -> Vec<String> {
    let subscriptions = Given::settings(settings).subscribe::<StatusPush>().expect("they are right");
    subscriptions
        .into_iter()
        .map(|subscription| match subscription {
            Subscription::Topic(topic) => topic.pattern,
            other => panic!("no topic: {other:?}"),
        })
        .collect()
}

#[test]
fn all_that_is_wrong_is_said_at_once() {
    let settings = json!({"bufferDelay": -1, "retryDelay": 1e9, "chunkSize": 0, "maxHttpRequestSize": 5_000_000,
        "blackList": ["buildStarted", "buildBegun"], "extra_post_params": {"packets": "x", "a": "%(no"}});
    let problems = Given::settings(settings).problems::<StatusPush>();
    let places: Vec<&str> = problems.iter().filter_map(|problem| problem.split(':').next()).collect();
    assert_eq!(
        places,
        [
            "",
            "/bufferDelay",
            "/retryDelay",
            "/chunkSize",
            "/maxHttpRequestSize",
            "/blackList/1",
            "/extra_post_params/a",
            "/extra_post_params/packets"
        ],
        "{problems:#?}"
    );
}

#[test]
fn what_is_on_the_black_list_is_not_even_asked_for() {
    let all = topics(json!({"serverUrl": "https://status.example/"}));
    let black = json!(["stepTextChanged", "logStarted", "buildStarted"]);
    let some = topics(json!({"serverUrl": "https://status.example/", "blackList": black}));
    let left_out: Vec<&String> = all.iter().filter(|topic| !some.contains(topic)).collect();
    assert_eq!(left_out, ["steps/*/updated", "logs/*/new"], "a build that begins changes its builder's state");
}

#[test]
fn only_a_plugin_makes_json_of_packets() {
    let problems = |callback: Value| {
        let settings = json!({"serverUrl": "https://status.example/", "serverPushCb": callback});
        Given::settings(settings).problems::<StatusPush>()
    };
    assert_eq!(
        problems(json!({"template": "{{ packets }}"})),
        ["/serverPushCb: expected the name of a message-formatter plugin"]
    );
    assert_eq!(problems(json!({"kind": "MessageFormatter"})).len(), 1);
    assert_eq!(problems(json!({"function": "mine"})).len(), 1);
    topics(json!({"serverUrl": "https://status.example/", "serverPushCb": {"plugin": "mine"}}));
    topics(json!({"serverUrl": "https://status.example/", "serverPushCb": "mine"}));
}
