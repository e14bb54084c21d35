//! What a configuration may say, and what is said of a wrong one.

use super::*;

fn problems(text: &str) -> Vec<String> {
    match Config::parse(text, Path::new("/etc/ci")) {
        Ok(config) => config.problems,
        Err(error) => error.problems,
    }
}

#[test]
fn an_empty_file_is_the_defaults() {
    let config = Config::parse("", Path::new("/etc/ci")).expect("defaults");
    assert_eq!(config.server.listen.to_string(), "127.0.0.1:8010");
    assert_eq!(config.store.path, Path::new("/etc/ci/campanile.db"));
    assert!(config.reporters.is_empty());
}

#[test]
fn all_problems_are_told_at_once_with_their_place() {
    let text = r#"
        [server]
        listen = "0.0.0.0:8010"
        url = "ci.example.org"
        [store]
        pth = "x.db"
        [mail]
        [[reporter]]
        name = "a"
        plugin = "mail"
        [[reporter]]
        name = "a"
        plugin = "mail"
        setting = {}
        [[reporter]]
        name = "a"
        plugin = "mail"
    "#;
    let problems = problems(text);
    let expected = [
        "store.pth: unknown field",
        "reporter[1].setting: unknown field",
        "server.listen",
        "server.url",
        "mail: unknown section",
        "reporter[1].name: \"a\"",
    ];
    for start in expected {
        assert!(problems.iter().any(|problem| problem.starts_with(start)), "{start} in {problems:#?}");
    }
    assert_eq!(problems.len(), expected.len(), "{problems:#?}");
}

#[test]
fn what_is_no_toml_is_told_with_its_line() {
    let problems = problems("[server\nlisten = 1");
    assert!(problems.len() == 1 && problems[0].contains("line 1"), "{problems:?}");
}
