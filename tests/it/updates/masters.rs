//! Masters, and what they run: schedulers, change sources, builders and projects.

use super::Log;
use super::rows;
use campanile_tests::Setup;
use campanile_tests::TestHost;
use serde_json::Value;
use serde_json::json;

const MASTERS: &str = "SELECT masterid, name, active, last_active FROM masters ORDER BY masterid";

/// A moment long ago, and another so many seconds later.
fn at(seconds: i64) -> i64 {
    1_700_000_000 + seconds
}

async fn active(host: &TestHost, name: &str, id: i64, at: i64) {
    assert_eq!(host.update("masterActive", json!({"name": name, "masterid": id, "at": at})).await, Value::Null);
}

#[tokio::test]
async fn a_master_is_told_when_it_comes_and_goes() {
    let host = Setup::default().start().await;
    assert_eq!(rows(&host, MASTERS), ["1 master 0 0"], "nobody said that this one is active");
    let mut log = Log::of(&host);
    active(&host, "ci", 1, at(0)).await;
    active(&host, "ci", 1, at(60)).await;
    let told = log.news();
    assert_eq!(told.len(), 1, "to be active still is no news");
    assert_eq!(
        (&*told[0].topics, &told[0].body),
        (["masters/1/started".to_owned()].as_slice(), &json!({"masterid": 1, "name": "ci", "active": true}),)
    );
    assert_eq!(rows(&host, MASTERS), [format!("1 ci 1 {}", at(60))]);
    for _ in 0..2 {
        host.update("masterStopped", json!({"name": "ci", "masterid": 1})).await;
    }
    let told = log.news();
    assert_eq!(told.len(), 1, "it stops once");
    assert_eq!(told[0].topics, ["masters/1/stopped"]);
    assert_eq!(told[0].body, json!({"masterid": 1, "name": "ci", "active": false}));
    active(&host, "ci", 1, at(120)).await;
    assert_eq!(log.topics(), ["masters/1/started"]);
    let (status, body) = host.try_update("masterStopped", json!({"name": "other", "masterid": 1})).await;
    let said = "invalid parameter name: \"other\" is not master 1, that is \"ci\"";
    assert_eq!((status.as_u16(), body), (400, json!({"error": said})));
}

#[tokio::test]
async fn a_master_is_found_by_its_name_or_made() {
    let host = Setup::default().start().await;
    let find = async |name: &str| host.update("findMasterId", json!({"name": name})).await;
    assert_eq!((find("master").await, find("engine").await, find("engine").await), (json!(1), json!(2), json!(2)));
    assert_eq!(rows(&host, MASTERS), ["1 master 0 0", "2 engine 0 0"]);
    active(&host, "engine", 2, at(0)).await;
    assert_eq!(find("engine").await, json!(2));
}

/// A build on master 2 with an open step and log, a worker, a scheduler, a change source, a form.
async fn busy(host: &TestHost) {
    active(host, "second", 2, at(0)).await;
    let calls = json!([
        {"method": "findBuilderId", "params": {"name": "linux"}},
        {"method": "updateBuilderList", "params": {"masterid": 2, "builderNames": ["linux"]}},
        {"method": "findWorkerId", "params": {"name": "w"}},
        {"method": "workerConfigured", "params": {"workerid": 1, "masterid": 2, "builderids": [1]}},
        {"method": "workerConnected", "params": {"workerid": 1, "masterid": 2, "workerinfo": {}}},
        {"method": "findSchedulerId", "params": {"name": "nightly"}},
        {"method": "trySetSchedulerMaster", "params": {"schedulerid": 1, "masterid": 2}},
        {"method": "findChangeSourceId", "params": {"name": "poller"}},
        {"method": "trySetChangeSourceMaster", "params": {"changesourceid": 1, "masterid": 2}},
        {"method": "updateForceSchedulers", "params": {"masterid": 2,
            "forceschedulers": [{"name": "force", "builder_names": ["linux"]}]}},
        {"method": "addBuildset", "params": {"waited_for": false, "builderids": [1]}},
        {"method": "claimBuildRequests", "params": {"brids": [1], "masterid": 2}},
        {"method": "addBuild", "params": {"builderid": 1, "buildrequestid": 1, "masterid": 2}},
        {"method": "addStep", "params": {"buildid": 1, "name": "done"}},
        {"method": "finishStep", "params": {"stepid": 1, "results": 0, "hidden": false}},
        {"method": "addStep", "params": {"buildid": 1, "name": "compile"}},
        {"method": "addLog", "params": {"stepid": 2, "name": "stdio", "type": "s"}},
        {"method": "addLog", "params": {"stepid": 2, "name": "warnings", "type": "t"}},
        {"method": "finishLog", "params": {"logid": 1}},
    ]);
    let (status, body) = host.post("updates", &calls).await;
    assert!(status.is_success(), "{body}");
}

const CLEARED: [&str; 7] = [
    "logs/2/finished",
    "steps/2/logs/warnings/finished",
    "builds/1/steps/2/finished",
    "steps/2/finished",
    "builders/1/builds/1/finished",
    "builds/1/finished",
    "masters/2/stopped",
];

