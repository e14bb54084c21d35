//! What a step that makes an HTTP request is asked to do: the arguments of Buildbot's `HTTPStep`, read and filled in.
//!
//! Pure rules. Not here: performing it (`transport`), the layout of its log (`http_step_log`).

use super::Credentials;
use super::Field;
use super::HttpBody;
use super::HttpLogin;
use super::HttpRequest;
use super::Part;
use super::Properties;
use super::SecretName;
use super::Text;
use super::TlsVerify;
use super::http_header_name;
use super::http_header_value;
use super::interpolate;
use super::json_escaped;
use super::url_escaped;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Map;
use serde_json::Value;
use std::collections::BTreeMap;
use std::time::Duration;

/// The methods that Buildbot has. The first is the one that is meant where none is said.
const METHODS: [&str; 6] = ["POST", "GET", "PUT", "DELETE", "HEAD", "OPTIONS"];

/// The name of a step that has none.
const NAME: &str = "HTTPStep";

/// How long the whole may take, in seconds, where that is not said; and the longest that may be said.
const USUAL_SECONDS: f64 = 60.0;
const LONGEST_SECONDS: f64 = 3600.0;

/// The most that the headers of a request may take: each of its redirects is told with them.
const MOST_HEADER_BYTES: usize = 32 * 1024;

/// Headers with credentials, which are never shown.
const ALWAYS_HIDDEN: [&str; 4] = ["authorization", "proxy-authorization", "cookie", "set-cookie"];

/// The arguments. In texts, `%(prop:name)s` and `%(secret:name)s` are filled in.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HttpStepArguments {
    pub url: String,
    /// POST, GET, PUT, DELETE, HEAD or OPTIONS; POST where it is left out.
    #[serde(default)]
    pub method: Option<String>,
    /// The name of the step.
    #[serde(default)]
    pub name: Option<String>,
    /// Appended to the URL, sorted by their names. A list stands for one parameter for each of its values, null for none.
    #[serde(default)]
    pub params: Option<BTreeMap<String, Value>>,
    /// The body: an object is sent as a form, a text as it is.
    #[serde(default)]
    pub data: Option<Value>,
    /// The body as JSON.
    #[serde(default)]
    pub json: Option<Value>,
    #[serde(default)]
    pub headers: Option<BTreeMap<String, String>>,
    #[serde(default)]
    pub cookies: Option<BTreeMap<String, String>>,
    /// Headers whose values the log does not show, besides those with credentials.
    #[serde(default)]
    pub hide_request_headers: Vec<String>,
    #[serde(default)]
    pub hide_response_headers: Vec<String>,
    /// User and password, for Basic authentication.
    #[serde(default)]
    pub auth: Option<(String, String)>,
    /// Seconds that all of it may take: 60 where it is left out, at most 3600.
    #[serde(default)]
    pub timeout: Option<f64>,
    /// True where it is left out, but for HEAD.
    #[serde(default)]
    pub allow_redirects: Option<bool>,
    /// Whether the server's certificate is verified, or the file with the authorities that it is held against.
    #[serde(default)]
    pub verify: Option<Verify>,
    /// The secret with a certificate to show to the server and its private key, as PEM.
    #[serde(default)]
    pub cert: Option<String>,
}

#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(untagged)]
pub enum Verify {
    Whether(bool),
    Authorities(String),
}

/// A step as it is performed.
#[derive(Clone, Debug, PartialEq)]
pub struct HttpStep {
    pub name: String,
    /// Its URL has the parameters.
    pub request: HttpRequest,
    /// As it was said, without the parameters.
    pub url: Text,
    pub params: Vec<Field>,
    /// What the log shows of the body.
    pub data: StepData,
    pub hidden: Hidden,
    pub timeout: Duration,
    pub allow_redirects: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StepData {
    /// Nothing, or JSON, which is not shown.
    Unshown,
    Form(Vec<Field>),
    Text(String),
}

/// The names of headers whose values are not shown, in small letters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hidden {
    pub of_request: Vec<String>,
    pub of_response: Vec<String>,
}

