//! Questions over HTTP: every endpoint, fields and pages and filters of a list, and how the host is.

mod blame;
mod endpoints;
mod plans;
mod queries;

use campanile_sinks::SmtpFault;
use campanile_sinks::SmtpOptions;
use campanile_sinks::SmtpSink;
use campanile_tests::Setup;
use serde_json::Value;
use serde_json::json;

#[tokio::test]
async fn fields_and_pages_of_steps_are_chosen() {
    let host = Setup::default().start().await;
    let build = host.finished_build("linux", 0).await.buildid;
    for name in ["compile", "pack"] {
        host.update("addStep", json!({"buildid": build, "name": name})).await;
    }
    let numbered = |numbers: &[i64]| numbers.iter().map(|number| json!({"number": number})).collect::<Vec<Value>>();
    for (query, expected) in [
        ("field=number", numbered(&[0, 1, 2])),
        ("field=number&limit=2", numbered(&[0, 1])),
        ("field=number&limit=2&offset=1", numbered(&[1, 2])),
        ("field=number&offset=2", numbered(&[2])),
        ("field=number&offset=3", numbered(&[])),
        ("field=number&limit=0", numbered(&[])),
        ("limit=1&field=name&field=number", vec![json!({"name": "test", "number": 0})]),
    ] {
        for path in [format!("builds/{build}/steps"), "builders/linux/builds/1/steps".to_owned()] {
            let answer = host.get(&format!("{path}?{query}")).await;
            assert_eq!(answer, json!({"steps": expected, "meta": {"total": 3}}), "{path}?{query}");
        }
    }
    let one = host.get(&format!("builds/{build}/steps/pack?field=number")).await;
    assert_eq!(one, json!({"steps": [{"number": 2}], "meta": {}}));
}

#[tokio::test]
async fn health_says_whether_everything_is_settled() {
    let sink = SmtpSink::start(SmtpOptions { mails_per_connection: Some(1), ..SmtpOptions::default() });
    let sink = sink.await.expect("a server");
    let mut host = Setup::default().mail("all", sink.port(), "").start().await;
    let settled = async || {
        let health = host.get("health").await;
        (health["settled"].clone(), health["owed"].clone())
    };
    assert_eq!(settled().await, (json!(true), json!(0)));
    host.finished_build("linux", 0).await;
    host.settle().await;
    assert_eq!(settled().await, (json!(true), json!(0)));
    sink.change(|options| options.fault = SmtpFault::StallAtConnect);
    host.finished_build("linux", 0).await;
    host.rendered().await;
    assert_eq!(settled().await, (json!(false), json!(1)));
    host.may_owe();
}
