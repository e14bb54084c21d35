//! Every endpoint of the table, with keys that lead somewhere and with keys that do not.

use campanile::data::endpoints::ENDPOINTS;
use campanile::data::endpoints::Endpoint;
use campanile::data::endpoints::Gives;
use campanile::data::endpoints::Part;
use campanile_tests::Setup;
use campanile_tests::TestHost;
use reqwest::Method;
use reqwest::StatusCode;
use serde_json::Value;
use serde_json::json;
use std::collections::BTreeSet;

pub(super) const WORLD: &str = include_str!("world.sql");

/// A value of each key that is there, and one that is not.
const KEYS: [(&str, &str, &str); 26] = [
    ("masterid", "1", "999"),
    ("builderid", "1", "999"),
    ("buildername", "linux", "nope"),
    ("workerid", "1", "999"),
    ("workername", "worker-1", "nope"),
    ("projectid", "1", "999"),
    ("projectname", "belfry", "nope"),
    ("schedulerid", "1", "999"),
    ("changesourceid", "1", "999"),
    ("schedulername", "force", "nope"),
    ("bsid", "1", "999"),
    ("buildrequestid", "1", "999"),
    ("buildid", "1", "999"),
    ("parent_buildid", "1", "999"),
    ("number", "1", "999"),
    ("build_number", "1", "999"),
    ("step_number", "1", "999"),
    ("step_name", "compile", "nope"),
    ("stepid", "2", "999"),
    ("logid", "1", "999"),
    ("log_slug", "stdio", "nope"),
    ("data_name", "cov", "nope"),
    ("changeid", "1", "999"),
    ("ssid", "1", "999"),
    ("patchid", "1", "999"),
    ("uid", "1", "999"),
];

fn path(endpoint: &Endpoint, there: bool) -> String {
    let parts = endpoint.parts().map(|part| match part {
        Part::Word(word) => word,
        Part::Key { name, .. } => {
            let (_, known, unknown) = KEYS.iter().find(|(key, ..)| *key == name).expect("a value for each key");
            if there { known } else { unknown }
        }
    });
    parts.collect::<Vec<_>>().join("/")
}

pub(super) async fn world() -> TestHost {
    let forms = "INSERT INTO forceschedulers (name, masterid, button_name, label, builder_names, enabled, all_fields)
                 VALUES ('force', 1, 'Force', 'Force a build', '[\"linux\"]', 1, '[{\"name\":\"reason\"}]')";
    Setup::default().start_filled(&format!("{WORLD} {forms}")).await
}

#[tokio::test]
async fn each_endpoint_gives_what_the_table_says() {
    let host = world().await;
    for endpoint in ENDPOINTS.iter().copied().flatten() {
        let path = path(endpoint, true);
        if let Gives::Bytes = endpoint.gives {
            continue;
        }
        let (status, body) = host.try_get(&path).await;
        assert_eq!(status, StatusCode::OK, "{path}: {body}");
        let Some(resource) = endpoint.gives.resource() else { continue };
        let items = body[resource.plural].as_array().unwrap_or_else(|| panic!("{path}: {body}"));
        assert!(!items.is_empty(), "{path}: {body}");
        for item in items {
            let found: Vec<&String> = item.as_object().expect("an object").keys().collect();
            let expected: Vec<&str> = resource.fields.iter().map(|field| field.name).collect();
            assert_eq!(found, expected, "{path}");
            for field in resource.fields {
                assert!(field.nullable || !item[field.name].is_null(), "{path}: {} is null", field.name);
            }
        }
        let meta = if endpoint.gives.is_collection() { json!({"total": items.len()}) } else { json!({}) };
        assert_eq!(body["meta"], meta, "{path}");
        assert_eq!(body.as_object().map(|body| body.len()), Some(2), "{path}");
        assert!(endpoint.gives.is_collection() || items.len() == 1, "{path}");
    }
}

