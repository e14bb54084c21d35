//! A change as form fields, from whatever can send a form: Buildbot's dialect `base`.

use campanile_sdk::prelude::*;
use schemars::JsonSchema;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Map;
use serde_json::Value;

/// It has no settings.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Settings {}

/// The beginning of the year 10000, in seconds since 1970: no change is of a later time.
const LATEST: f64 = 253_402_300_800.0;

pub struct Base;

campanile_sdk::export!(hook Base);

impl ChangeHook for Base {
    const NAME: &'static str = "base-hook";
    const SUMMARY: &'static str = "A change as form fields";
    type Settings = Settings;

    fn changes(_: &Settings, request: &HookRequest, _: &[Fetched]) -> Result<HookOutcome, String> {
        let fields = Fields(request.fields()?);
        let mut change = NewChange {
            author: fields.either("author", "who"),
            committer: fields.get("committer"),
            comments: fields.get("comments"),
            files: fields.json("files")?.unwrap_or_default(),
            revision: fields.get("revision"),
            when_timestamp: fields.when()?,
            branch: fields.get("branch"),
            category: fields.get("category"),
            revlink: fields.get("revlink"),
            repository: fields.get("repository").unwrap_or_default(),
            codebase: fields.get("codebase"),
            project: fields.get("project").unwrap_or_default(),
            ..NewChange::default()
        };
        for (name, value) in fields.json::<Map<String, Value>>("properties")?.unwrap_or_default() {
            change = change.property(&name, &value);
        }
        Ok(HookOutcome::Changes(vec![change]))
    }
}

/// Of fields of one name, the first counts.
struct Fields(Vec<(String, String)>);

impl Fields {
    fn get(&self, name: &str) -> Option<String> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone())
    }

    fn either(&self, name: &str, older: &str) -> Option<String> {
        self.get(name).or_else(|| self.get(older))
    }

    fn json<T: DeserializeOwned>(&self, name: &str) -> Result<Option<T>, String> {
        let parse = |text: String| serde_json::from_str(&text).map_err(|error| format!("the field {name}: {error}"));
        self.get(name).filter(|text| !text.is_empty()).map(parse).transpose()
    }

    /// Seconds since 1970, of which a part counts nothing.
    fn when(&self) -> Result<Option<u64>, String> {
        let Some(text) = self.either("when_timestamp", "when").filter(|text| !text.is_empty()) else { return Ok(None) };
        let seconds = text.trim().parse::<f64>().ok().filter(|seconds| (0.0..LATEST).contains(seconds));
        match seconds {
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it was looked at")]
            Some(seconds) => Ok(Some(seconds as u64)),
            None => Err(format!("the field when_timestamp: {text:?} is no number of seconds since 1970")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use campanile_sdk::testing::Given;
    use serde_json::json;

    fn changes(query: &[(&str, &str)], body: &str) -> Result<Vec<NewChange>, String> {
        let request = HookRequest {
            method: "POST".into(),
            headers: Vec::new(),
            query: query.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect(),
            content_type: "application/x-www-form-urlencoded".into(),
            body: body.into(),
            received_at: 1,
        };
        Given::settings(json!({})).hooked::<Base>(&request)
    }

    #[test]
    fn all_that_a_change_has() {
        let body = "revision=7&who=ada&committer=ben&comments=Oil+it&branch=main&category=x&revlink=https%3A%2F%2Fx%2F7&\
                    repository=r&project=p&codebase=c&when=1700000000.75&files=[%22a%22,%22b%22]&properties={%22n%22:[1]}";
        let found = changes(&[], body).expect("a change");
        let expected = NewChange {
            author: Some("ada".into()),
            committer: Some("ben".into()),
            comments: Some("Oil it".into()),
            files: vec!["a".into(), "b".into()],
            revision: Some("7".into()),
            when_timestamp: Some(1_700_000_000),
            branch: Some("main".into()),
            category: Some("x".into()),
            revlink: Some("https://x/7".into()),
            properties: vec![("n".into(), "[1]".into())],
            repository: "r".into(),
            codebase: Some("c".into()),
            project: "p".into(),
            src: None,
        };
        assert_eq!(found, [expected]);
    }

    #[test]
    fn there_is_always_one_change_and_the_first_of_a_name_counts() {
        assert_eq!(changes(&[], ""), Ok(vec![NewChange::default()]));
        let found = changes(&[("author", "ada")], "author=ben&who=cleo").expect("a change");
        assert_eq!(found[0].author.as_deref(), Some("ada"));
    }

    #[test]
    fn what_is_wrong_is_named() {
        let said = |body: &str| changes(&[], body).expect_err("it is refused");
        assert!(said("files=a").starts_with("the field files: "));
        assert!(said("files={}").starts_with("the field files: "));
        assert!(said("properties=[").starts_with("the field properties: "));
        assert!(said("when=noon").starts_with("the field when_timestamp: \"noon\""));
    }
}
