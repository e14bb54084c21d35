//! Messages to phones, by Pushover.

use campanile_sinks::HttpSink;
use campanile_tests::BUILD_URL;
use campanile_tests::Setup;
use campanile_tests::acme_source;
use serde_json::json;
use std::collections::BTreeMap;

#[tokio::test]
async fn a_build_that_failed_rings() {
    let sink = HttpSink::start(None).await.expect("a server");
    let settings = "user_key = \"user\"\napi_token = \"token\"\nbase_url = \"{here}/1/messages.json\"\n\
        priorities = {failing = 1, passing = -1}\notherParams = {sound = \"bells\"}";
    let setup = Setup::default().acme("pushover", sink.port(), settings).secret("user", "u&me");
    let host = setup.start_acme().await;
    let source = acme_source("https://git.example/proj", Some("d34db33f"));
    let properties = json!({"branch": ["main", "Build"], "workername": ["w<1>", "Build"]});
    host.acme_build(&[source], properties, 2).await;
    let request = &sink.received()[0];
    assert_eq!((request.method.as_str(), request.target.as_str(), sink.count()), ("POST", "/1/messages.json", 1));
    let url = reqwest::Url::parse(&format!("http://x/?{}", request.text())).expect("a form");
    let told: BTreeMap<String, String> = url.query_pairs().into_owned().collect();
    let message = format!(
        "The Buildbot has detected a <a href=\"{BUILD_URL}\">failed build</a> of <i>Builder1</i> while building proj \
         on w&lt;1&gt;."
    );
    let title = "\u{2620} Buildbot (Acme CI): Builder1 - failed compile (main)";
    let expected = [
        ("html", "1"),
        ("message", &message),
        ("priority", "1"),
        ("sound", "bells"),
        ("title", title),
        ("token", "tower-of-bells"),
        ("user", "u&me"),
    ];
    assert_eq!(told, expected.map(|(name, value)| (name.to_owned(), value.to_owned())).into());
}
