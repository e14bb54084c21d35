//! Short stories of CI: a build from its request to its end, told by update calls.

use crate::TestHost;
use serde_json::Value;
use serde_json::json;

/// A build that ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Finished {
    pub builderid: i64,
    pub buildid: i64,
    pub number: i64,
    pub bsid: i64,
}

/// Buildbot's codes.
const SUCCESS: i64 = 0;

impl TestHost {
    /// A builder of that name.
    pub async fn builder(&self, name: &str) -> i64 {
        self.update("findBuilderId", json!({"name": name})).await.as_i64().expect("an id")
    }

    /// A build on the builder, with a step, that ends with this result code: one batch, one transaction.
    pub async fn finished_build(&self, builder: &str, results: i64) -> Finished {
        let builderid = self.builder(builder).await;
        let (status, body) = self.post("updates", &finished_build(builderid, results)).await;
        assert!(status.is_success(), "{body}");
        let id = |index: usize, name: &str| body["results"][index][name].as_i64().expect("an id");
        Finished { builderid, buildid: id(1, "buildid"), number: id(1, "number"), bsid: id(0, "bsid") }
    }
}

/// The calls of such a build; the buildset is the first, the build the second.
pub fn finished_build(builderid: i64, results: i64) -> Value {
    let state = if results == SUCCESS { "build successful" } else { "failed test" };
    let build = json!({"$result": [1, "buildid"]});
    let step = json!({"$result": [5, "stepid"]});
    let request = json!({"$result": [0, "brids", builderid]});
    json!([
        {"method": "addBuildset", "params": {"waited_for": false, "builderids": [builderid], "reason": "a test", "scheduler": "tests",
            "sourcestamps": [{"branch": "main", "revision": "abc123", "repository": "https://example.org/r.git",
                "project": "belfry", "codebase": ""}]}},
        {"method": "addBuild", "params": {"builderid": builderid, "buildrequestid": request}},
        {"method": "setBuildProperties", "params": {"buildid": build, "properties": {
            "branch": ["main", "Build"], "got_revision": ["abc123", "Git"], "reason": ["a test", "tests"],
            "scheduler": ["tests", "Scheduler"], "workername": ["worker-1", "Worker"]}}},
        {"method": "setBuildStateString", "params": {"buildid": build, "state_string": "starting"}},
        {"method": "generateNewBuildEvent", "params": {"buildid": build}},
        {"method": "addStep", "params": {"buildid": build, "name": "test"}},
        {"method": "startStep", "params": {"stepid": step}},
        {"method": "addLog", "params": {"stepid": step, "name": "stdio", "type": "s"}},
        {"method": "appendLog", "params": {"logid": {"$result": 7}, "content": "hmake test\nook\n"}},
        {"method": "finishLog", "params": {"logid": {"$result": 7}}},
        {"method": "finishStep", "params": {"stepid": step, "results": results, "hidden": false}},
        {"method": "setBuildStateString", "params": {"buildid": build, "state_string": state}},
        {"method": "finishBuild", "params": {"buildid": build, "results": results}},
        {"method": "completeBuildRequests", "params": {"brids": [request], "results": results}},
    ])
}
