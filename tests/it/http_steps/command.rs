//! `campanile step http`, as a script in a build calls it.

use super::host;
use super::log;
use super::sink;
use super::with_build;
use super::without_usual_headers;
use campanile_sinks::Answer;
use campanile_tests::Setup;
use campanile_tests::campanile_with;
use serde_json::json;

#[tokio::test]
async fn a_script_makes_a_request_as_a_step_of_its_build() {
    let sink = sink().await;
    let host = host(&sink).await;
    sink.answer(Answer::status(200).body("Deployed\n"));
    let url = format!("http://127.0.0.1:{}/deploy/%(prop:branch)s", sink.port());
    let environment = [("CAMPANILE_SERVER", host.url.as_str()), ("CAMPANILE_BUILD", "1"), ("DEPLOY", "s3cr3t-t0ken")];
    let arguments = [
        "step",
        "http",
        "PUT",
        &url,
        "--name",
        "deploy",
        "--json",
        r#"{"ref": "%(prop:branch)s"}"#,
        "--header",
        "X-Token: %(secret:env:DEPLOY)s",
        "--hide-request-headers",
        "x-token",
        "--param",
        "a= b c ",
        "--cookie",
        "s=%(secret:env:DEPLOY)s",
    ];
    let said = campanile_with(&environment, &arguments).await.succeeds();
    assert!(said.ends_with("\nDeployed\nStatus code: 200\n"), "{said}");
    assert!(!said.contains("s3cr3t"), "{said}");
    let sent = sink.received().remove(0);
    assert_eq!(
        (sent.method.as_str(), sent.target.as_str(), sent.text()),
        ("PUT", "/deploy/main?a=%20b%20c%20", r#"{"ref": "main"}"#.to_owned())
    );
    assert_eq!((sent.header("x-token"), sent.header("cookie")), (Some("s3cr3t-t0ken"), Some("s=s3cr3t-t0ken")));
    let log = without_usual_headers(&log(&host, 0, "log").await);
    assert!(
        log.starts_with(&format!("hPerforming PUT request to http://127.0.0.1:{}/deploy/main\n", sink.port())),
        "{log}"
    );
    assert!(
        log.contains("h\tX-Token: <HIDDEN>\n") && log.contains("h\tCookie: <HIDDEN>\n") && !log.contains("s3cr3t"),
        "{log}"
    );
    let step = host.get("steps/1").await["steps"][0].clone();
    assert_eq!((&step["name"], &step["results"], &step["complete"]), (&json!("deploy"), &json!(0), &json!(true)));
}

#[tokio::test]
async fn the_exit_code_says_how_it_went() {
    let sink = sink().await;
    let host = host(&sink).await;
    let url = format!("http://127.0.0.1:{}/", sink.port());
    let environment = [("CAMPANILE_SERVER", host.url.as_str()), ("CAMPANILE_BUILD", "1")];
    sink.answer(Answer::status(503));
    assert_eq!(campanile_with(&environment, &["step", "http", &url]).await.code, Some(1));
    let gone = "http://127.0.0.1:1/";
    assert_eq!(campanile_with(&environment, &["step", "http", "GET", gone]).await.code, Some(1));
    let unknown = format!("{url}?%(secret:env:CAMPANILE_TEST_NOT_SET)s");
    assert_eq!(campanile_with(&environment, &["step", "http", "GET", &unknown]).await.code, Some(2));
    let steps = host.get("builds/1/steps").await["steps"].clone();
    let results: Vec<_> = steps.as_array().expect("a list").iter().map(|step| step["results"].clone()).collect();
    assert_eq!(results, [2, 2, 4]);
    for (arguments, said) in [
        (vec!["step", "http", "PATCH", &url], "method: \"PATCH\" is not known"),
        (vec!["step", "http", &url, "--header", "zork"], "--header \"zork\": no `:`"),
        (vec!["step", "http", &url, "--build", "9"], "nothing is found at builds/9"),
        (vec!["step", "http", &url, "--json", "{"], "--json"),
    ] {
        let found = campanile_with(&environment, &arguments).await.fails();
        assert!(found.contains(said), "{found}, not {said}");
    }
    assert_eq!(sink.count(), 1, "a wrong call sends nothing");
}

#[tokio::test]
async fn a_step_whose_log_the_host_does_not_take_is_ended_without() {
    let sink = sink().await;
    let host = with_build(Setup::default().toml("[server]\nlisten = \"127.0.0.1:0\"\nmax_body_bytes = 2000\n")).await;
    sink.answer(Answer::status(200).body("a line\n".repeat(1000)));
    let url = format!("http://127.0.0.1:{}/", sink.port());
    let environment = [("CAMPANILE_SERVER", host.url.as_str()), ("CAMPANILE_BUILD", "1")];
    let said = campanile_with(&environment, &["step", "http", "GET", &url]).await;
    assert_eq!(said.code, Some(0), "{}", said.stderr);
    assert!(said.stderr.contains("the log of the step is left out, the host did not take it: "), "{}", said.stderr);
    let found = host.get("steps/1").await["steps"][0].clone();
    assert_eq!((&found["complete"], &found["results"]), (&json!(true), &json!(0)), "{found}");
    assert!(log(&host, 0, "log").await.contains("max_body_bytes"));
    let logs = host.get("steps/1/logs").await["logs"].clone();
    assert!(logs.as_array().is_some_and(|logs| logs.len() == 2 && logs.iter().all(|log| log["complete"] == true)));
}

#[tokio::test]
async fn where_no_request_goes_no_configuration_is_named() {
    let sink = sink().await;
    let host = host(&sink).await;
    let environment = [("CAMPANILE_SERVER", host.url.as_str()), ("CAMPANILE_BUILD", "1")];
    let said = campanile_with(&environment, &["step", "http", "GET", "http://169.254.169.254/"]).await;
    assert!(
        said.stdout.contains("and no request of a step goes there") && !said.stdout.contains("[network]"),
        "{}",
        said.stdout
    );
}
