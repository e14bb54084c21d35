//! The reporter from the outside: given settings and an event, expect messages.

use campanile_sdk::contract::Resend;
use campanile_sdk::prelude::*;
use campanile_sdk::testing::Given;
use campanile_sdk::testing::a_build;
use campanile_sdk::testing::only_delivery;
use campanile_sdk::testing::posted;
use serde_json::Value;
use serde_json::json;

use crate::ZulipStatusPush;

fn sent(settings: Value, event: &Event) -> (String, Value) {
    posted(&Given::settings(settings).effects::<ZulipStatusPush>(event)).remove(0)
}

fn settings(endpoint: &str, stream: &str) -> Value {
    json!({"endpoint": endpoint, "token": "TK", "stream": stream})
}

#[test]
fn the_start_and_each_end_are_told() {
    let url = "https://z/api/v1/external/buildbot?api_key=<TK>&stream=ci";
    let page = "https://ci.example/#/builders/80/builds/1";
    let said = json!({"event": "new", "buildid": 21, "buildername": "Builder1", "url": page, "project": "proj",
        "timestamp": 10});
    assert_eq!(sent(settings("https://z", "ci"), &a_build("Builder1").started()), (url.to_owned(), said));
    for results in Results::ALL {
        let said = json!({"event": "finished", "buildid": 21, "buildername": "Builder1", "url": page,
            "project": "proj", "timestamp": 19, "results": results.code()});
        let event = a_build("Builder1").results(results).finished();
        assert_eq!(sent(settings("https://z", "ci"), &event), (url.to_owned(), said));
    }
}

#[test]
fn addresses_and_projects() {
    let build = a_build("Builder1").property("project", "belfry").finished();
    let (url, said) = sent(settings("https://z/chat/?realm=a", "c i&x"), &build);
    assert_eq!(url, "https://z/chat/api/v1/external/buildbot?api_key=<TK>&stream=c%20i%26x&realm=a");
    assert_eq!(said["project"], "belfry");
    let (url, said) = sent(json!({"endpoint": "https://z/", "token": "TK"}), &a_build("B").stamps(vec![]).finished());
    assert_eq!((url.as_str(), &said["project"]), ("https://z/api/v1/external/buildbot?api_key=<TK>", &json!("")));
}

#[test]
fn messages_of_a_build_go_one_after_the_other_and_none_twice() {
    let given = Given::settings(settings("https://z", "ci"));
    let delivery = only_delivery(given.effects::<ZulipStatusPush>(&a_build("Builder1").finished()));
    assert_eq!((delivery.lane.as_deref(), delivery.resend), (Some("build 21"), Resend::Blind));
}