fn nothing_is_left(host: &TestHost) {
    let held = "SELECT (SELECT count(*) FROM builder_masters), (SELECT count(*) FROM configured_workers),
        (SELECT count(*) FROM connected_workers), (SELECT count(*) FROM forceschedulers),
        (SELECT count(masterid) FROM schedulers), (SELECT count(masterid) FROM changesources),
        (SELECT count(claimed_by_masterid) FROM buildrequests)";
    assert_eq!(rows(host, held), ["0 0 0 0 0 0 0"]);
    let ends = "SELECT (SELECT group_concat(results) FROM steps), (SELECT results FROM builds), complete_at
        FROM buildrequests";
    assert_eq!(rows(host, ends), ["0,5 5 null"], "what was open is tried again, and the request with it");
}

#[tokio::test]
async fn what_ran_on_a_master_that_stops_is_tried_again() {
    let host = Setup::default().start().await;
    busy(&host).await;
    let mut log = Log::of(&host);
    host.update("masterStopped", json!({"name": "second", "masterid": 2})).await;
    assert_eq!(log.topics(), CLEARED);
    nothing_is_left(&host);
}

#[tokio::test]
async fn a_master_that_is_silent_for_ten_minutes_is_gone() {
    let host = Setup::default().start().await;
    busy(&host).await;
    let expire = async |force: bool, at: i64| host.update("expireMasters", json!({"force": force, "at": at})).await;
    let mut log = Log::of(&host);
    expire(false, at(600)).await;
    assert!(log.topics().is_empty(), "ten minutes are not more than ten minutes");
    assert_eq!(expire(false, at(601)).await, Value::Null);
    assert_eq!(log.topics(), CLEARED);
    nothing_is_left(&host);
    // A build that was told of too late.
    host.update("addBuild", json!({"builderid": 1, "buildrequestid": 1, "masterid": 2})).await;
    host.update("addBuild", json!({"builderid": 1, "buildrequestid": 1})).await;
    expire(false, at(700)).await;
    assert!(log.topics().is_empty(), "it is gone already");
    expire(true, at(700)).await;
    assert_eq!(log.topics(), ["builders/1/builds/2/finished", "builds/2/finished"]);
    assert_eq!(rows(&host, "SELECT buildid FROM builds WHERE complete_at IS NULL"), ["3"], "nobody spoke for master 1");
}

#[tokio::test]
async fn schedulers_and_change_sources_have_one_master() {
    let host = Setup::default().start().await;
    active(&host, "second", 2, at(0)).await;
    for (find, id, take) in [
        ("findSchedulerId", "schedulerid", "trySetSchedulerMaster"),
        ("findChangeSourceId", "changesourceid", "trySetChangeSourceMaster"),
    ] {
        let mut log = Log::of(&host);
        assert_eq!(host.update(find, json!({"name": "nightly"})).await, 1);
        assert_eq!(host.update(find, json!({"name": "tests"})).await, 2);
        assert_eq!(host.update(find, json!({"name": "nightly"})).await, 1, "it is found again");
        let take = async |master: Value| host.update(take, json!({id: 1, "masterid": master})).await;
        assert_eq!(take(json!(1)).await, true);
        assert_eq!(take(json!(1)).await, true, "it is its own already");
        assert_eq!(take(json!(2)).await, false, "it is another's");
        assert_eq!(take(Value::Null).await, true);
        assert_eq!(take(json!(2)).await, true);
        assert!(log.topics().is_empty(), "nobody is told");
    }
}

#[tokio::test]
async fn a_scheduler_is_switched_on_and_off() {
    let host = Setup::default().start().await;
    host.update("findSchedulerId", json!({"name": "nightly"})).await;
    host.update("trySetSchedulerMaster", json!({"schedulerid": 1, "masterid": 1})).await;
    let mut log = Log::of(&host);
    host.update("schedulerEnable", json!({"schedulerid": 1, "v": false})).await;
    host.update("schedulerEnable", json!({"schedulerid": 1, "enabled": true})).await;
    let told = log.news();
    let master = json!({"masterid": 1, "name": "master", "active": false, "last_active": 0});
    let body = |on: bool| json!({"schedulerid": 1, "name": "nightly", "enabled": on, "master": master});
    assert_eq!(told[0].topics, ["schedulers/1/updated"]);
    assert_eq!([&told[0].body, &told[1].body], [&body(false), &body(true)]);
    assert_eq!(host.get("schedulers/1").await["schedulers"][0], told[1].body);
}

