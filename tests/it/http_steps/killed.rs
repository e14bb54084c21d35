//! Steps under way when whoever performs them is killed.

use super::build;
use super::host;
use super::log;
use super::once::held;
use super::once::keyed;
use super::reaching;
use super::sink;
use campanile_sinks::Answer;
use campanile_sinks::HttpFault;
use campanile_tests::ProcessHost;
use campanile_tests::Program;
use serde_json::json;
use std::path::Path;
use tokio::io::AsyncReadExt;
use tokio::net::TcpListener;

#[tokio::test]
async fn a_host_that_was_killed_ends_its_steps_when_it_is_back() {
    let sink = sink().await;
    let setup = reaching(&sink);
    let killed = ProcessHost::start(&setup).await;
    killed.post("updates", &build()).await;
    // Somebody else's step, which is that one's to end.
    let other = json!([
        {"method": "addStep", "params": {"buildid": 1, "name": "compile"}},
        {"method": "startStep", "params": {"stepid": 1}},
    ]);
    killed.post("updates", &other).await;
    let (arguments, asking) = held(&sink, &killed.url).await;
    killed.kill().await;
    assert!(asking.await.is_err_and(|error| error.is_panic()), "nobody answers");
    let host = setup.start().await;
    let found = host.get("steps/2").await["steps"][0].clone();
    assert_eq!((&found["complete"], &found["results"]), (&json!(true), &json!(4)), "{found}");
    assert_eq!(found["state_string"], "Requested (exception)");
    assert_eq!(
        log(&host, 1, "log").await,
        "eAn exception occurred while performing the request: the host ended during the request, which may have been \
         made or not\n"
    );
    assert_eq!(host.get("steps/2/logs").await["logs"][0]["complete"], true);
    assert_eq!(host.get("steps/1").await["steps"][0]["complete"], false);
    let (status, replayed, answer) = keyed(&host.url, "deploy", &arguments).await;
    let expected = json!({"result": {"stepid": 2, "number": 1, "name": "HTTPStep", "results": 4,
        "state_string": "Requested (exception)", "status": null}});
    assert_eq!((status, replayed, answer), (200, true, expected));
    assert_eq!(sink.count(), 1, "the request is not made again");
}

#[tokio::test]
async fn a_command_that_is_ended_ends_its_step() {
    let sink = sink().await;
    let host = host(&sink).await;
    let environment = [("CAMPANILE_SERVER", host.url.as_str()), ("CAMPANILE_BUILD", "1")];
    let url = format!("http://127.0.0.1:{}/", sink.port());
    for (number, signal, code) in [(0, "TERM", 143), (1, "INT", 130)] {
        sink.answer(Answer::status(200).fault(HttpFault::Stall));
        let program = Program::start(Path::new("."), &environment, &["step", "http", &url]);
        sink.until(number + 1).await;
        program.signal(signal).await;
        let ended = program.ends().await;
        assert_eq!(ended.code, Some(code), "{}", ended.stderr);
        let step = host.get(&format!("builds/1/steps/{number}")).await["steps"][0].clone();
        assert_eq!((&step["complete"], &step["results"]), (&json!(true), &json!(6)), "{step}");
        assert_eq!(step["state_string"], "Requested (cancelled)");
        let said = log(&host, i64::try_from(number).expect("small"), "log").await;
        let expected =
            format!("eAn exception occurred while performing the request: SIG{signal} came before the answer\n");
        assert!(said.ends_with(&expected), "{said}");
    }
}

#[tokio::test]
async fn a_command_that_waits_for_the_build_is_ended_by_a_signal() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let environment = [("CAMPANILE_SERVER", url.as_str()), ("CAMPANILE_BUILD", "1")];
    let program = Program::start(Path::new("."), &environment, &["step", "http", "http://127.0.0.1:9/"]);
    let (mut caller, _) = listener.accept().await.expect("a caller");
    caller.read_u8().await.expect("it asks");
    program.signal("TERM").await;
    assert_eq!(program.ends().await.code, Some(143));
}