impl HttpStepArguments {
    /// The step, for a build with these properties; or what is wrong, naming the argument.
    pub fn step(&self, properties: &Properties) -> Result<HttpStep, String> {
        let fill =
            |argument: &str, text: &str| interpolate(text, properties).map_err(|why| format!("{argument}: {why}"));
        let method = self.method()?;
        let url = fill("url", &self.url)?;
        let params = fields("params", self.params.iter().flatten(), &fill)?;
        let mut request = HttpRequest::new(&method, with_params(&url, &params));
        let (body, data) = self.body(&fill)?;
        request.body = body;
        request.headers = self.headers(&fill)?;
        if let Some((user, password)) = &self.auth {
            let (user, password) = (fill("auth", user)?, fill("auth", password)?);
            request.login = Some(HttpLogin::Basic(Credentials { user, password }));
        }
        request.verify = match &self.verify {
            None | Some(Verify::Whether(true)) => TlsVerify::Usual,
            Some(Verify::Whether(false)) => TlsVerify::Nothing,
            Some(Verify::Authorities(file)) => TlsVerify::Authorities(file.clone()),
        };
        request.identity = self.cert.clone().map(SecretName);
        Ok(HttpStep {
            name: self.name.clone().unwrap_or_else(|| NAME.to_owned()),
            allow_redirects: self.allow_redirects.unwrap_or(method != "HEAD"),
            request,
            url,
            params,
            data,
            hidden: Hidden {
                of_request: hidden(&self.hide_request_headers),
                of_response: hidden(&self.hide_response_headers),
            },
            timeout: self.timeout()?,
        })
    }

    fn method(&self) -> Result<String, String> {
        let Some(said) = &self.method else { return Ok(METHODS[0].to_owned()) };
        let method = said.to_ascii_uppercase();
        if METHODS.contains(&method.as_str()) {
            return Ok(method);
        }
        Err(format!("method: {said:?} is not known; there are {}", METHODS.join(", ")))
    }

    fn timeout(&self) -> Result<Duration, String> {
        let seconds = self.timeout.unwrap_or(USUAL_SECONDS);
        if seconds > 0.0 && seconds <= LONGEST_SECONDS {
            return Ok(Duration::from_secs_f64(seconds));
        }
        Err(format!("timeout: {seconds} is not more than 0 and at most {LONGEST_SECONDS} seconds"))
    }

    fn body(&self, fill: &Fill<'_>) -> Result<(HttpBody, StepData), String> {
        match (&self.data, &self.json) {
            (None, None) => Ok((HttpBody::Empty, StepData::Unshown)),
            (Some(_), Some(_)) => Err("json: there is data as well; a request has one body".to_owned()),
            (None, Some(json)) => Ok((HttpBody::Json(json_text(json, fill)?), StepData::Unshown)),
            (Some(Value::Object(form)), None) => {
                let form = fields("data", form, fill)?;
                Ok((HttpBody::Form(form.clone()), StepData::Form(form)))
            }
            (Some(Value::String(text)), None) => {
                let text = fill("data", text)?;
                if text.secrets().next().is_some() {
                    return Err("data: a secret stands in a form or in json, not in a text".to_owned());
                }
                let text = text.redacted();
                Ok((HttpBody::Bytes(text.clone().into_bytes()), StepData::Text(text)))
            }
            (Some(other), None) => Err(format!("data: expected an object or a text, found {other}")),
        }
    }

    /// The values of secrets are looked at when they are put in.
    fn headers(&self, fill: &Fill<'_>) -> Result<Vec<Field>, String> {
        let mut headers = Vec::new();
        for (name, value) in self.headers.iter().flatten() {
            let argument = format!("headers.{name}");
            let value = fill(&argument, value)?;
            let checked = http_header_name(name).and_then(|_| http_header_value(name, &value.redacted()).map(|_| ()));
            checked.map_err(|why| format!("{argument}: {why}"))?;
            headers.push(Field { name: name.clone(), value });
        }
        if self.cookies.iter().flatten().next().is_some() {
            let value = self.cookie(fill)?;
            http_header_value("Cookie", &value.redacted()).map_err(|why| format!("cookies: {why}"))?;
            headers.push(Field { name: "Cookie".to_owned(), value });
        }
        let taken: usize = headers.iter().map(|header| header.name.len() + header.value.redacted().len()).sum();
        if taken > MOST_HEADER_BYTES {
            return Err(format!("headers: with the cookies they take more than {} KiB", MOST_HEADER_BYTES / 1024));
        }
        Ok(headers)
    }

    fn cookie(&self, fill: &Fill<'_>) -> Result<Text, String> {
        let mut parts = Vec::new();
        for (name, value) in self.cookies.iter().flatten() {
            let separator = if parts.is_empty() { "" } else { "; " };
            parts.push(Part::Literal(format!("{separator}{name}=")));
            parts.extend(fill(&format!("cookies.{name}"), value)?.0);
        }
        Ok(Text(parts))
    }
}

/// Fills a text in; the first is the name of the argument that it is.
type Fill<'f> = dyn Fn(&str, &str) -> Result<Text, String> + 'f;

