//! The sessions of `docs/reporters/irc.md`, as they stand there.

use super::CHANNEL;
use super::builder;
use super::ends;
use super::meet;
use super::server;
use super::starts;
use super::with_bot;
use campanile_tests::Person;
use campanile_tests::TestHost;
use futures_util::future::join_all;
use std::path::Path;
use std::time::Duration;

/// An answer that does not come within this time does not come.
const PATIENCE: Duration = Duration::from_secs(15);

/// The results, by Buildbot's codes.
const RESULTS: [&str; 7] = ["success", "warnings", "failure", "skipped", "exception", "retry", "cancelled"];

fn sessions() -> Vec<String> {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/reporters/irc.md");
    let page = std::fs::read_to_string(page).expect("the page");
    page.split("```irc\n").skip(1).filter_map(|rest| rest.split("```").next()).map(str::to_owned).collect()
}

#[tokio::test]
async fn all_of_them_are_played() {
    let sessions = sessions();
    assert_eq!(sessions.len(), 7);
    // Each has a server and a host of its own.
    join_all(sessions.iter().map(|session| play(session))).await;
}

async fn play(session: &str) {
    let (settings, lines): (Vec<&str>, Vec<&str>) = session.lines().partition(|line| line.starts_with("; "));
    let settings: Vec<&str> = settings.iter().map(|line| &line[2..]).collect();
    let server = server().await;
    let setup = with_bot(server.port, &settings.join("\n"));
    let (mut ann, host) = meet(&server, &setup).await;
    let mut bob = Person::join(server.port, "bob", &[CHANNEL]).await;
    builder(&host, "linux", Some("w-1")).await;
    builder(&host, "mac", None).await;
    for line in lines {
        if let Some(act) = line.strip_prefix("*** ") {
            // What is told of it is heard before anything is said.
            works(&host, act).await;
            host.settle().await;
        } else {
            let (name, text, target) = told(line);
            match name {
                "bb" => {
                    let heard = tokio::time::timeout(PATIENCE, ann.hears("bb")).await;
                    let heard = heard.unwrap_or_else(|_| panic!("nothing is said, not {line}"));
                    assert_eq!(heard.target, target, "{heard:?}, not {line}");
                    assert!(fits(text, &heard.text), "{:?}, not {line}", heard.text);
                }
                "ann" => ann.say(if target == CHANNEL { CHANNEL } else { "bb" }, text),
                "bob" => {
                    bob.say(CHANNEL, text);
                    // A client sends while somebody listens to what comes.
                    bob.send("PING", &["sent"]);
                    bob.until("PONG").await;
                }
                other => panic!("who is {other}?"),
            }
        }
    }
    host.settle().await;
    bob.quit();
}

/// Who says what: in the channel `<ann> …`, or in private `[ann] …`, which ann alone hears.
fn told(line: &str) -> (&str, &str, &str) {
    let (name, text) = line.split_once(' ').unwrap_or_else(|| panic!("{line:?} is no line"));
    let target = if name.starts_with('<') { CHANNEL } else { "ann" };
    (name.trim_matches(['<', '>', '[', ']']), text, target)
}

/// `linux starts`, `linux ends: failure, failed compile`.
async fn works(host: &TestHost, act: &str) {
    if let Some(name) = act.strip_suffix(" starts") {
        starts(host, name).await;
        return;
    }
    let (name, how) = act.split_once(" ends: ").unwrap_or_else(|| panic!("{act:?} is no act"));
    let (results, state) = how.split_once(", ").unwrap_or_else(|| panic!("{act:?} has no outcome"));
    let code = RESULTS.iter().position(|known| *known == results).expect("a result");
    ends(host, name, (i64::try_from(code).expect("a small number"), state)).await;
}

/// An ellipsis stands for anything.
fn fits(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('…');
    let Some(mut rest) = parts.next().and_then(|start| text.strip_prefix(start)) else { return false };
    let mut parts = parts.peekable();
    if parts.peek().is_none() {
        return rest.is_empty();
    }
    while let Some(part) = parts.next() {
        if parts.peek().is_none() {
            return rest.ends_with(part);
        }
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
    }
    true
}

#[test]
fn an_ellipsis_fits_anything() {
    assert!(fits("a … c", "a b c") && fits("…c", "a b c") && fits("a…b…c", "a b c") && fits("abc", "abc"));
    assert!(!fits("a … d", "a b c") && !fits("abc", "abcd") && !fits("a…c…b", "a b c"));
}
