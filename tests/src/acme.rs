//! Acme's CI, which the examples of Buildbot's wire formats are about: title, address, builder 80, and its build #1,
//! which takes 9 seconds.

use crate::Setup;
use crate::TestHost;
use serde_json::Value;
use serde_json::json;

/// Of builder 80.
const BUILDER: i64 = 80;

/// The page of its first build.
pub const BUILD_URL: &str = "https://ci.example/#/builders/80/builds/1";

/// The page of the first request.
pub const REQUEST_URL: &str = "https://ci.example/#/buildrequests/1";

const SERVER: &str = "[server]\nlisten = \"127.0.0.1:0\"\nurl = \"https://ci.example/\"\ntitle = \"Acme CI\"\n";

/// A request and its build, so far as there is one.
#[derive(Clone, Debug)]
pub struct AcmeBuild {
    pub request: i64,
    pub build: Option<i64>,
}

impl Setup {
    /// A plugin that sends to a port of loopback, which stands for `{here}` in its settings.
    pub fn acme(self, plugin: &str, port: u16, settings: &str) -> Self {
        let settings = settings.replace("{here}", &format!("http://127.0.0.1:{port}"));
        let settings =
            format!("[[reporter]]\nname = \"{plugin}\"\nplugin = \"{plugin}\"\n[reporter.settings]\n{settings}\n");
        let setup = self.plugins(&[plugin]).secret("token", "tower-of-bells");
        setup.allow(format!("127.0.0.1:{port}")).toml(&settings)
    }

    /// Starts a host of Acme's, with the builder.
    pub async fn start_acme(self) -> TestHost {
        let setup = self.toml(SERVER);
        setup.start_filled(&format!("INSERT INTO builders (builderid, name) VALUES ({BUILDER}, 'Builder1')")).await
    }
}

/// The source that is built, in a repository of this URL.
pub fn acme_source(repository: &str, revision: Option<&str>) -> Value {
    json!({"branch": "main", "revision": revision, "repository": repository, "project": "proj", "codebase": ""})
}

impl TestHost {
    /// Somebody asks for a build of these sources, with these properties.
    pub async fn acme_request(&self, sources: &[Value], properties: Value) -> AcmeBuild {
        let set = json!({"waited_for": false, "builderids": [BUILDER], "reason": "because", "scheduler": "commits",
            "sourcestamps": sources, "properties": properties, "at": 9});
        let request = self.update("addBuildset", set).await["brids"][BUILDER.to_string()].clone();
        AcmeBuild { request: request.as_i64().expect("an id"), build: None }
    }

    /// It starts.
    pub async fn acme_start(&self, build: &mut AcmeBuild, properties: Value) {
        let add = json!({"builderid": BUILDER, "buildrequestid": build.request, "at": 10});
        let id = self.update("addBuild", add).await["buildid"].clone();
        self.update("setBuildProperties", json!({"buildid": id, "properties": properties})).await;
        self.update("generateNewBuildEvent", json!({"buildid": id})).await;
        build.build = id.as_i64();
    }

    /// It ends.
    pub async fn acme_end(&self, build: &AcmeBuild, results: i64) {
        let state = if results == 0 { "build successful" } else { "failed compile" };
        self.update("setBuildStateString", json!({"buildid": build.build, "state_string": state})).await;
        self.update("finishBuild", json!({"buildid": build.build, "results": results, "at": 19})).await;
        self.update("completeBuildRequests", json!({"brids": [build.request], "results": results, "complete_at": 19}))
            .await;
    }

    /// All of it, from the request to the end.
    pub async fn acme_build(&self, sources: &[Value], properties: Value, results: i64) -> AcmeBuild {
        let mut build = self.acme_request(sources, json!({})).await;
        self.settle().await;
        self.acme_start(&mut build, properties).await;
        self.settle().await;
        self.acme_end(&build, results).await;
        self.settle().await;
        build
    }
}