/// The fields of a form or of a URL, as Python's requests makes them of a dictionary.
fn fields<'v>(
    argument: &str,
    values: impl IntoIterator<Item = (&'v String, &'v Value)>,
    fill: &Fill<'_>,
) -> Result<Vec<Field>, String> {
    let mut fields = Vec::new();
    for (name, value) in values {
        let argument = format!("{argument}.{name}");
        for value in value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice) {
            let value = field(&argument, value, fill)?;
            fields.extend(value.map(|value| Field { name: name.clone(), value }));
        }
    }
    Ok(fields)
}

fn field(argument: &str, value: &Value, fill: &Fill<'_>) -> Result<Option<Text>, String> {
    Ok(Some(match value {
        Value::Null => return Ok(None),
        Value::String(text) => fill(argument, text)?,
        Value::Bool(true) => Text::literal("True"),
        Value::Bool(false) => Text::literal("False"),
        Value::Number(number) => Text::literal(number.to_string()),
        Value::Array(_) | Value::Object(_) => {
            return Err(format!("{argument}: expected texts, numbers, booleans or a list of them, found {value}"));
        }
    }))
}

fn hidden(names: &[String]) -> Vec<String> {
    let named = names.iter().map(|name| name.to_lowercase());
    named.chain(ALWAYS_HIDDEN.map(str::to_owned)).collect()
}

/// The URL with parameters behind its query; a secret is escaped when its value is put in.
fn with_params(url: &Text, params: &[Field]) -> Text {
    let (Text(mut parts), fragment) = cut_fragment(url);
    let has_query = parts.iter().any(|part| matches!(part, Part::Literal(text) if text.contains('?')));
    let mut separator = if has_query { "&" } else { "?" };
    for param in params {
        parts.push(Part::Literal(format!("{separator}{}=", url_escaped(&param.name))));
        parts.extend(param.value.0.iter().map(|part| match part {
            Part::Literal(text) => Part::Literal(url_escaped(text).into_owned()),
            secret @ Part::Secret(_) => secret.clone(),
        }));
        separator = "&";
    }
    parts.extend(fragment);
    Text(parts)
}

/// A URL up to its `#`, and the rest.
fn cut_fragment(url: &Text) -> (Text, Vec<Part>) {
    let mut parts = url.0.clone();
    let found = parts.iter().position(|part| matches!(part, Part::Literal(text) if text.contains('#')));
    let Some(index) = found else { return (Text(parts), Vec::new()) };
    let mut fragment = parts.split_off(index);
    if let Some(Part::Literal(text)) = fragment.first_mut() {
        let behind = text.split_off(text.find('#').unwrap_or(text.len()));
        parts.push(Part::Literal(std::mem::replace(text, behind)));
    }
    (Text(parts), fragment)
}

/// JSON as a text, in whose strings secrets may stand.
fn json_text(value: &Value, fill: &Fill<'_>) -> Result<Text, String> {
    let mut parts = Vec::new();
    write_json(value, fill, &mut parts)?;
    Ok(Text(parts))
}

fn write_json(value: &Value, fill: &Fill<'_>, parts: &mut Vec<Part>) -> Result<(), String> {
    match value {
        Value::String(text) => {
            parts.push(Part::Literal("\"".to_owned()));
            parts.extend(fill("json", text)?.0.into_iter().map(|part| match part {
                Part::Literal(text) => Part::Literal(json_escaped(&text)),
                secret @ Part::Secret(_) => secret,
            }));
            parts.push(Part::Literal("\"".to_owned()));
        }
        Value::Array(list) => write_list(("[", "]"), list.iter().map(|value| (None, value)), fill, parts)?,
        Value::Object(map) => write_object(map, fill, parts)?,
        plain => parts.push(Part::Literal(plain.to_string())),
    }
    Ok(())
}

fn write_object(map: &Map<String, Value>, fill: &Fill<'_>, parts: &mut Vec<Part>) -> Result<(), String> {
    write_list(("{", "}"), map.iter().map(|(key, value)| (Some(key), value)), fill, parts)
}

