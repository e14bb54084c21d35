//! Which mails stand together.

use campanile_sdk::contract::Event;
use campanile_sdk::prelude::*;
use campanile_sdk::testing::a_build;
use campanile_sdk::testing::a_missing_worker;
use campanile_sdk::testing::a_new_request;
use campanile_sdk::testing::only_mail;
use serde_json::json;

use super::given;
use crate::MailNotifier;

fn thread(event: &Event) -> String {
    let settings = json!({"generators": [
        {"kind": "BuildStatusGenerator"}, {"kind": "BuildRequestGenerator"}, {"kind": "WorkerMissingGenerator"},
    ]});
    only_mail(given(settings).effects::<MailNotifier>(event)).thread.expect("a thread")
}

fn build_of(branch: Option<&str>) -> campanile_sdk::testing::GivenBuild {
    let mut stamps = a_build("linux").report().buildset.source_stamps;
    stamps[0].branch = branch.map(String::from);
    a_build("linux").stamps(stamps)
}

#[test]
fn those_about_one_builder_and_branch() {
    let first = thread(&build_of(Some("main")).number(7).id(70).results(Results::Failure).finished());
    let later = thread(&build_of(Some("main")).number(8).id(80).without_property("branch").finished());
    assert_eq!(first, later);
    for other in [
        build_of(Some("next")).finished(),
        build_of(None).finished(),
        a_build("mac").finished(),
        a_new_request("mac"),
        a_missing_worker("linux", &["a@example.org"]),
    ] {
        assert_ne!(first, thread(&other));
    }
    assert_eq!(thread(&a_build("linux").finished()), thread(&a_new_request("linux")), "a request and its build");
}
