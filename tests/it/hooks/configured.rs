//! What a configuration of hooks may say, and what is said of a wrong one.

use super::*;

#[tokio::test]
async fn all_that_is_wrong_is_said_at_once() {
    let setup =
        Setup::default().plugins(&["github-hook", "base-hook", "mail", "misbehaving-hook"]).secret("empty", "\n").toml(
            r#"
        [[change_hook]]
        dialect = "nowhere"
        [[change_hook]]
        dialect = "github"
        secret = "gone"
        auth = {user = "a:b", password = "empty"}
        [change_hook.settings]
        skip = []
        skips = ["("]
        github_property_whitelist = ["[a"]
        github_api_endpoint = "api.github.com"
        [[change_hook]]
        dialect = "strict"
        plugin = "github-hook"
        settings = {strict = true}
        [[change_hook]]
        dialect = "base"
        secret = "empty"
        [[change_hook]]
        dialect = "post"
        plugin = "mail"
        [[change_hook]]
        dialect = "no/dialect"
        plugin = "base-hook"
        [[change_hook]]
        dialect = "bad"
        plugin = "misbehaving-hook"
        settings = {url = "http://panic"}
        "#,
        );
    let said = setup.refused().await;
    for problem in [
        "change_hook \"nowhere\": dialect: there is no change hook plugin \"nowhere-hook\"; there is: base-hook",
        "change_hook[1].auth.user: it must be a name without a colon",
        "change_hook \"github\": secret: secret \"gone\": ",
        "change_hook \"github\": auth.password: secret \"empty\": it is empty, and would keep nobody out",
        "change_hook \"github\": settings.skip: unknown",
        "change_hook \"github\": settings.skips.0: `(` is no regular expression",
        "change_hook \"github\": settings.github_property_whitelist.0: `[a` is no pattern",
        "change_hook \"github\": settings.github_api_endpoint: ",
        "change_hook \"strict\": settings.strict: it needs a secret",
        "change_hook \"base\": secret: secret \"empty\": it is empty",
        "change_hook \"base\": secret: requests of \"base\" carry no signature; write auth",
        "change_hook \"post\": plugin: plugin \"mail\" is a reporter, not a change hook",
        "change_hook[5].dialect: \"no/dialect\" must be letters, digits, `_` and `-`",
        "change_hook \"bad\": settings: the plugin \"misbehaving-hook\" could not look at its settings",
    ] {
        assert!(said.contains(problem), "{problem}\n{said}");
    }
}

#[tokio::test]
async fn a_secret_that_is_changed_counts_from_the_next_request_on() {
    let host = setup("gitlab", "secret = \"key\"").start().await;
    let body = json!({"object_kind": "pipeline"}).to_string();
    assert_eq!(post(&host, "gitlab", &[("x-gitlab-token", KEY)], &body).await, found("no"));
    let file = host.setup.folder().join("secrets/key");
    std::fs::write(&file, "another").expect("it is written");
    assert_eq!(post(&host, "gitlab", &[("x-gitlab-token", KEY)], &body).await.0, 401);
    assert_eq!(post(&host, "gitlab", &[("x-gitlab-token", "another")], &body).await, found("no"));
}

#[tokio::test]
async fn a_secret_that_is_gone_lets_nobody_in() {
    let mut host = setup("gitlab", "secret = \"key\"").start().await;
    host.expect_error("secret");
    std::fs::remove_file(host.setup.folder().join("secrets/key")).expect("it is removed");
    for token in ["", KEY] {
        assert_eq!(post(&host, "gitlab", &[("x-gitlab-token", token)], "{}").await.0, 500);
    }
}
