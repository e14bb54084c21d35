//! What a build is compared with, where a plugin knows that.

use super::reading::read;
use campanile_sinks::SmtpOptions;
use campanile_sinks::SmtpSink;
use campanile_tests::Setup;
use campanile_tests::TestHost;
use campanile_tests::logged;
use serde_json::json;

async fn setup(settings: &str) -> (Setup, SmtpSink) {
    let sink = SmtpSink::start(SmtpOptions::default()).await.expect("a server");
    let setup = Setup::default().plugins(&["people", "same_branch", "short", "misbehaving_getter"]);
    (setup.mail("mails", sink.port(), settings), sink)
}

/// Builds of one builder, each of a branch, with a result.
async fn builds(host: &TestHost, story: &[(&str, i64)]) {
    let builder = host.builder("linux").await;
    for (branch, results) in story {
        let set = host.update("addBuildset", json!({"waited_for": false, "builderids": [builder]})).await;
        let request = set["brids"][builder.to_string()].clone();
        let build = host.update("addBuild", json!({"builderid": builder, "buildrequestid": request})).await;
        let build = build["buildid"].clone();
        let properties = json!({"branch": [branch, "Build"]});
        host.update("setBuildProperties", json!({"buildid": build, "properties": properties})).await;
        host.update("finishBuild", json!({"buildid": build, "results": results})).await;
        host.update("completeBuildRequests", json!({"brids": [request], "results": results})).await;
    }
}

/// `main` breaks, then `next`, and `main` is mended.
const STORY: [(&str, i64); 6] = [("main", 0), ("next", 0), ("main", 2), ("next", 2), ("next", 2), ("main", 0)];

/// The texts of the mails about it.
async fn told(settings: &str) -> Vec<String> {
    let (setup, sink) = setup(settings).await;
    let host = setup.start().await;
    builds(&host, &STORY).await;
    host.settle().await;
    let texts = sink.received().iter().map(|mail| read(mail, &[])).collect::<Vec<_>>();
    texts.iter().map(|text| text.split_once("[plain]\n").expect("plain text").1.trim().to_owned()).collect()
}

/// What a template is told of the build before.
const TEMPLATE: &str = "messageFormatter = {template = \"{{ build.number }} {{ build.properties.branch[0] }}: \
    {{ status_detected }} after {{ build.prev_build.number }} {{ previous_results }}\"}";

#[tokio::test]
async fn a_build_is_compared_with_the_one_that_a_getter_names() {
    let usual = told(&format!("mode = [\"problem\"]\n{TEMPLATE}")).await;
    assert_eq!(usual, ["3 main: new failure after 2 0"], "`next` breaks, and nobody hears of it");
    let compared = told(&format!("mode = [\"problem\"]\npreviousBuildGetter = \"same_branch\"\n{TEMPLATE}")).await;
    assert_eq!(compared, ["3 main: new failure after 1 0", "4 next: new failure after 2 0"]);
    let changed = told(&format!("mode = [\"change\"]\npreviousBuildGetter = \"same_branch\"\n{TEMPLATE}")).await;
    assert_eq!(changed, [&compared[0], &compared[1], "6 main: restored build after 3 2"]);
}

#[tokio::test]
async fn the_default_message_and_formatter_plugins_follow_the_getter() {
    let settings = "mode = [\"problem\"]\npreviousBuildGetter = {plugin = \"same_branch\"}\n";
    let plain = format!("{settings}messageFormatter = {{template_type = \"plain\"}}");
    let texts = told(&plain).await;
    assert!(texts.len() == 2 && texts.iter().all(|text| text.contains("new failure has been detected")), "{texts:?}");
    let texts = told(&format!("{settings}messageFormatter = \"short\"")).await;
    assert_eq!(texts, ["STATUS: Failure", "STATUS: Failure"]);
}

#[tokio::test]
async fn each_generator_has_a_getter_of_its_own() {
    let generator = |getter: &str| {
        let subject = if getter.is_empty() { "usual" } else { "same branch" };
        format!(
            "[[reporter.settings.generators]]\nkind = \"BuildSetStatusGenerator\"\nmode = [\"problem\"]\n{getter}\n\
             message_formatter = {{template = \"{{{{ build.number }}}} {subject} {{{{ build.prev_build.number }}}}; \"}}\n"
        )
    };
    let texts = told(&(generator("previousBuildGetter = \"same_branch\"") + &generator(""))).await;
    assert_eq!(texts, ["3 same branch 1; 3 usual 2;", "4 same branch 2;"]);
}

#[tokio::test]
async fn where_a_getter_fails_a_broken_build_is_told_all_the_same() {
    let check = async |behaviour: &str, numbers: &[&str], why: &str| {
        let getter = format!("{{plugin = \"misbehaving_getter\", behaviour = \"{behaviour}\"}}");
        let texts = told(&format!("mode = [\"problem\"]\npreviousBuildGetter = {getter}\n{TEMPLATE}")).await;
        let told: Vec<&str> = texts.iter().map(|text| text.split(' ').next().unwrap_or_default()).collect();
        assert_eq!(told, numbers, "{behaviour}");
        assert!(logged().contains(why), "{behaviour}: {}", logged());
    };
    check("none", &[], "").await;
    check("itself", &["3", "4", "5"], "says that build 3 comes before itself").await;
    check("nowhere", &["3", "4", "5"], "comes before 3: no build 9223372036854775807").await;
    check("panic", &["3", "4", "5"], "previous-build getter \\\"misbehaving_getter\\\": the plugin crashed").await;
}

#[tokio::test]
async fn getters_are_checked_at_load() {
    let check = async |settings: &str, why: &str| {
        let said = setup(settings).await.0.refused().await;
        assert!(said.contains(why), "{settings}: {said}");
    };
    let people = "settings.previousBuildGetter: plugin \"people\" is an address lookup, not a previous-build getter";
    check("previousBuildGetter = \"people\"", people).await;
    let wrong = "previous-build getter \"same_branch\" with wrong settings: /builds: ";
    check("previousBuildGetter = {plugin = \"same_branch\", builds = 0}", wrong).await;
    let both =
        "previousBuildGetter = \"same_branch\"\n[[reporter.settings.generators]]\nkind = \"BuildStatusGenerator\"";
    check(both, "settings.previousBuildGetter: this stands in each of the `generators`").await;
    let stranger = "[[reporter.settings.generators]]\nkind = \"WorkerMissingGenerator\"\n\
                    previous_build_getter = \"same_branch\"";
    check(stranger, "previous_build_getter: WorkerMissingGenerator has no such argument").await;
}
