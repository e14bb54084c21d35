//! Sessions of documents: blocks of the language `console`, played by a shell against a host.
//!
//! A line after `$ ` is a command, goes on in lines after `> `, and what follows is what it shows. JSON may be spaced as
//! one likes.

use super::blocks;
use super::read;
use campanile_tests::Setup;
use campanile_tests::TestHost;
use serde_json::Value;
use tokio::process::Command;

/// A command, and what the document says that it shows.
struct Exchange {
    command: String,
    shown: String,
}

fn exchanges(block: &str) -> Vec<Exchange> {
    let mut found: Vec<Exchange> = Vec::new();
    for line in block.lines() {
        match (line.strip_prefix("$ "), line.strip_prefix("> "), found.last_mut()) {
            (Some(command), ..) => found.push(Exchange { command: command.to_owned(), shown: String::new() }),
            (None, Some(more), Some(last)) => last.command += &format!("\n{more}"),
            (None, None, Some(last)) => last.shown += line,
            (None, _, None) => panic!("a session begins with a command, not with {line:?}"),
        }
    }
    found
}

/// Plays all sessions of a document, one after the other.
async fn play(host: &TestHost, document: &str) -> usize {
    let mut played = 0;
    for Exchange { command, shown } in blocks(&read(document), "console").iter().flat_map(|block| exchanges(block)) {
        let here = command.replace("http://127.0.0.1:8010", &host.url);
        let output = Command::new("bash").args(["-c", &here]).output().await.expect("bash runs");
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let json = |text: &str| serde_json::from_str::<Value>(text).unwrap_or_else(|_| Value::from(text.trim()));
        assert_eq!(json(&text), json(&shown), "{document}: {command}");
        played += 1;
    }
    played
}

#[tokio::test]
async fn updates_are_answered_as_the_document_says() {
    let host = Setup::default().start().await;
    assert_eq!(play(&host, "docs/updates.md").await, 15);
    let text = read("docs/updates.md");
    for method in host.get("updates").await["methods"].as_array().expect("a list") {
        let name = format!("`{}`", method.as_str().expect("a name"));
        let described = text.lines().any(|line| line.starts_with("| `") && line.contains(&name));
        assert!(described, "{name} stands in no table");
    }
}