#[tokio::test]
async fn what_is_not_there_is_not_found_or_an_empty_list() {
    let host = world().await;
    for endpoint in ENDPOINTS.iter().copied().flatten() {
        let path = path(endpoint, false);
        let has_keys = endpoint.parts().any(|part| matches!(part, Part::Key { .. }));
        if !has_keys {
            continue;
        }
        let (status, body) = host.try_get(&path).await;
        let through_builder = path.contains("/builds/999/");
        match endpoint.gives {
            Gives::Many(resource) if resource.name == "log" || !through_builder || path.starts_with("builds/") => {
                let expected = json!({resource.plural: [], "meta": {"total": 0}});
                assert_eq!((status, body), (StatusCode::OK, expected), "{path}");
            }
            Gives::Blame(_) if path.starts_with("builds/") => {
                assert_eq!((status, body["meta"]["total"].clone()), (StatusCode::OK, json!(0)), "{path}");
            }
            Gives::Properties if path.starts_with("build") && !path.starts_with("builders") => {
                assert_eq!((status, body), (StatusCode::OK, json!({"properties": [{}], "meta": {}})), "{path}");
            }
            _ => {
                let said = json!({"error": format!("nothing is found at {path}")});
                assert_eq!((status, body), (StatusCode::NOT_FOUND, said), "{path}");
            }
        }
    }
}

