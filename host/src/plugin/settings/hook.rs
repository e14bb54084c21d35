//! What the schema of a change hook's settings says for the host, under `x-campanile-hook`.

use crate::model::HookDescription;
use crate::model::Problem;
use serde_json::Value;

/// Where it stands in the schema.
const KEY: &str = "x-campanile-hook";

/// Headers that hold what the host alone looks at.
const SECRET: [&str; 5] = ["authorization", "proxy-authorization", "cookie", "x-gitlab-token", "x-hub-signature"];

/// A setting of this name that is true asks for a secret, as Buildbot's `strict` does.
const STRICT: &str = "strict";

/// What is said, with the names of headers in small letters; or what is wrong with it.
pub(crate) fn description(schema: &Value) -> Result<HookDescription, String> {
    let Some(said) = schema.get(KEY) else { return Ok(HookDescription::default()) };
    let mut read: HookDescription =
        serde_json::from_value(said.clone()).map_err(|error| format!("its schema is wrong in {KEY}: {error}"))?;
    let signed = read.signature.iter_mut().map(|signature| &mut signature.header);
    for header in signed.chain(&mut read.delivery).chain(&mut read.headers) {
        header.make_ascii_lowercase();
    }
    match read.headers.iter().find(|header| SECRET.contains(&header.as_str())) {
        Some(header) => Err(format!("its schema asks in {KEY} for the header {header}, which no plugin sees")),
        None => Ok(read),
    }
}

/// What is wrong between settings and whether there is a secret.
pub(crate) fn lax(settings: &Value, has_secret: bool) -> Option<Problem> {
    let is_strict = settings.get(STRICT).and_then(Value::as_bool).unwrap_or(false);
    (is_strict && !has_secret).then(|| Problem {
        at: format!("/{STRICT}"),
        message: "it needs a secret: write the name of one beside `dialect`".to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Proof;
    use serde_json::json;

    #[test]
    fn what_proves_who_calls_is_shown_to_no_plugin() {
        for header in ["Authorization", "X-Gitlab-Token"] {
            let said = description(&json!({KEY: {"headers": ["X-Event-Key", header]}})).unwrap_err();
            assert!(said.contains(&format!("for the header {}", header.to_lowercase())), "{said}");
        }
    }

    #[test]
    fn headers_are_known_by_small_letters() {
        let schema = json!({"x-campanile-hook": {
            "signature": [{"header": "X-Hub-Signature", "by": "hmac-sha1", "prefix": "sha1="}],
            "delivery": ["X-GitHub-Delivery"],
        }});
        let read = description(&schema).unwrap();
        assert_eq!((read.signature[0].header.as_str(), read.signature[0].by), ("x-hub-signature", Proof::HmacSha1));
        assert_eq!(read.delivery, ["x-github-delivery"]);
        assert_eq!(description(&json!({})), Ok(HookDescription::default()));
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        for wrong in [json!({"signatures": []}), json!({"signature": [{"header": "x", "by": "rot13"}]}), json!(7)] {
            assert!(description(&json!({"x-campanile-hook": wrong})).is_err(), "{wrong}");
        }
    }
}
