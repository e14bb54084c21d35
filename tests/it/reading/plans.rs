//! How SQLite goes about the usual questions: along indices, however large the tables are.

use super::endpoints::WORLD;
use campanile::data::Data;
use campanile::data::Site;
use campanile::data::endpoints::ENDPOINTS;
use campanile::data::endpoints::Endpoint;
use campanile::data::endpoints::Gives;
use campanile::data::endpoints::Part;
use campanile::store::Options;
use campanile::store::Store;
use campanile_tests::Setup;

/// Tables that grow with each build.
const LARGE: [&str; 12] = [
    "builds",
    "buildrequests",
    "buildsets",
    "steps",
    "logs",
    "changes",
    "sourcestamps",
    "build_properties",
    "buildset_properties",
    "buildset_sourcestamps",
    "patches",
    "build_data",
];

/// The data API over a store that no host runs on.
pub(super) async fn data(setup: &Setup) -> Data {
    let store = Store::open(&Options::new(setup.folder().join("campanile.db"))).expect("the store opens");
    Data::new(store, Site { title: String::new(), url: String::new() })
}

/// A line of a plan that reads a large table from end to end.
fn scans(line: &str) -> bool {
    let table = line.strip_prefix("SCAN ").map(|rest| rest.split(' ').next().unwrap_or(rest));
    table.is_some_and(|table| LARGE.contains(&table))
}

fn path(endpoint: &Endpoint) -> String {
    let parts = endpoint.parts().map(|part| match part {
        Part::Word(word) => word,
        Part::Key { name, .. } if name.contains("name") || name == "log_slug" => "linux",
        Part::Key { .. } => "1",
    });
    parts.collect::<Vec<_>>().join("/")
}

#[tokio::test]
async fn what_is_below_something_is_found_by_an_index() {
    let setup = Setup::default().start_filled(WORLD).await.stop().await;
    let data = data(&setup).await;
    for endpoint in ENDPOINTS.iter().copied().flatten() {
        let keyed = endpoint.parts().any(|part| matches!(part, Part::Key { .. }));
        if !keyed || matches!(endpoint.gives, Gives::Properties | Gives::Bytes) {
            continue;
        }
        let path = path(endpoint);
        let plan = data.plan(&path).await.unwrap_or_else(|error| panic!("{path}: {error}"));
        assert!(!plan.iter().any(|line| scans(line)), "{path}: {plan:#?}");
    }
}

#[tokio::test]
async fn usual_questions_are_answered_along_an_index() {
    let setup = Setup::default().start_filled(WORLD).await.stop().await;
    let data = data(&setup).await;
    let mut other = Vec::new();
    for (question, sorts) in [
        ("builders/1/builds?order=-number&limit=20", false),
        ("builders/linux/builds?order=-number&limit=20", false),
        ("builders/1/builds?order=-buildid&limit=20", true),
        ("builders/1/builds?results=2&order=-number&limit=20", false),
        ("builders/1/builds?complete=false&order=-number", false),
        ("builds?builderid=1&order=-number&limit=20", false),
        ("builds?builderid__in=1&builderid__in=2", true),
        ("builds?results=2&order=-buildid&limit=20", false),
        ("builds?complete=false", false),
        ("builds?complete=false&builderid=1&order=-number", false),
        ("builds?buildrequestid=1", false),
        ("builds?workerid=1&order=-buildid&limit=20", false),
        ("builds?buildid__gt=100&limit=20", false),
        ("buildrequests?complete=false", false),
        ("buildrequests?claimed=false", false),
        ("buildrequests?complete=false&builderid=1", false),
        ("buildrequests?buildsetid=1", false),
        ("buildsets?complete=false", false),
        ("buildsets?parent_buildid=1", false),
        ("changes?branch=main&order=-changeid&limit=20", false),
        ("changes?revision=r1", false),
        ("changes?changeid=1", false),
        ("builds/1/steps", false),
        ("builds/1/steps?order=-number", false),
        ("steps/1/logs", true),
        ("builds/1/property_list", false),
    ] {
        let plan = data.plan(question).await.unwrap_or_else(|error| panic!("{question}: {error}"));
        let scanned = plan.iter().any(|line| scans(line) && !line.contains(" USING INDEX "));
        let sorted = plan.iter().any(|line| line.contains("TEMP B-TREE FOR ORDER BY"));
        if scanned || sorted != sorts {
            other.push(format!("{question}: {plan:#?}"));
        }
    }
    assert!(other.is_empty(), "{}", other.join("\n"));
    // The first of all, or the last: from that end of the table.
    for question in [
        "builds?order=-buildid",
        "changes?order=-changeid",
        "buildrequests?order=-buildrequestid",
        "buildsets?order=-bsid",
    ] {
        let plan = data.plan(&format!("{question}&limit=20")).await.expect("a plan");
        assert!(!plan.iter().any(|line| line.contains("TEMP B-TREE FOR ORDER BY")), "{question}: {plan:#?}");
    }
}
