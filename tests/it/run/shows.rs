//! A build is forced in a chat, on a server that is not ours; an engine runs it; a mail, statuses at a forge and a notice in
//! the channel come out.

use super::Reads;
use super::Shell;
use campanile_sinks::Answer;
use campanile_sinks::HttpSink;
use campanile_sinks::SmtpOptions;
use campanile_sinks::SmtpSink;
use campanile_tests::Person;
use campanile_tests::Setup;
use campanile_tests::ngircd::IrcOptions;
use campanile_tests::ngircd::RealIrc;
use serde_json::Value;

#[tokio::test]
async fn a_build_that_is_forced_in_a_chat_is_run_and_told_everywhere() {
    let irc = RealIrc::start(IrcOptions::default()).await.expect("a server");
    let mail = SmtpSink::start(SmtpOptions::default()).await.expect("a server");
    let forge = HttpSink::start(None).await.expect("a server");
    forge.answer_always(Answer::status(201));
    let chat = format!(
        "host = \"127.0.0.1\"\nport = {}\nnick = \"bb\"\nchannels = [\"#builds\"]\nuseColors = false\nfloodSeconds = 0\n\
         notify_events = [\"finished\"]\nallowForce = true\n",
        irc.port
    );
    let github = format!("token = \"token\"\nbaseURL = \"http://127.0.0.1:{}\"\n", forge.port());
    let setup = Setup::default()
        .mail("mail", mail.port(), "mode = \"all\"")
        .plugins(&["irc", "github"])
        .secret("token", "tower-of-bells")
        .allow(format!("127.0.0.1:{}", irc.port))
        .allow(format!("127.0.0.1:{}", forge.port()))
        .reporter("bb", "irc", &chat)
        .reporter("github", "github", &github);
    let mut ann = Person::join(irc.port, "ann", &["#builds"]).await;
    let host = setup.start().await;
    ann.until("JOIN #builds").await;
    let shell = Shell::at(&host.url);
    let mut engine =
        shell.start(&["--follow", "--builder", "linux", "--worker", "w1", "--", "sh", "-c", "echo ding; exit 1"]);
    engine.says("following linux").await;

    ann.say("#builds", "bb: force build --branch=main --revision=d34db33f --project=acme/belfry linux ring it");
    engine.prints("ding").await;
    let told = loop {
        let heard = ann.hears("bb").await;
        if heard.target == "#builds" && heard.text.contains("failed sh") {
            break heard.text;
        }
    };
    assert!(told.contains("`linux`"), "{told}");
    let mails = mail.wait_for(1).await;
    assert!(mails[0].text().contains("linux") && mails[0].text().contains("failed sh"), "{}", mails[0].text());
    let mut states = Vec::new();
    for request in forge.wait_for(2).await {
        assert_eq!(request.target, "/repos/acme/belfry/statuses/d34db33f");
        let body: Value = serde_json::from_slice(&request.body).expect("JSON");
        states.push(body["state"].as_str().expect("a state").to_owned());
    }
    host.settle().await;
    let all: Vec<Value> = forge.received().iter().map(|r| serde_json::from_slice(&r.body).expect("JSON")).collect();
    assert_eq!(all.last().map(|body| body["state"].clone()), Some("failure".into()), "{states:?}");
    let build = host.build(1).await;
    assert_eq!(
        (&build["results"], &build["properties"]["reason"][0]),
        (&2.into(), &"forced: by ann on #builds: ring it".into())
    );
    engine.signal("TERM").await;
    assert_eq!(engine.ends().await.code, Some(0));
    host.settle().await;
    ann.quit();
}
