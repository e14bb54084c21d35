//! The mix of update calls: the text of a step, a new step, the text of a build, lines of a log, in turns.

use crate::clients::Client;
use crate::clients::Script;
use crate::clients::here;
use campanile::data::updates::Call;
use campanile::data::updates::apply_batch;
use campanile::model::Timestamp;
use campanile::store::Store;
use campanile::store::StoreError;
use serde_json::Value;
use serde_json::json;
use std::fmt::Write;
use std::net::SocketAddr;

/// Calls in a batch.
pub(crate) const BATCH: usize = 100;

/// A running build that is told about, by one client alone.
#[derive(Clone, Copy)]
pub(crate) struct Subject {
    pub(crate) build: i64,
    pub(crate) step: i64,
    pub(crate) log: i64,
}

/// The calls that make one.
fn making(builder: i64) -> Value {
    json!([
        {"method": "addBuildset", "params": {"waited_for": false, "builderids": [builder], "reason": "a bench", "scheduler": "benches",
            "sourcestamps": [{"branch": "main", "revision": "abc123", "repository": "https://example.org/r.git",
                "project": "belfry", "codebase": ""}]}},
        {"method": "addBuild", "params": {"builderid": builder, "buildrequestid": {"$result": [0, "brids", builder]}}},
        {"method": "addStep", "params": {"buildid": {"$result": [1, "buildid"]}, "name": "compile"}},
        {"method": "addLog", "params": {"stepid": {"$result": [2, "stepid"]}, "name": "stdio", "type": "s"}},
    ])
}

fn made(results: &Value) -> Subject {
    let id = |value: &Value| value.as_i64().expect("an id");
    Subject { build: id(&results[1]["buildid"]), step: id(&results[2]["stepid"]), log: id(&results[3]) }
}

/// Makes so many over HTTP.
pub(crate) fn subjects(address: SocketAddr, count: usize) -> Vec<Subject> {
    here(async {
        let mut client = Client::connect(address).await;
        let builder = builder(&mut client).await;
        let mut subjects = Vec::new();
        for _ in 0..count {
            let answer: Value =
                serde_json::from_slice(client.post("updates", &making(builder).to_string()).await).expect("JSON");
            subjects.push(made(&answer["results"]));
        }
        subjects
    })
}

/// The builder that all are on.
pub(crate) async fn builder(client: &mut Client) -> i64 {
    let answer = client.post("updates/findBuilderId", r#"{"name": "linux"}"#).await;
    serde_json::from_slice::<Value>(answer).expect("JSON")["result"].as_i64().expect("an id")
}

/// Makes so many in a store that nobody serves.
pub(crate) async fn subjects_in(store: &Store, count: usize) -> Vec<Subject> {
    let mut subjects = Vec::new();
    for _ in 0..count {
        let results = store.write(move |tx| {
            if !tx.has_master(campanile::data::updates::MASTER)? {
                tx.put_master(campanile::data::updates::MASTER, "master", Timestamp(0))?;
            }
            let named = Call::parse("findBuilderId".to_owned(), r#"{"name": "linux"}"#, None).expect("a call");
            let builder =
                apply_batch(vec![named], tx, Timestamp(0)).expect("it is applied")[0].as_i64().expect("an id");
            let making = making(builder);
            let calls = making.as_array().expect("a list").iter().map(|call| {
                let method = call["method"].as_str().expect("a name").to_owned();
                Call::parse(method, &call["params"].to_string(), None).expect("a call")
            });
            Ok::<_, StoreError>(apply_batch(calls.collect(), tx, Timestamp(0)).expect("they are applied"))
        });
        subjects.push(made(&Value::Array(results.await.expect("the store writes"))));
    }
    subjects
}

impl Subject {
    /// Writes the parameters of the call with this number, and names its method.
    pub(crate) fn call(self, number: usize, to: &mut String) -> &'static str {
        let Self { build, step, log } = self;
        let (method, written) = match number % 4 {
            0 => {
                ("setStepStateString", write!(to, r#"{{"stepid":{step},"state_string":"compiling {number} of 9999"}}"#))
            }
            1 => ("addStep", write!(to, r#"{{"buildid":{build},"name":"step-{number}"}}"#)),
            2 => ("setBuildStateString", write!(to, r#"{{"buildid":{build},"state_string":"running step {number}"}}"#)),
            _ => (
                "appendLog",
                write!(
                    to,
                    r#"{{"logid":{log},"content":"oCC src/part-{number}.c -O2 -g -Wall\noLD build/part-{number}\n"}}"#
                ),
            ),
        };
        written.expect("a string grows");
        method
    }

    /// One call a request.
    pub(crate) fn single(self) -> Script {
        let mut number = 0;
        Box::new(move |body| {
            number += 1;
            match self.call(number, body) {
                "setStepStateString" => "updates/setStepStateString",
                "addStep" => "updates/addStep",
                "setBuildStateString" => "updates/setBuildStateString",
                _ => "updates/appendLog",
            }
        })
    }

    /// [`BATCH`] calls a request.
    pub(crate) fn batch(self) -> Script {
        let (mut number, mut params) = (0, String::new());
        Box::new(move |body| {
            body.push('[');
            for place in 0..BATCH {
                number += 1;
                params.clear();
                let method = self.call(number, &mut params);
                let comma = if place == 0 { "" } else { "," };
                write!(body, r#"{comma}{{"method":"{method}","params":{params}}}"#).expect("a string grows");
            }
            body.push(']');
            "updates"
        })
    }
}
