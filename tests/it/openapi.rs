//! The description of the API: complete, the same as the one that is kept, and true.
//!
//! Renew the one that is kept, and read what changed:
//! `UPDATE_OPENAPI=1 cargo nextest run -p campanile-tests -E 'test(the_description_is_the_one_that_is_kept)'`
//!
//! Ask a host for more than the suite has time for: `FUZZ_EXAMPLES=200 cargo nextest run -p campanile-tests -E 'test(fuzz)'`

use campanile_tests::ProcessHost;
use campanile_tests::Setup;
use campanile_tests::finished_build;
use serde_json::Value;
use serde_json::json;
use std::path::Path;
use tokio::process::Command;

/// Requests of each operation, besides the examples of the description.
const EXAMPLES: &str = "4";

/// The same requests each time; a number of its own where one looks for more.
const SEED: &str = "1";

/// What is held against the description.
const CHECKS: &str = "not_a_server_error,status_code_conformance,content_type_conformance,\
                      response_headers_conformance,response_schema_conformance";

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

#[tokio::test]
async fn a_fuzz_by_the_description_finds_no_failure_and_nothing_undocumented() {
    let setup = Setup::default();
    let host = ProcessHost::start(&setup).await;
    for (method, params) in [
        ("findBuilderId", json!({"name": "linux"})),
        ("findWorkerId", json!({"name": "worker-1"})),
        ("findSchedulerId", json!({"name": "nightly"})),
        ("find_project_id", json!({"name": "linux"})),
        ("addChange", json!({"author": "ada@example.org"})),
    ] {
        host.post(&format!("updates/{method}"), &params).await;
    }
    host.post("updates", &finished_build(1, 0)).await;
    host.post("updates/setBuildData", &json!({"buildid": 1, "name": "linux", "value": "x", "source": "test"})).await;
    // The fuzz makes tokens and revokes those that it sees; this one it cannot.
    let key = std::fs::read_to_string(setup.folder().join("campanile.db.key")).expect("the key of this machine");
    let key: Value = serde_json::from_str(&key).expect("JSON");
    let packages = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/schemathesis");
    assert!(packages.is_dir(), "schemathesis is missing: run the suite by `cargo xtask test`, which fetches it");
    let examples = std::env::var("FUZZ_EXAMPLES").unwrap_or_else(|_| EXAMPLES.to_owned());
    let seed = std::env::var("FUZZ_SEED").unwrap_or_else(|_| SEED.to_owned());
    let output = Command::new("python3")
        .args(["-m", "schemathesis.cli"])
        .args(["--config-file", concat!(env!("CARGO_MANIFEST_DIR"), "/schemathesis.toml")])
        .args(["run", &format!("{}/api/openapi.json", host.url)])
        // What never ends: a stream of events, and a WebSocket.
        .args(["--exclude-path-regex", "^/(sse|ws)"])
        .args(["--header", "Accept: application/json"])
        .args(["--header", &format!("Authorization: Bearer {}", key["token"].as_str().expect("a token"))])
        .args(["--checks", CHECKS, "--phases", "examples,fuzzing", "--no-color"])
        .args(["--max-examples", &examples, "--seed", &seed, "--generation-database", "none"])
        .env("PYTHONPATH", packages)
        .current_dir(setup.folder())
        .kill_on_drop(true)
        .output()
        .await
        .expect("python3 runs");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}\n{}", String::from_utf8_lossy(&output.stderr));
    assert!(!said.contains("Authentication failed"), "{said}");
    host.get("health").await;
}
