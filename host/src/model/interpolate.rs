//! Texts with something filled in, by the form of Buildbot's `Interpolate`: `%(prop:name)s` is a property of the build,
//! `%(secret:name)s` a secret, `%%` a percent sign. Behind the name of a property may stand what is said where it is
//! missing (`:-other`), missing or empty (`:~other`), or where it is there (`:+text`).
//!
//! Pure rules. What plugins fill in, the SDK does, which knows more forms.

use super::Part;
use super::Properties;
use super::SecretName;
use super::Text;
use serde_json::Value;

/// The text with its properties; or what is wrong with it, naming the placeholder. Secrets stay names.
pub fn interpolate(text: &str, properties: &Properties) -> Result<Text, String> {
    let (mut parts, mut literal, mut rest) = (Vec::new(), String::new(), text);
    while let Some((before, after)) = rest.split_once('%') {
        literal.push_str(before);
        rest = match after.strip_prefix('%') {
            Some(rest) => {
                literal.push('%');
                rest
            }
            None => {
                let (inside, rest) = placeholder(after)?;
                match filled(inside, properties).map_err(|why| format!("%({inside})s: {why}"))? {
                    Part::Literal(text) => literal.push_str(&text),
                    secret @ Part::Secret(_) => parts.extend([Part::Literal(std::mem::take(&mut literal)), secret]),
                }
                rest
            }
        };
    }
    literal.push_str(rest);
    parts.push(Part::Literal(literal));
    parts.retain(|part| *part != Part::Literal(String::new()));
    Ok(Text(parts))
}

/// What stands between `(` and `)s`, and what comes behind.
fn placeholder(text: &str) -> Result<(&str, &str), String> {
    let alone = || "a % stands by itself; write %% for a percent sign".to_owned();
    let inside = text.strip_prefix('(').ok_or_else(alone)?;
    inside.split_once(")s").ok_or_else(|| format!("%({inside}: it does not end with )s"))
}

fn filled(inside: &str, properties: &Properties) -> Result<Part, String> {
    match inside.split_once(':') {
        Some(("secret", "")) => Err("which secret?".to_owned()),
        Some(("secret", name)) => Ok(Part::Secret(SecretName(name.to_owned()))),
        Some(("prop", rest)) => property(rest, properties).map(Part::Literal),
        _ => Err("expected prop:NAME or secret:NAME".to_owned()),
    }
}

fn property(rest: &str, properties: &Properties) -> Result<String, String> {
    let (name, modifier) = rest.split_once(':').unwrap_or((rest, "-"));
    let value = properties.get(name).map(|(value, _)| shown(value));
    if let Some(other) = modifier.strip_prefix('-') {
        Ok(value.unwrap_or_else(|| other.to_owned()))
    } else if let Some(other) = modifier.strip_prefix('~') {
        Ok(value.filter(|value| !value.is_empty()).unwrap_or_else(|| other.to_owned()))
    } else if let Some(text) = modifier.strip_prefix('+') {
        Ok(value.map(|_| text.to_owned()).unwrap_or_default())
    } else {
        Err(format!("`:{modifier}` is no modifier; there are :-, :~ and :+"))
    }
}

/// As Python prints it; nothing is an empty text.
fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Bool(true) => "True".to_owned(),
        Value::Bool(false) => "False".to_owned(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn said(text: &str) -> Result<String, String> {
        let properties = [("branch", json!("main")), ("n", json!(7)), ("yes", json!(true)), ("empty", json!(""))];
        let properties = properties.map(|(name, value)| (name.to_owned(), (value, "Test".to_owned()))).into();
        interpolate(text, &properties).map(|text| text.redacted())
    }

    #[test]
    fn properties_and_secrets_are_filled_in() {
        let check = |text: &str, expected: &str| assert_eq!(said(text).as_deref(), Ok(expected), "{text}");
        check("", "");
        check("100%% of %(prop:branch)s", "100% of main");
        check("%(prop:n)s %(prop:yes)s", "7 True");
        check("<%(prop:missing)s>", "<>");
        check("%(prop:missing:-other)s %(prop:empty:-other)s", "other ");
        check("%(prop:empty:~other)s", "other");
        check("%(prop:branch:+there)s%(prop:missing:+there)s", "there");
        check("Bearer %(secret:token)s!", "Bearer <secret:token>!");
        check("%(secret:env:TOKEN)s", "<secret:env:TOKEN>");
    }

    #[test]
    fn what_is_malformed_is_named() {
        let check = |text: &str, expected: &str| assert_eq!(said(text).unwrap_err(), expected);
        check("100%", "a % stands by itself; write %% for a percent sign");
        check("%(prop:a", "%(prop:a: it does not end with )s");
        check("%(branch)s", "%(branch)s: expected prop:NAME or secret:NAME");
        check("%(secret:)s", "%(secret:)s: which secret?");
        check("%(prop:a:b)s", "%(prop:a:b)s: `:b` is no modifier; there are :-, :~ and :+");
    }
}
