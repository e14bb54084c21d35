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
use super::interpolate;
use percent_encoding::AsciiSet;
use percent_encoding::NON_ALPHANUMERIC;
use percent_encoding::utf8_percent_encode;
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

/// Headers with credentials, which are never shown.
const ALWAYS_HIDDEN: [&str; 4] = ["authorization", "proxy-authorization", "cookie", "set-cookie"];

/// All but what is unreserved in a URL.
const ESCAPED: AsciiSet = NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

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
    /// Appended to the URL, sorted by their names.
    #[serde(default)]
    pub params: BTreeMap<String, Value>,
    /// The body: an object is sent as a form, a text as it is.
    #[serde(default)]
    pub data: Option<Value>,
    /// The body as JSON.
    #[serde(default)]
    pub json: Option<Value>,
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    #[serde(default)]
    pub cookies: BTreeMap<String, String>,
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
        let params = fields("params", &self.params, &fill)?;
        let mut request = HttpRequest::new(&method, with_params(&url, &params));
        let (body, data) = self.body(&fill)?;
        request.body = body;
        for (name, value) in &self.headers {
            request.headers.push(Field { name: name.clone(), value: fill(&format!("headers.{name}"), value)? });
        }
        if !self.cookies.is_empty() {
            request.headers.push(Field { name: "Cookie".to_owned(), value: self.cookie(&fill)? });
        }
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
                let form = form.iter().map(|(name, value)| (name.clone(), value.clone())).collect();
                let form = fields("data", &form, fill)?;
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

    fn cookie(&self, fill: &Fill<'_>) -> Result<Text, String> {
        let mut parts = Vec::new();
        for (name, value) in &self.cookies {
            let separator = if parts.is_empty() { "" } else { "; " };
            parts.push(Part::Literal(format!("{separator}{name}=")));
            parts.extend(fill(&format!("cookies.{name}"), value)?.0);
        }
        Ok(Text(parts))
    }
}

/// Fills a text in; the first is the name of the argument that it is.
type Fill<'f> = dyn Fn(&str, &str) -> Result<Text, String> + 'f;

fn fields(argument: &str, values: &BTreeMap<String, Value>, fill: &Fill<'_>) -> Result<Vec<Field>, String> {
    let field = |(name, value): (&String, &Value)| {
        let value = match value {
            Value::String(text) => fill(&format!("{argument}.{name}"), text)?,
            other => Text::literal(other.to_string()),
        };
        Ok(Field { name: name.clone(), value })
    };
    values.iter().map(field).collect()
}

fn hidden(names: &[String]) -> Vec<String> {
    let named = names.iter().map(|name| name.to_lowercase());
    named.chain(ALWAYS_HIDDEN.map(str::to_owned)).collect()
}

/// The URL with parameters behind it; a secret is escaped when its value is put in.
fn with_params(url: &Text, params: &[Field]) -> Text {
    let mut parts = url.0.clone();
    let mut separator = if url.redacted().contains('?') { "&" } else { "?" };
    for param in params {
        parts.push(Part::Literal(format!("{separator}{}=", escaped(&param.name))));
        parts.extend(param.value.0.iter().map(|part| match part {
            Part::Literal(text) => Part::Literal(escaped(text)),
            secret @ Part::Secret(_) => secret.clone(),
        }));
        separator = "&";
    }
    Text(parts)
}

fn escaped(text: &str) -> String {
    utf8_percent_encode(text, &ESCAPED).to_string()
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
                Part::Literal(text) => Part::Literal(inside_quotes(&text)),
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
        let key = key.map(|key| format!("\"{}\": ", inside_quotes(key))).unwrap_or_default();
        parts.push(Part::Literal(format!("{separator}{key}")));
        write_json(value, fill, parts)?;
    }
    parts.push(Part::Literal(close.to_owned()));
    Ok(())
}

fn inside_quotes(text: &str) -> String {
    let quoted = Value::from(text).to_string();
    quoted[1..quoted.len() - 1].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn step(arguments: Value) -> Result<HttpStep, String> {
        let properties = [("branch".to_owned(), (json!("main"), "Test".to_owned()))].into();
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
    }
}