fn write_list<'v>(
    (open, close): (&str, &str),
    values: impl Iterator<Item = (Option<&'v String>, &'v Value)>,
    fill: &Fill<'_>,
    parts: &mut Vec<Part>,
) -> Result<(), String> {
    parts.push(Part::Literal(open.to_owned()));
    for (index, (key, value)) in values.enumerate() {
        let separator = if index == 0 { "" } else { ", " };
        let key = key.map(|key| format!("\"{}\": ", json_escaped(key))).unwrap_or_default();
        parts.push(Part::Literal(format!("{separator}{key}")));
        write_json(value, fill, parts)?;
    }
    parts.push(Part::Literal(close.to_owned()));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn step(arguments: Value) -> Result<HttpStep, String> {
        let property = |name: &str, value: &str| (name.to_owned(), (json!(value), "Test".to_owned()));
        let properties = [property("branch", "main"), property("lines", "one\ntwo")].into();
        let arguments: HttpStepArguments = serde_json::from_value(arguments).map_err(|error| error.to_string())?;
        arguments.step(&properties)
    }

    #[test]
    fn what_is_left_out_is_as_usual() {
        let step = step(json!({"url": "http://x/"})).unwrap();
        assert_eq!((step.name.as_str(), step.request.method.as_str()), ("HTTPStep", "POST"));
        assert_eq!((step.timeout, step.allow_redirects), (Duration::from_secs(60), true));
        assert!(step.hidden.of_request.contains(&"authorization".to_owned()));
    }

    #[test]
    fn everything_is_filled_in() {
        let all = json!({
            "url": "http://x/%(prop:branch)s", "method": "put", "params": {"b": "a&b", "a": "%(secret:t)s"},
            "json": {"ref": "%(prop:branch)s", "keys": ["%(secret:t)s", 1, "\""]},
            "headers": {"X-Ref": "%(prop:branch)s"}, "cookies": {"s": "1", "t": "%(secret:c)s"},
            "auth": ["me", "%(secret:pw)s"], "hide_request_headers": ["X-Key"],
        });
        let step = step(all).unwrap();
        assert_eq!(step.request.url.redacted(), "http://x/main?a=<secret:t>&b=a%26b");
        let HttpBody::Json(body) = &step.request.body else { panic!("JSON") };
        assert_eq!(body.redacted(), r#"{"keys": ["<secret:t>", 1, "\""], "ref": "main"}"#);
        let headers: Vec<_> = step.request.headers.iter().map(|field| field.value.redacted()).collect();
        assert_eq!(headers, ["main", "s=1; t=<secret:c>"]);
        assert_eq!(step.hidden.of_request[0], "x-key");
    }

    #[test]
    fn parameters_and_forms_are_as_python_makes_them() {
        let all = json!({
            "url": "http://x/?a=b#part", "params": {"tag": ["a", "%(prop:branch)s", null], "no": null, "yes": true, "n": 7},
            "data": {"tag": ["%(prop:branch)s", false], "no": null}, "headers": null, "cookies": null,
        });
        let sent = step(all).unwrap();
        assert_eq!(sent.request.url.redacted(), "http://x/?a=b&n=7&tag=a&tag=main&yes=True#part");
        let StepData::Form(form) = sent.data else { panic!("a form") };
        let form: Vec<_> = form.iter().map(|field| (field.name.as_str(), field.value.redacted())).collect();
        assert_eq!(form, [("tag", "main".to_owned()), ("tag", "False".to_owned())]);
        assert_eq!(
            step(json!({"url": "http://x/#?", "params": {"a": 1}})).unwrap().request.url.redacted(),
            "http://x/?a=1#?"
        );
        assert_eq!(step(json!({"url": "http://x/", "params": null})).unwrap().request.url.redacted(), "http://x/");
    }

    #[test]
    fn what_is_wrong_is_named() {
        let check = |arguments: Value, expected: &str| {
            let said = step(arguments).unwrap_err();
            assert!(said.contains(expected), "{said}");
        };
        check(json!({"url": "x", "method": "PATCH"}), "method: \"PATCH\" is not known; there are POST, GET");
        check(json!({"url": "%(prop)s"}), "url: %(prop)s: expected prop:NAME");
        check(json!({"url": "x", "timeout": 0}), "timeout: 0 is not more than 0");
        check(json!({"url": "x", "data": 7}), "data: expected an object or a text, found 7");
        check(json!({"url": "x", "data": "%(secret:a)s"}), "data: a secret stands in a form or in json");
        check(json!({"url": "x", "data": {}, "json": 1}), "json: there is data as well");
        check(json!({"url": "x", "zork": 1}), "unknown field `zork`");
        check(json!({"url": "x", "params": {"a": {"b": 1}}}), "params.a: expected texts, numbers, booleans or a list");
        check(
            json!({"url": "x", "headers": {"Host": "y"}}),
            "headers.Host: the header \"Host\" is the host's to write",
        );
        check(json!({"url": "x", "headers": {"a b": "y"}}), "headers.a b: invalid header name");
        check(
            json!({"url": "x", "headers": {"a": "%(prop:lines)s"}}),
            "headers.a: the header \"a\" has a control character",
        );
        check(json!({"url": "x", "cookies": {"a": "%(prop:lines)s"}}), "cookies: the header \"Cookie\" has a control");
    }
}
