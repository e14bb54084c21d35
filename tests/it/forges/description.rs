//! Requests held against the description of GitHub's API, as GitHub publishes it: path, method, query, body.

use campanile_sinks::ReceivedRequest;
use jsonschema::Validator;
use serde_json::Map;
use serde_json::Value;
use serde_json::json;
use std::path::Path;

/// What `cargo xtask test` has put there.
const FILE: &str = "../target/descriptions/github-23.0.2.json";

pub(super) struct Description(Value);

impl Description {
    pub(super) fn of_github() -> Self {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(FILE);
        let text = std::fs::read(&file).unwrap_or_else(|error| {
            panic!("{}: {error}: run the suite by `cargo xtask test`, which fetches it", file.display())
        });
        Self(serde_json::from_slice(&text).expect("JSON"))
    }

    /// Nothing, or what is wrong with a request that is for `https://api.github.com`.
    pub(super) fn problem(&self, request: &ReceivedRequest) -> Option<String> {
        self.judge(request).err()
    }

    fn judge(&self, request: &ReceivedRequest) -> Result<(), String> {
        let (path, query) = request.target.split_once('?').unwrap_or((&request.target, ""));
        let paths = self.0["paths"].as_object().expect("paths");
        let fitting = |(template, item): (&String, &'_ Value)| {
            let method = item.get(request.method.to_lowercase())?.clone();
            Some((fill(template, path)?, method))
        };
        let (mut given, operation) =
            paths.iter().find_map(fitting).ok_or(format!("there is no {} {path}", request.method))?;
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            given.push((name.to_owned(), value.to_owned()));
        }
        let known: Vec<&Value> =
            list(&operation["parameters"]).iter().map(|parameter| self.resolved(parameter)).collect();
        for (name, value) in &given {
            let parameter = known.iter().find(|parameter| parameter["name"] == name.as_str());
            let schema = &parameter.ok_or(format!("there is no parameter {name}"))?["schema"];
            let number = value.parse::<u64>().map(Value::from).ok().filter(|_| schema["type"] == "integer");
            self.check(schema, &number.unwrap_or_else(|| Value::from(value.as_str())), name)?;
        }
        let schema = &operation["requestBody"]["content"]["application/json"]["schema"];
        if schema.is_null() {
            return if request.body.is_empty() { Ok(()) } else { Err("it takes no body".to_owned()) };
        }
        if request.header("content-type") != Some("application/json") {
            return Err(format!("not JSON but {:?}", request.header("content-type")));
        }
        let body: Map<String, Value> = serde_json::from_slice(&request.body).map_err(|error| error.to_string())?;
        if let Some(name) = body.keys().find(|name| schema["properties"].get(name).is_none()) {
            return Err(format!("the body has no {name}"));
        }
        self.check(schema, &Value::Object(body), "the body")
    }

    fn check(&self, schema: &Value, value: &Value, what: &str) -> Result<(), String> {
        // References lead to the components.
        let mut whole = schema.clone();
        whole["components"] = json!({"schemas": self.0["components"]["schemas"]});
        let whole = if schema.to_string().contains("$ref") { &whole } else { schema };
        let validator: Validator = jsonschema::options().should_validate_formats(true).build(whole).expect("a schema");
        validator.validate(value).map_err(|error| format!("{what}: {error}"))
    }

    fn resolved<'d>(&'d self, node: &'d Value) -> &'d Value {
        let to = node["$ref"].as_str().and_then(|to| to.strip_prefix('#'));
        to.map_or(node, |to| self.0.pointer(to).expect("a reference leads somewhere"))
    }
}

/// What stands in the place of each `{name}`.
fn fill(template: &str, path: &str) -> Option<Vec<(String, String)>> {
    let (wanted, given): (Vec<&str>, Vec<&str>) = (template.split('/').collect(), path.split('/').collect());
    if wanted.len() != given.len() {
        return None;
    }
    let mut filled = Vec::new();
    for (wanted, given) in wanted.into_iter().zip(given) {
        match wanted.strip_prefix('{').and_then(|name| name.strip_suffix('}')) {
            Some(name) => filled.push((name.to_owned(), given.to_owned())),
            None if wanted == given => {}
            None => return None,
        }
    }
    Some(filled)
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn request(method: &str, target: &str, body: &str) -> ReceivedRequest {
    let headers = vec![("content-type".to_owned(), "application/json".to_owned())];
    let at = std::time::Instant::now();
    ReceivedRequest { method: method.into(), target: target.into(), headers, body: body.into(), at, connection: 1 }
}

#[test]
fn it_sees_what_github_would_refuse() {
    let github = Description::of_github();
    let check = |method: &str, target: &str, body: &str, problem: &str| {
        let told = github.problem(&request(method, target, body)).unwrap_or_default();
        assert!(told.contains(problem) && told.is_empty() == problem.is_empty(), "{method} {target} {body}: {told}");
    };
    let statuses = "/repos/o/r/statuses/abc";
    check("POST", statuses, r#"{"state": "success", "context": "x"}"#, "");
    check("POST", statuses, r#"{"state": "great"}"#, "\"great\" is not one of");
    check("POST", statuses, r#"{"description": "x"}"#, "\"state\" is a required property");
    check("POST", statuses, r#"{"state": "success", "colour": "red"}"#, "the body has no colour");
    check("PUT", statuses, r#"{"state": "success"}"#, "there is no PUT");
    check("POST", "/repos/o/r/status/abc", "{}", "there is no POST");
    check("GET", "/repos/o/r/issues/7/comments?since=2026-11-20T00:00:00Z&per_page=100", "", "");
    check("GET", "/repos/o/r/issues/x/comments", "", "issue_number");
    check("GET", "/repos/o/r/issues/7/comments?since=yesterday", "", "since");
}
