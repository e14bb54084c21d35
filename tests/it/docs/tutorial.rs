//! The tutorial, and the fixture of the manual: done as they say, in each language.

use super::blocks;
use super::read;
use campanile_tests::Project;
use campanile_tests::Setup;
use campanile_tests::campanile_in;
use campanile_tests::plugin_file;
use std::fs;

/// What a block is called in the document, and `--lang`, and the file that it is.
const LANGUAGES: [(&str, &str, &str); 3] =
    [("rust", "rust", "src/lib.rs"), ("python", "python", "app.py"), ("javascript", "js", "app.js")];

/// The part of the tutorial below a heading.
fn section(heading: &str) -> String {
    let tutorial = read("docs/tutorial.md");
    let found = tutorial.split("\n## ").find(|section| section.starts_with(heading));
    found.expect("the tutorial has this part").to_owned()
}

/// The fixtures of a section: each is named in the text before it.
fn fixtures(section: &str) -> Vec<(String, String)> {
    let parts: Vec<&str> = section.split("```json\n").collect();
    let named = parts.windows(2).map(|pair| {
        let name = pair[0].rsplit("`fixtures/").next().and_then(|rest| rest.split('`').next()).expect("a name");
        (format!("fixtures/{name}"), pair[1].split("```").next().expect("a block").to_owned())
    });
    named.collect()
}

async fn done_as_it_says(heading: &str, (name, kind): (&str, &str), language: (&str, &str, &str)) {
    let (section, (block, lang, file)) = (section(heading), language);
    let project = Project::new(name, kind, lang).await;
    fs::remove_dir_all(project.folder().join("fixtures")).expect("what came along is deleted");
    fs::create_dir(project.folder().join("fixtures")).expect("a folder");
    let fixtures = fixtures(&section);
    for (file, text) in &fixtures {
        project.write(file, text);
    }
    let [code] = <[String; 1]>::try_from(blocks(&section, block)).expect("one program in each language");
    project.write(file, &code);
    let component = project.build().await;
    let said = project.test(&[]).await.succeeds();
    assert!(!fixtures.is_empty() && said.matches("  ok\n").count() == fixtures.len(), "{said}");
    let [configuration] = <[String; 1]>::try_from(blocks(&section, "toml")).expect("one configuration");
    let bytes = fs::read(component).expect("it reads");
    let setup = Setup::default().plugins(&["mail"]).plugin_bytes(&format!("{name}.wasm"), &bytes).alone(&configuration);
    let mut config = setup.config().expect("it reads");
    config.plugins.cache = Some(Project::cache());
    campanile::app::check(&config).await.expect("a host takes it");
}

#[tokio::test]
async fn the_tutorial_goes_as_it_says_in_rust() {
    done_as_it_says("A formatter", ("why", "message-formatter"), LANGUAGES[0]).await;
    done_as_it_says("A reporter", ("turns", "reporter"), LANGUAGES[0]).await;
}

#[tokio::test]
async fn the_tutorial_goes_as_it_says_in_python() {
    done_as_it_says("A formatter", ("why", "message-formatter"), LANGUAGES[1]).await;
    done_as_it_says("A reporter", ("turns", "reporter"), LANGUAGES[1]).await;
}

#[tokio::test]
async fn the_tutorial_goes_as_it_says_in_javascript() {
    done_as_it_says("A formatter", ("why", "message-formatter"), LANGUAGES[2]).await;
    done_as_it_says("A reporter", ("turns", "reporter"), LANGUAGES[2]).await;
}

#[tokio::test]
async fn the_fixture_of_the_manual_runs() {
    let [fixture] = <[String; 1]>::try_from(blocks(&read("docs/plugins.md"), "json")).expect("one fixture");
    let folder = tempfile::tempdir().expect("a folder");
    fs::create_dir(folder.path().join("fixtures")).expect("a folder");
    fs::write(folder.path().join("fixtures/manual.json"), fixture).expect("a file is written");
    fs::copy(plugin_file("ping"), folder.path().join("ping.wasm")).expect("a plugin is copied");
    campanile_in(folder.path(), &[], &["plugin", "test"]).await.succeeds();
}

/// What the documents and templates tell people to install is what the suite uses.
#[test]
fn tools_are_of_one_version() {
    let used = read("xtask/src/componentizers.rs");
    for (document, tool) in [
        ("host/templates/python/build.sh", "componentize-py=="),
        ("host/templates/js/build.sh", "componentize-qjs@"),
        ("examples/short-formatter-python/README.md", "componentize-py=="),
        ("examples/html-formatter-python/README.md", "componentize-py=="),
        ("examples/short-formatter-javascript/README.md", "componentize-qjs@"),
        ("examples/html-formatter-javascript/README.md", "componentize-qjs@"),
    ] {
        let text = read(document);
        let version = text.split(tool).nth(1).and_then(|rest| rest.split_whitespace().next()).expect("a version");
        assert!(used.contains(&format!("\"{tool}{version}\"")), "{document} says {tool}{version}");
    }
}
