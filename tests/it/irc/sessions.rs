//! Sessions with the bot, the plugin `irc`, on Debian's ngircd: people talk by a client that is not ours, and a CI works.

mod busy;
mod documented;
mod lasting;
mod logins;
mod styles;
mod wrong;

use campanile_tests::Person;
use campanile_tests::Setup;
use campanile_tests::TestHost;
use campanile_tests::ngircd::IrcOptions;
use campanile_tests::ngircd::RealIrc;
use serde_json::Value;
use serde_json::json;

/// Where they meet.
const CHANNEL: &str = "#builds";

async fn server() -> RealIrc {
    RealIrc::start(IrcOptions::default()).await.expect("a server")
}

/// A host with the bot `bb` in the channel, without colours and haste, with these settings besides.
fn with_bot(port: u16, settings: &str) -> Setup {
    bot(Setup::default(), port, ("bb", settings))
}

/// The same with a bot of this name.
fn bot(setup: Setup, port: u16, (nick, settings): (&str, &str)) -> Setup {
    let common = format!("host = \"127.0.0.1\"\nport = {port}\nnick = \"{nick}\"\nchannels = [\"{CHANNEL}\"]");
    let settings = format!("{common}\nuseColors = false\nfloodSeconds = 0\n{settings}\n");
    setup.plugins(&["irc"]).allow(format!("127.0.0.1:{port}")).reporter(nick, "irc", &settings)
}

/// Ann is the channel's operator, for she was there first; the bot comes after her.
async fn meet(server: &RealIrc, setup: &Setup) -> (Person, TestHost) {
    let mut ann = Person::join(server.port, "ann", &[CHANNEL]).await;
    let host = setup.start().await;
    ann.until(&format!("JOIN {CHANNEL}")).await;
    (ann, host)
}

/// Asks something in the channel, and returns the first line of the answer.
async fn asks(person: &mut Person, text: &str) -> String {
    person.say(CHANNEL, &format!("bb: {text}"));
    person.hears("bb").await.text
}

/// A builder, with a worker that is connected where it is told to be.
async fn builder(host: &TestHost, name: &str, worker: Option<&str>) -> i64 {
    let id = host.builder(name).await;
    if let Some(worker) = worker {
        host.update("masterActive", json!({"masterid": 1, "name": "master"})).await;
        let worker = host.update("findWorkerId", json!({"name": worker})).await;
        host.update("workerConfigured", json!({"workerid": worker, "masterid": 1, "builderids": [id]})).await;
        host.update("workerConnected", json!({"workerid": worker, "masterid": 1, "workerinfo": {}})).await;
    }
    id
}

/// A build starts: what somebody asked for, or what comes by itself. Returns its id.
async fn starts(host: &TestHost, name: &str) -> i64 {
    let id = host.builder(name).await;
    let waiting = host.get(&format!("builders/{id}/buildrequests?claimed=false&complete=false&limit=1")).await;
    let request = match &waiting["buildrequests"][0]["buildrequestid"] {
        Value::Null => {
            let set = json!({"waited_for": false, "builderids": [id], "reason": "a test", "scheduler": "tests",
                "sourcestamps": [{"branch": "main"}]});
            host.update("addBuildset", set).await["brids"][id.to_string()].clone()
        }
        found => found.clone(),
    };
    host.update("claimBuildRequests", json!({"brids": [request]})).await;
    let build = host.update("addBuild", json!({"builderid": id, "buildrequestid": request})).await["buildid"].clone();
    host.update("setBuildStateString", json!({"buildid": build, "state_string": "starting"})).await;
    host.update("generateNewBuildEvent", json!({"buildid": build})).await;
    build.as_i64().expect("an id")
}

/// The build that runs on the builder ends.
async fn ends(host: &TestHost, name: &str, (results, state): (i64, &str)) {
    let id = host.builder(name).await;
    let running = host.get(&format!("builders/{id}/builds?complete=false&limit=1")).await;
    let (build, request) = (&running["builds"][0]["buildid"], &running["builds"][0]["buildrequestid"]);
    host.update("setBuildStateString", json!({"buildid": build, "state_string": state})).await;
    host.update("finishBuild", json!({"buildid": build, "results": results})).await;
    host.update("completeBuildRequests", json!({"brids": [request], "results": results})).await;
}
