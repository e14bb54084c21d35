//! The description of the API: complete, the same as the one that is kept, and true.
//!
//! Renew the one that is kept, and read what changed:
//! `UPDATE_OPENAPI=1 cargo nextest run -p campanile-tests -E 'test(the_description_is_the_one_that_is_kept)'`

use campanile_tests::Setup;
use serde_json::Value;
use std::path::Path;

const KEPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/openapi.json");

#[tokio::test]
async fn the_description_is_the_one_that_is_kept() {
    let host = Setup::default().start().await;
    let answer = host.client.get(format!("{}/api/openapi.json", host.url)).send().await.expect("an answer");
    let found: Value = serde_json::from_str(&answer.text().await.expect("a body")).expect("JSON");
    let found = serde_json::to_string_pretty(&found).expect("JSON") + "\n";
    if std::env::var_os("UPDATE_OPENAPI").is_some() {
        std::fs::write(KEPT, &found).expect("it is written");
    }
    let kept = std::fs::read_to_string(Path::new(KEPT)).expect("docs/openapi.json");
    let first = kept.lines().zip(found.lines()).position(|(kept, found)| kept != found);
    assert!(
        kept == found,
        "the API changed at line {:?} of docs/openapi.json; is that meant? then renew it: see tests/it/openapi.rs",
        first.map(|line| line + 1)
    );
}
