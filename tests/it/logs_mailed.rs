//! A log that is larger than any mail, attached: its beginning and its end arrive, and the host's memory stays as it is.

use bytes::Bytes;
use campanile_sinks::SmtpOptions;
use campanile_sinks::SmtpSink;
use campanile_tests::ProcessHost;
use campanile_tests::SecondOpinion;
use campanile_tests::Setup;
use futures_util::stream;
use reqwest::Body;
use reqwest::Client;
use serde_json::json;

/// What the host may grow by while it sends, in KiB.
const MOST_KIB: u64 = 24 * 1024;

const MIB: usize = 1024 * 1024;
const BLOCKS: usize = 300;

/// About a MiB of lines that say where they stand.
fn block(number: usize) -> Bytes {
    let lines: String = (0..MIB / 64).map(|line| format!("o{number:>4} {line:>6} {}\n", "x".repeat(50))).collect();
    lines.into()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_huge_log_is_mailed_in_part_and_never_held() {
    let sink = SmtpSink::start(SmtpOptions::default()).await.expect("a server");
    let setup = Setup::default().mail("all", sink.port(), "addLogs = true");
    let host = ProcessHost::start(&setup).await;
    let builder = host.post("updates/findBuilderId", &json!({"name": "linux"})).await["result"].clone();
    let set = host.post("updates/addBuildset", &json!({"waited_for": false, "builderids": [builder]})).await;
    let request = set["result"]["brids"][builder.to_string()].clone();
    host.post("updates/addBuild", &json!({"builderid": builder, "buildrequestid": request})).await;
    host.post("updates/addStep", &json!({"buildid": 1, "name": "make"})).await;
    host.post("updates/addLog", &json!({"stepid": 1, "name": "stdio", "type": "s"})).await;
    let body = stream::iter((0..BLOCKS).map(|number| Ok::<_, std::io::Error>(block(number))));
    let client = Client::builder().no_proxy().build().expect("a client");
    let append = client.post(format!("{}/api/v2/logs/1/append?first_line=0", host.url));
    let append = append.header("content-type", "application/octet-stream").body(Body::wrap_stream(body));
    assert!(append.send().await.expect("an answer").status().is_success());
    // Whatever taking it in needed counts no more.
    std::fs::write(format!("/proc/{}/clear_refs", host.id()), "5").expect("Linux");
    let before = host.status_kib("VmRSS");
    host.post("updates/finishBuild", &json!({"buildid": 1, "results": 2})).await;
    let mails = sink.wait_for(1).await;
    let grown = host.status_kib("VmHWM").saturating_sub(before);
    println!("+{grown} KiB for a mail of {} bytes; {before} KiB before", mails[0].data.len());
    assert!(grown < MOST_KIB, "it grew by {grown} KiB");
    let opinion = &SecondOpinion::of(&mails)[0];
    let (name, _, log) = &opinion.attachments[0];
    assert!(name == "make.stdio" && (9 * MIB..=10 * MIB).contains(&log.len()), "{name}: {} bytes", log.len());
    assert!(log.starts_with("(This log has 2"), "{}", &log[..200]);
    assert!(log.contains("MiB are left out.)\n"), "it says where it is cut");
    let line = |number: usize, line: usize| format!("{number:>4} {line:>6} {}\n", "x".repeat(50));
    assert!(log.contains(&line(0, 0)) && log.ends_with(&line(BLOCKS - 1, MIB / 64 - 1)), "beginning and end");
    assert_eq!(host.terminate().await, Some(0));
}
