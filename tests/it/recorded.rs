//! A recorded day of a real Buildbot, played into the host.

use campanile_sinks::SmtpOptions;
use campanile_sinks::SmtpSink;
use campanile_tests::SecondOpinion;
use campanile_tests::Setup;
use campanile_tests::play;

#[tokio::test]
async fn a_real_run_goes_in_and_its_mails_come_out() {
    let sink = SmtpSink::start(SmtpOptions::default()).await.expect("a server");
    let mode = "mode = [\"passing\", \"failing\", \"warnings\", \"exception\", \"cancelled\"]";
    let host = Setup::default().mail("everyone", sink.port(), mode).start().await;
    let saved = play(&host, "belfry.jsonl").await;
    host.settle().await;
    let builds = saved.keys().filter(|name| is_build(name)).count();
    assert!(builds >= 6, "{builds} builds were recorded");
    assert_eq!(sink.count(), builds, "a mail for each build");
    let opinions = SecondOpinion::of(&sink.received());
    for opinion in &opinions {
        let (subject, root) = (opinion.header("subject"), opinion.header("references"));
        assert!(subject.contains(" Buildbot (Example CI): "), "{subject}");
        assert!(root == opinion.header("in-reply-to") && root.ends_with("@example.org>"), "{root}");
        assert_eq!(opinion.header("list-id"), "<everyone.campanile.example.org>");
        assert!(opinion.kind == "text/html" && opinion.body.contains("has been detected on builder"), "{opinion:?}");
    }
    let deliveries = host.deliveries().await;
    assert!(deliveries.iter().all(|delivery| delivery["state"] == "delivered"));
    for (name, build) in saved.iter().filter(|(name, _)| is_build(name)) {
        let shown = host.get(&format!("builds/{}", build["buildid"])).await;
        assert_eq!(shown["builds"][0]["complete"], true, "{name}");
    }
}

/// `build3`, not `build3_step2`.
fn is_build(name: &str) -> bool {
    name.strip_prefix("build").is_some_and(|number| number.parse::<u32>().is_ok())
}
