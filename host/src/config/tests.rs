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
        names = ["http://ci/"]
        allowed_origins = ["https://*.example.org", "ci.example.org"]
        max_connections = 0
        url = "ci.example.org"
        [store]
        pth = "x.db"
        size = 3
        [network]
        allow = "10.0.0.0/8"
        extraca = "ca.pem"
        [mail]
        [[reporter]]
        name = "a"
        plugin = "mail"
        [[reporter]]
        name = 3
        allowed = []
        [[reporter]]
        name = "b"
        plugin = "mail"
        setting = {}
        from = "later"
        [[reporter]]
        name = "a"
        plugin = "mail"
    "#;
    let problems = problems(text);
    let expected = [
        "reporter[1].name: invalid type: integer `3`",
        "reporter[1].allowed: unknown key, did you mean allow?",
        "reporter[1]: missing field `plugin`",
        "reporter[2].setting: unknown key, did you mean settings?",
        "reporter[2].from: unknown variant `later`",
        "reporter[3].name: \"a\"",
        "store.pth: unknown key, did you mean path?",
        "store.size: unknown key; there are path",
        "network.allow: invalid type: string",
        "network.extraca: unknown key, did you mean extra_ca?",
        "server.names[0]: \"http://ci/\"",
        "server.allowed_origins[1]: \"ci.example.org\"",
        "server.max_connections: 0",
        "server.url",
        "mail: unknown section",
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