#[tokio::test]
async fn projects_are_found_and_described() {
    let host = Setup::default().start().await;
    let mut log = Log::of(&host);
    let find = async |params: Value| host.update("find_project_id", params).await;
    assert_eq!(find(json!({"name": "Belfry 2", "auto_create": false})).await, Value::Null);
    assert_eq!(find(json!({"name": "Belfry 2"})).await, 1);
    assert_eq!(find(json!({"name": "Belfry 2", "auto_create": false})).await, 1);
    assert_eq!(find(json!({"name": "Belfry_2"})).await, 2);
    assert_eq!(rows(&host, "SELECT name, slug FROM projects"), ["Belfry 2 Belfry_2", "Belfry_2 Belfry_2_2"]);
    assert!(log.topics().is_empty());
    let info = |slug: &str| json!({"projectid": 1, "slug": slug, "description": "bells", "description_format": null, "description_html": null});
    assert_eq!(host.update("update_project_info", info("belfry")).await, Value::Null);
    let told = log.news();
    assert_eq!(told[0].topics, ["projects/1/update"]);
    let body = json!({"projectid": 1, "name": "Belfry 2", "slug": "belfry", "active": null, "description": "bells",
        "description_format": null, "description_html": null});
    assert_eq!(told[0].body, body);
    assert_eq!(host.get("projects/1").await["projects"][0], body);
    for (slug, why) in [("Belfry_2_2", "is the slug of project 2"), ("a b", "no identifier")] {
        let (status, body) = host.try_update("update_project_info", info(slug)).await;
        let said = body["error"].as_str().expect("an error");
        assert!(status == 400 && said.contains(why), "{said}");
    }
}

#[tokio::test]
async fn builders_are_described_and_come_and_go_with_a_master() {
    let host = Setup::default().start().await;
    host.update("find_project_id", json!({"name": "belfry"})).await;
    let mut log = Log::of(&host);
    assert_eq!(host.update("findBuilderId", json!({"name": "linux"})).await, 1);
    let list =
        async |names: Value| host.update("updateBuilderList", json!({"masterid": 1, "builderNames": names})).await;
    list(json!(["linux", "mac"])).await;
    list(json!(["mac", "mac", "windows"])).await;
    let told: Vec<_> = log.news().into_iter().map(|told| (told.topics.join(" "), told.body)).collect();
    let short = |id: i64, name: &str| json!({"builderid": id, "masterid": 1, "name": name});
    let expected = [
        ("builders/1/started", short(1, "linux")),
        ("builders/2/started", short(2, "mac")),
        ("builders/1/stopped", short(1, "linux")),
        ("builders/3/started", short(3, "windows")),
    ];
    assert_eq!(told, expected.map(|(topic, body)| (topic.to_owned(), body)));
    let info = json!({"builderid": 2, "description": "d", "description_format": null, "description_html": null,
        "projectid": 1, "tags": ["slow"]});
    assert_eq!(host.update("updateBuilderInfo", info).await, Value::Null);
    let told = log.news();
    assert_eq!(told[0].topics, ["builders/2/update"]);
    let builder = host.get("builders/2").await["builders"][0].clone();
    assert_eq!(told[0].body, builder);
    assert_eq!((&builder["projectid"], &builder["masterids"]), (&json!(1), &json!([1])));
}

#[tokio::test]
async fn workers_are_found_configured_connected_paused_and_missed() {
    let host = Setup::default().start().await;
    host.builder("linux").await;
    let mut log = Log::of(&host);
    assert_eq!(host.update("findWorkerId", json!({"name": "w-1"})).await, 1);
    for (method, params, what) in [
        ("workerConfigured", json!({"workerid": 1, "masterid": 1, "builderids": [1]}), ""),
        ("workerConnected", json!({"workerid": 1, "masterid": 1, "workerinfo": {"admin": "ada"}}), "connected"),
        ("set_worker_paused", json!({"workerid": 1, "paused": true, "pause_reason": "disk"}), "state_updated"),
        ("set_worker_graceful", json!({"workerid": 1, "graceful": true}), "state_updated"),
        ("set_worker_paused", json!({"workerid": 1, "paused": false}), "state_updated"),
        ("workerDisconnected", json!({"workerid": 1, "masterid": 1}), "disconnected"),
        ("deconfigureAllWorkersForMaster", json!({"masterid": 1}), ""),
    ] {
        assert_eq!(host.update(method, params).await, Value::Null, "{method}");
        let told = log.news();
        let expected: Vec<String> = if what.is_empty() { vec![] } else { vec![format!("workers/1/{what}")] };
        assert_eq!(told.iter().flat_map(|told| told.topics.clone()).collect::<Vec<_>>(), expected, "{method}");
        let worker = host.get("workers/1").await["workers"][0].clone();
        assert!(told.iter().all(|told| told.body == worker), "{method}: {worker}");
    }
    let before = rows(&host, "SELECT * FROM workers");
    host.update("workerMissing", json!({"workerid": 1, "masterid": 1, "last_connection": 7, "notify": ["a@b.c"]}))
        .await;
    let told = log.news();
    assert_eq!(told[0].topics, ["workers/1/missing"]);
    assert_eq!((&told[0].body["last_connection"], &told[0].body["notify"]), (&json!(7), &json!(["a@b.c"])));
    assert_eq!(rows(&host, "SELECT * FROM workers"), before, "nothing is stored");
}