#[tokio::test]
async fn paths_that_are_none_are_not_found() {
    let host = world().await;
    for path in [
        "zork",
        "builds/x",
        "builds/1/",
        "builds/",
        "builds//steps",
        "builds/1/steps/1/zork",
        "steps",
        "builds/1.5",
        "workers/1a",
        "builds/1/steps/a b",
        "builders/1/2",
        "logs/stdio",
        "patches",
        "builds/1/steps/compile/logs/.x",
        "changes/r1",
    ] {
        let (status, body) = host.try_get(path).await;
        let escaped = path.replace(' ', "%20");
        assert_eq!(
            (status, body),
            (StatusCode::NOT_FOUND, json!({"error": format!("Invalid path: {escaped}")})),
            "{path}"
        );
    }
    for (path, id) in [
        ("builders/mac%20os%2Fx", 2),
        ("builders/mac%20os%2Fx/builds/1", 2),
        ("builders/mac+os%2Fx", 0),
        ("workers/gr%C3%B6%C3%9Fe", 0),
        ("builds/18446744073709551616", 0),
        ("builds/-1", 0),
    ] {
        let (status, body) = host.try_get(path).await;
        let found = body["builders"][0]["builderid"].as_i64().or(body["builds"][0]["builderid"].as_i64());
        let found = found.or(body["workers"][0]["workerid"].as_i64().map(|_| 0));
        assert_eq!(found.unwrap_or(0), id, "{path}: {status} {body}");
        assert!(status.is_success() || status == StatusCode::NOT_FOUND, "{path}: {status}");
    }
    assert_eq!(host.try_get("builds/%FF").await.0, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn one_of_each_is_as_it_always_was() {
    let host = world().await;
    let mut seen = BTreeSet::new();
    let mut shown = String::new();
    for endpoint in ENDPOINTS.iter().copied().flatten() {
        if let Gives::One(resource) = endpoint.gives
            && seen.insert(resource.name)
        {
            let path = path(endpoint, true);
            let body = host.get(&path).await;
            shown += &format!("{path}\n{:#}\n\n", body[resource.plural][0]);
        }
    }
    for path in
        ["builds/1/properties", "buildsets/1/properties_list", "changes/2/properties_list", "builds/1?property=*"]
    {
        shown += &format!("{path}\n{:#}\n\n", host.get(path).await);
    }
    insta::assert_snapshot!(shown);
}

#[tokio::test]
async fn the_table_of_endpoints_is_told() {
    let host = Setup::default().start().await;
    let links = host.get("").await;
    assert!(links["rootlinks"].as_array().expect("a list").contains(&json!({"name": "builds"})), "{links}");
    let specs = host.get("application.spec").await;
    let lines = specs["specs"].as_array().expect("a list").iter().map(|spec| {
        let fields = spec["type_spec"]["fields"].as_array().expect("a list").iter();
        let fields: Vec<String> = fields
            .map(|field| {
                format!(
                    "{}: {}{}",
                    plain(&field["name"]),
                    plain(&field["type"]),
                    if field["nullable"] == true { "?" } else { "" }
                )
            })
            .collect();
        (
            format!("{} ({}): {}", plain(&spec["path"]), plain(&spec["plural"]), plain(&spec["type"])),
            format!("{}\n  {}", plain(&spec["type"]), fields.join(", ")),
        )
    });
    let (paths, types): (Vec<String>, BTreeSet<String>) = lines.unzip();
    insta::assert_snapshot!(paths.into_iter().chain(types).collect::<Vec<_>>().join("\n"));
}

fn plain(value: &Value) -> &str {
    value.as_str().expect("a text")
}

#[tokio::test]
async fn the_bytes_of_a_note_come_as_they_are() {
    let host = world().await;
    for path in
        ["builds/1/data/cov/value", "builders/1/builds/1/data/cov/value", "builders/linux/builds/1/data/cov/value"]
    {
        let answer = host.client.get(format!("{}/api/v2/{path}", host.url)).send().await.expect("an answer");
        assert_eq!(answer.headers()["content-type"], "application/octet-stream", "{path}");
        assert_eq!(answer.headers()["content-disposition"], "attachment; filename*=UTF-8''cov", "{path}");
        assert_eq!(answer.bytes().await.expect("a body").as_ref(), [0, 255], "{path}");
    }
}

#[tokio::test]
async fn people_get_it_readable_and_programs_compact() {
    let host = world().await;
    let ask = async |method: Method, path: &str, accept: &str| {
        let request = host.client.request(method, format!("{}/api/{path}", host.url)).header("accept", accept);
        let answer = request.send().await.expect("an answer");
        let header = |name: &str| answer.headers().get(name).map(|value| value.to_str().expect("text").to_owned());
        let headers = (header("content-type").expect("a type"), header("content-length"));
        (answer.status().as_u16(), headers, answer.text().await.expect("a body"))
    };
    let compact = r#"{"meta":{},"steps":[{"name":"compile","number":1}]}"#;
    let path = "v2/steps/2?field=name&field=number";
    for accept in ["application/json", "text/html, application/json;q=0.9"] {
        let (status, (kind, length), body) = ask(Method::GET, path, accept).await;
        assert_eq!((status, kind.as_str(), body.as_str()), (200, "application/json; charset=utf-8", compact));
        assert_eq!(length, Some(compact.len().to_string()));
    }
    for accept in ["*/*", "text/html"] {
        let (status, (kind, _), body) = ask(Method::GET, path, accept).await;
        let readable = "{\n  \"meta\": {},\n  \"steps\": [\n    {\n      \"name\": \"compile\",\n      \"number\": 1\n    }\n  ]\n}\n";
        assert_eq!((status, kind.as_str(), body.as_str()), (200, "text/plain; charset=utf-8", readable));
    }
    let (status, (kind, length), body) = ask(Method::HEAD, path, "application/json").await;
    assert_eq!((status, kind.as_str(), body.as_str()), (200, "application/json; charset=utf-8", ""));
    assert_eq!(length, Some(compact.len().to_string()));
    assert_eq!(ask(Method::HEAD, "v2/steps/99", "application/json").await.0, 404);
    let latest = ask(Method::GET, "latest/steps/2?field=name&field=number", "application/json").await;
    assert_eq!((latest.0, latest.2.as_str()), (200, compact));
    let (status, (kind, _), body) = ask(Method::GET, "v2/steps/2/", "*/*").await;
    assert_eq!((status, kind.as_str()), (404, "application/json"), "{body}");
}

#[tokio::test]
async fn answers_are_compressed_for_whoever_takes_that() {
    let host = world().await;
    let ask = async |encoding: Option<&str>| {
        let mut request = host.client.get(format!("{}/api/v2/builds", host.url)).header("accept", "application/json");
        if let Some(encoding) = encoding {
            request = request.header("accept-encoding", encoding);
        }
        let answer = request.send().await.expect("an answer");
        let found = answer.headers().get("content-encoding").map(|value| value.to_str().expect("text").to_owned());
        (found, answer.bytes().await.expect("a body").len())
    };
    let (plain, size) = ask(None).await;
    assert_eq!(plain, None);
    for encoding in ["gzip", "br", "zstd"] {
        let (found, compressed) = ask(Some(encoding)).await;
        assert_eq!(found.as_deref(), Some(encoding));
        assert!(compressed < size, "{encoding}: {compressed} of {size}");
    }
}
