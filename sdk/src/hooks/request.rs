//! Requests as dialects read them.

use serde::de::DeserializeOwned;

use crate::contract::Fetched;
use crate::contract::HookRequest;
use crate::hooks::form;

/// A form's media type.
const FORM: &str = "application/x-www-form-urlencoded";

impl HookRequest {
    /// A header, by its name in small letters.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        first(&self.headers, name)
    }

    /// A parameter behind the `?`.
    #[must_use]
    pub fn query(&self, name: &str) -> Option<&str> {
        first(&self.query, name)
    }

    /// The kind of the body in small letters, without parameters such as a charset.
    #[must_use]
    pub fn media_type(&self) -> String {
        self.content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
    }

    /// The body as JSON.
    ///
    /// # Errors
    /// Where it does not parse, for who sent it.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, String> {
        parse(&self.body)
    }

    /// Parameters behind the `?`, and then those of a form in the body, urlencoded or `multipart/form-data`.
    ///
    /// # Errors
    /// The form does not parse.
    pub fn fields(&self) -> Result<Vec<(String, String)>, String> {
        let mut fields = self.query.clone();
        fields.extend(self.form()?);
        Ok(fields)
    }

    fn form(&self) -> Result<Vec<(String, String)>, String> {
        match self.media_type().as_str() {
            FORM => Ok(form::urlencoded(&self.body).collect()),
            "multipart/form-data" => form::multipart(&self.content_type, &self.body),
            _ => Ok(Vec::new()),
        }
    }

    /// The JSON that is the body, or that the field `payload` of the form in it holds: not what stands behind the `?`, which
    /// no signature covers.
    ///
    /// # Errors
    /// The body is neither, or where it does not parse, for who sent it.
    pub fn payload<T: DeserializeOwned>(&self) -> Result<T, String> {
        match self.media_type().as_str() {
            "application/json" => self.json(),
            FORM => payload_in(&self.form()?),
            _ => Err(format!("Unknown content type: {}", self.content_type)),
        }
    }

    /// The JSON that a field `payload` holds, of a form or behind the `?`: for who signs nothing.
    ///
    /// # Errors
    /// There is no such field, or where it does not parse.
    pub fn payload_field<T: DeserializeOwned>(&self) -> Result<T, String> {
        payload_in(&self.fields()?)
    }
}

impl Fetched {
    /// What could not be had.
    #[must_use]
    pub fn nothing() -> Self {
        Self { status: None, headers: Vec::new(), body: Vec::new() }
    }

    /// A header, by its name in small letters.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        first(&self.headers, name)
    }

    /// The body as JSON, where it came with a success and parses.
    #[must_use]
    pub fn json<T: DeserializeOwned>(&self) -> Option<T> {
        self.status.filter(|status| (200..300).contains(status))?;
        serde_json::from_slice(&self.body).ok()
    }
}

fn payload_in<T: DeserializeOwned>(fields: &[(String, String)]) -> Result<T, String> {
    parse(first(fields, "payload").ok_or("the form has no field payload")?.as_bytes())
}

fn first<'a>(pairs: &'a [(String, String)], name: &str) -> Option<&'a str> {
    pairs.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
}

fn parse<T: DeserializeOwned>(json: &[u8]) -> Result<T, String> {
    // Keeping track of the place costs; the place is asked for only if something is wrong.
    serde_json::from_slice(json).map_err(|error| {
        let mut reader = serde_json::Deserializer::from_slice(json);
        let located = serde_path_to_error::deserialize::<_, T>(&mut reader).err();
        let told = match located {
            Some(located) if located.path().iter().len() > 0 => located.to_string(),
            Some(_) | None => error.to_string(),
        };
        format!("the payload does not parse: {told}")
    })
}

#[cfg(test)]
mod tests {
    use crate::testing::a_hook_request;
    use serde::Deserialize;
    use serde_json::json;

    #[derive(Debug, PartialEq, Eq, Deserialize)]
    struct Payload {
        commits: Vec<Commit>,
    }

    #[derive(Debug, PartialEq, Eq, Deserialize)]
    struct Commit {
        id: String,
    }

    fn posted(content_type: &str, body: &str) -> Result<Payload, String> {
        let mut request = a_hook_request(&json!({}), &[]);
        (request.content_type, request.body) = (content_type.into(), body.into());
        request.payload()
    }

    #[test]
    fn a_payload_is_the_body_or_a_field() {
        let expected = || Ok(Payload { commits: vec![Commit { id: "a b".into() }] });
        let body = r#"{"commits": [{"id": "a b"}]}"#;
        assert_eq!(posted("application/json", body), expected());
        assert_eq!(posted("Application/JSON; charset=utf-8", body), expected());
        let form = "a=1&payload=%7B%22commits%22%3A+[%7B%22id%22%3A%22a+b%22%7D]%7D";
        assert_eq!(posted("application/x-www-form-urlencoded; charset=utf-8", form), expected());
        assert_eq!(posted("text/plain", body), Err("Unknown content type: text/plain".into()));
    }

    #[test]
    fn a_payload_that_no_signature_covers_is_none() {
        let mut request = a_hook_request(&json!({}), &[]);
        request.content_type = "application/x-www-form-urlencoded".into();
        request.query = vec![("payload".into(), r#"{"commits": []}"#.into())];
        request.body = "a=1".into();
        assert_eq!(request.payload::<Payload>(), Err("the form has no field payload".into()));
    }

    #[test]
    fn what_does_not_parse_is_said_with_its_place() {
        let said = |body: &str| posted("application/json", body).expect_err("it is refused");
        let place = "the payload does not parse: commits[1].id: invalid type: integer `7`, expected a string";
        assert!(said(r#"{"commits": [{"id": "a"}, {"id": 7}]}"#).starts_with(place));
        assert!(said(r#"{"commits": [{}]}"#).contains("commits[0]: missing field `id`"));
        assert!(said(r#"{"commits": ["#).contains("EOF while parsing"));
        assert_eq!(posted("application/x-www-form-urlencoded", "a=1"), Err("the form has no field payload".into()));
    }
}
