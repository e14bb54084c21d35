//! The tables of settings in `docs/reporters/` and `docs/change-hooks.md`, which are made of the plugins' own schemas.
//!
//! A page has `<!-- settings of NAME -->` and below it `<!-- end of settings -->`; what stands between is written by this
//! test. Renew it, and read what changed:
//! `UPDATE_TABLES=1 cargo nextest run -p campanile-tests -E 'test(tables_of_settings)'`

use super::root;
use campanile::plugin::Plugins;
use campanile::plugin::Runtime;
use campanile::plugin::RuntimeConfig;
use campanile_tests::plugin_file;
use serde_json::Map;
use serde_json::Value;
use serde_json::json;
use std::path::Path;
use std::path::PathBuf;

const BEGIN: &str = "<!-- settings of ";
const END: &str = "<!-- end of settings -->";

#[tokio::test]
async fn tables_of_settings_are_those_of_the_schemas() {
    let mut found = 0;
    for page in pages() {
        let kept = std::fs::read_to_string(&page).expect("a page");
        let made = renewed(&kept, &page).await;
        if std::env::var_os("UPDATE_TABLES").is_some() && made != kept {
            std::fs::write(&page, &made).expect("it is written");
        } else {
            let stale = "a table is not what the plugin's schema says; renew it with UPDATE_TABLES=1";
            assert!(made == kept, "{}: {stale}", page.display());
        }
        found += kept.matches(BEGIN).count();
    }
    assert!(found >= 1, "no page has a table");
}

/// A setting's row, and those that it lacks, by a schema that has one of each.
#[test]
fn a_row_says_name_default_and_meaning() {
    let schema = json!({
        "properties": {
            "url": {"description": "Where to\npost: a | b.", "type": "string"},
            "debug": {"description": "Whether.", "type": "boolean", "default": false},
            "auth": {"description": "Who.", "default": null},
        },
        "required": ["url"],
    });
    let expected = "| setting | default | meaning |\n|---|---|---|\n| `url` | must be there | Where to post: a \\| b. |\n\
                    | `auth` | none | Who. |\n| `debug` | `false` | Whether. |\n";
    assert_eq!(table(&schema), expected);
}

fn pages() -> Vec<PathBuf> {
    let folder = std::fs::read_dir(root().join("docs/reporters")).expect("a folder");
    let mut pages: Vec<PathBuf> = folder.map(|entry| entry.expect("an entry").path()).collect();
    pages.push(root().join("docs/change-hooks.md"));
    pages.sort();
    pages
}

/// The page, with the tables as they are now.
async fn renewed(page: &str, path: &Path) -> String {
    let mut parts = page.split(BEGIN);
    let mut made = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (name, rest) = part.split_once(" -->").unwrap_or_else(|| panic!("{}: {BEGIN}…", path.display()));
        let (_, rest) = rest.split_once(END).unwrap_or_else(|| panic!("{}: no {END}", path.display()));
        let table = table(&schema(name).await);
        made += &format!("{BEGIN}{name} -->\n\n{table}\n{END}{rest}");
    }
    made
}

async fn schema(name: &str) -> Value {
    let cache_dir = Some(std::env::temp_dir().join("campanile-test-hosts"));
    let runtime = Runtime::new(RuntimeConfig { cache_dir, ..RuntimeConfig::default() }).expect("a runtime");
    let plugins = Plugins::load_files(&runtime, &[plugin_file(name)]).await;
    let plugin = plugins.iter().next().unwrap_or_else(|| panic!("{name}: {:?}", plugins.broken()));
    serde_json::from_str(&plugin.descriptor.settings_schema).expect("a schema")
}

/// Those that must be there stand first.
fn table(schema: &Value) -> String {
    let none = Map::new();
    let settings = schema["properties"].as_object().unwrap_or(&none);
    let required = |name: &str| schema["required"].as_array().is_some_and(|all| all.contains(&json!(name)));
    let mut names: Vec<&String> = settings.keys().collect();
    names.sort_by_key(|name| (!required(name), name.to_lowercase()));
    let row = |name: &String| {
        let default = match &settings[name]["default"] {
            _ if required(name) => "must be there".to_owned(),
            Value::Null => "none".to_owned(),
            value => format!("`{}`", value.to_string().replace('|', "\\|")),
        };
        let meaning = settings[name]["description"].as_str().unwrap_or_default();
        let meaning = meaning.split_whitespace().collect::<Vec<_>>().join(" ").replace('|', "\\|");
        assert!(!meaning.is_empty(), "the setting {name} has no description");
        format!("| `{name}` | {default} | {meaning} |\n")
    };
    let rows: String = names.into_iter().map(row).collect();
    format!("| setting | default | meaning |\n|---|---|---|\n{rows}")
}
