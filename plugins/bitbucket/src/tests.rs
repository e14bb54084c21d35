//! The reporter from the outside: given settings and an event, expect requests.

use campanile_sdk::contract::HttpLogin;
use campanile_sdk::contract::SourceStamp;
use campanile_sdk::prelude::*;
use campanile_sdk::testing::Given;
use campanile_sdk::testing::GivenBuild;
use campanile_sdk::testing::a_build;
use campanile_sdk::testing::deliveries;
use campanile_sdk::testing::posted;
use campanile_sdk::testing::requests;
use campanile_sdk::testing::skipped;
use serde_json::Value;
use serde_json::json;

use crate::BitbucketStatusPush;

/// Settings that work, with these on top.
fn given(more: Value) -> Given {
    let mut settings = json!({"oauth_key": "consumer", "oauth_secret": "bitbucket"});
    if let (Some(settings), Value::Object(more)) = (settings.as_object_mut(), more) {
        settings.extend(more);
    }
    Given::settings(settings)
}

fn stamp(repository: &str) -> SourceStamp {
    let stamp = a_build("Builder1").report().buildset.source_stamps.remove(0);
    SourceStamp { repository: repository.to_owned(), ..stamp }
}

fn build() -> GivenBuild {
    a_build("Builder1").stamps(vec![stamp("git@bitbucket.org:o/r.git")])
}

const STATUS: &str = "https://api.bitbucket.org/2.0/repositories/o/r/commit/d34db33f/statuses/build";
const KEY: &str = "83c03e9f4e8c4e12ed889cfa61ad5cf2c08e6149";

fn body(state: &str) -> Value {
    json!({"state": state, "key": KEY, "name": "Builder1", "description": "",
        "url": "https://ci.example/#/builders/80/builds/1"})
}

#[test]
fn each_stage_has_its_state() {
    let sent = |event: &Event| posted(&given(json!({})).effects::<BitbucketStatusPush>(event));
    assert_eq!(sent(&build().started()), [(STATUS.to_owned(), body("INPROGRESS"))]);
    for results in Results::ALL {
        let state = if results == Results::Success { "SUCCESSFUL" } else { "FAILED" };
        assert_eq!(sent(&build().results(results).finished()), [(STATUS.to_owned(), body(state))], "{results:?}");
    }
}

#[test]
fn who_posts_is_a_client_or_a_user() {
    let login = |settings: Value| {
        let effects = given(settings).effects::<BitbucketStatusPush>(&build().finished());
        requests(&effects)[0].login.clone()
    };
    let Some(HttpLogin::Oauth(client)) = login(json!({})) else { panic!("no client") };
    assert_eq!(client.token_url, "https://bitbucket.org/site/oauth2/access_token");
    assert_eq!((client.client.user, client.client.password), (literal("consumer"), secret("bitbucket")));
    let by_user = json!({"oauth_key": null, "oauth_secret": null, "auth": ["ann", "app-password"]});
    let Some(HttpLogin::Basic(basic)) = login(by_user) else { panic!("no user") };
    assert_eq!((basic.user, basic.password), (literal("ann"), secret("app-password")));
}

#[test]
fn the_subject_is_the_description() {
    let generators = json!([{"kind": "BuildStartEndStatusGenerator",
        "end_formatter": {"template": "", "subject": "It is over."}}]);
    let settings = json!({"generators": generators, "base_url": "https://bb.example/r/", "status_key": "k",
        "status_name": "%(prop:branch)s"});
    let given = given(settings).context(json!({"build": {}}));
    let told = posted(&given.effects::<BitbucketStatusPush>(&build().finished()));
    assert_eq!(told[0].0, "https://bb.example/r/o/r/commit/d34db33f/statuses/build");
    let said = &told[0].1;
    assert_eq!((&said["description"], &said["name"]), (&json!("It is over."), &json!("main")));
    assert_eq!(said["key"], "13fbd79c3d390e5d6585a21e11ff5ec1970cff0c", "the SHA-1 of `k`");
}

#[test]
fn what_bitbucket_does_not_have_is_skipped() {
    let mut without = stamp("https://bitbucket.org/o/r");
    without.revision = None;
    let stamps = vec![stamp(""), stamp("https://bitbucket.org/o/p/r.git"), without, stamp("https://bitbucket.org/o/r")];
    let effects = given(json!({})).effects::<BitbucketStatusPush>(&a_build("Builder1").stamps(stamps).finished());
    assert_eq!((skipped(&effects).len(), posted(&effects).len()), (3, 1), "{effects:?}");
    assert_eq!(deliveries(&effects)[0].lane, Some(format!("o/r d34db33f {KEY}")));
}

#[test]
fn all_that_is_wrong_is_said_at_once() {
    let check = |settings: Value, places: &[&str]| {
        let problems = given(settings).problems::<BitbucketStatusPush>();
        let found: Vec<&str> = problems.iter().filter_map(|problem| problem.split(':').next()).collect();
        assert_eq!(found, places, "{problems:#?}");
    };
    check(
        json!({"auth": ["a", "b"], "status_key": "%(x)s", "status_name": "%(x)s"}),
        &["/status_key", "/status_name", "/auth"],
    );
    check(json!({"oauth_secret": null}), &["/oauth_key"]);
    check(json!({"oauth_key": null}), &["/oauth_secret"]);
    check(json!({"oauth_key": null, "oauth_secret": null}), &[""]);
}

#[test]
fn the_page_has_the_table_of_states() {
    let page = include_str!("../../../docs/reporters/bitbucket.md");
    assert!(page.contains(&campanile_sdk::forges::BITBUCKET_STATES.markdown()));
}
