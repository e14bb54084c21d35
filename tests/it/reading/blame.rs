//! Blame: which changes a build brought, and that it is quick to tell in a long history.

use super::endpoints::world;
use super::plans::data;
use campanile_tests::Setup;
use serde_json::Value;
use serde_json::json;

/// 100,000 changes of one line and a build of each on one builder, of which only the first was green; and 100 builds
/// between the last two of a second line.
const LONG_HISTORY: &str = "
    INSERT INTO builders (builderid, name) VALUES (1, 'linux');
    CREATE TEMP TABLE n (i INTEGER PRIMARY KEY);
    INSERT INTO n WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 100000) SELECT i FROM n;
    INSERT INTO lines VALUES (1, '[[\"r\",\"main\",\"\"]]'), (2, '[[\"r\",\"side\",\"\"]]');
    INSERT INTO sourcestamps SELECT i, iif(i IN (50000, 100000), 'side', 'main'), 'r' || i, 'r', 'p', '', NULL, i FROM n;
    INSERT INTO changes SELECT i, nullif(i - 1, 0), 'ada', NULL, '', '[]', i, 'main', 'r' || i, NULL, NULL, 'r', 'p', '', '{}', i FROM n;
    INSERT INTO buildsets SELECT i, NULL, '', NULL, i, i, 0, NULL, NULL FROM n;
    INSERT INTO buildset_sourcestamps SELECT i, i FROM n;
    INSERT INTO buildrequests SELECT i, i, 1, 0, i, 0, i, 1, i, 0 FROM n;
    INSERT INTO builds SELECT i, i, 1, i, NULL, 1, i, i, 0, '', iif(i IN (1, 50000), 0, 2), iif(i IN (50000, 100000), 2, 1) FROM n;
    DROP TABLE n";

#[tokio::test]
async fn a_build_is_blamed_on_what_came_since_the_last_green_one() {
    let host = world().await;
    let changes = async |path: &str| {
        let body = host.get(path).await;
        let ids: Vec<Value> =
            body["changes"].as_array().expect("a list").iter().map(|c| c["changeid"].clone()).collect();
        (ids, body["meta"]["total"].as_i64())
    };
    for (path, expected, total) in [
        ("builds/1/changes", vec![1], 1),
        ("builds/2/changes", vec![4, 2], 2),
        ("builders/1/builds/2/changes", vec![4, 2], 2),
        ("builds/2/changes?order=changeid", vec![2, 4], 2),
        ("builds/2/changes?limit=1", vec![4], 2),
        ("builds/2/changes?author=grace", vec![2], 1),
        // No green build of these stamps went before.
        ("builds/3/changes", vec![3], 1),
        ("builds/999/changes", vec![], 0),
    ] {
        let expected: Vec<Value> = expected.into_iter().map(|id| json!(id)).collect();
        assert_eq!(changes(path).await, (expected, Some(total)), "{path}");
    }
}

#[tokio::test]
async fn blame_stays_quick_in_a_long_history() {
    let setup = Setup::default().start_filled(LONG_HISTORY).await.stop().await;
    let data = data(&setup).await;
    // A walk through all builds or changes would be a hundred looks and more.
    for (path, most_looks) in [
        ("builds/2/changes", 1),
        ("builds/99999/changes?limit=5", 30),
        ("builds/100000/changes?limit=5", 30),
        ("builds/49999/changes?field=changeid", 30),
    ] {
        let looks = data.effort(path).unwrap_or_else(|error| panic!("{path}: {error}"));
        assert!(looks <= most_looks, "{path}: {looks} looks");
    }
    let found: Value =
        serde_json::from_str(&data.get("builds/99999/changes?limit=2&field=changeid").await.expect("text"))
            .expect("JSON");
    assert_eq!(found, json!({"changes": [{"changeid": 99999}, {"changeid": 99998}], "meta": {"total": 1000}}));
}
