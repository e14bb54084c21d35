//! Settings against schemas.

use crate::model::Contents;
use crate::model::Extent;
use crate::plugin::settings::Checked;
use crate::plugin::settings::FormatterPlugin;
use crate::plugin::settings::FormatterSetting;
use crate::plugin::settings::MarkKind;
use crate::plugin::settings::Schema;
use serde_json::Map;
use serde_json::Value;
use serde_json::json;

fn schema() -> Schema {
    let schema = json!({
        "type": "object",
        "additionalProperties": false,
        "required": ["fromaddr"],
        "properties": {
            "fromaddr": {"type": "string"},
            "extraRecipients": {"type": "array", "items": {"type": "string"}, "default": []},
            "relayhost": {"type": "string", "default": "localhost", "x-campanile": "smtp-relay",
                          "x-campanile-port": "smtpPort"},
            "smtpPort": {"type": "integer", "maximum": 65535, "default": 25},
            "smtpPassword": {"type": ["string", "null"], "default": null, "x-campanile": "secret"},
            "tokens": {"type": "object", "additionalProperties": {"type": "string", "x-campanile": "secret"}},
            "endpoints": {"type": "array", "items": {"type": "string"}, "x-campanile": "http-origin"},
            "reviewCB": {"type": "string"},
            "headers": {"type": "object", "additionalProperties": {"type": ["string", "object"], "x-campanile": "text"}},
            "generators": {"type": "array", "items": {"$ref": "#/$defs/Generator"}},
        },
        "$defs": {
            "Generator": {"oneOf": [
                {"$ref": "#/$defs/OfBuild"},
                {"type": "object", "additionalProperties": false, "required": ["kind"],
                 "properties": {"kind": {"const": "WorkerMissing"}, "workers": {"type": "string"}}},
            ]},
            "OfBuild": {"type": "object", "additionalProperties": false, "required": ["kind"],
                "properties": {"kind": {"const": "BuildStatus"}, "addLogs": {"type": "boolean", "default": false},
                               "messageFormatter": {"anyOf": [{"$ref": "#/$defs/Choice"}, {"type": "null"}]}}},
            "Choice": {"type": ["string", "object"], "x-campanile": "message-formatter"},
        },
    });
    Schema::compile(&schema.to_string()).expect("a schema")
}

fn checked(settings: Value) -> Checked {
    schema().check(settings).expect("settings fit")
}

fn problems(settings: Value) -> Vec<String> {
    let problems = schema().check(settings).expect_err("settings do not fit");
    problems.into_iter().map(|problem| format!("{}: {}", problem.at, problem.message)).collect()
}

#[test]
fn both_spellings_are_one_key_and_defaults_are_filled_in() {
    let settings = checked(json!({
        "fromaddr": "ci@example.org", "extra_recipients": ["a"], "smtp_port": 587, "review_cb": "votes",
        "generators": [{"kind": "BuildStatus", "message_formatter": {"plugin": "short", "max_width": 7}},
                       {"kind": "BuildStatus", "add_logs": true}],
    }));
    let expected = json!({
        "fromaddr": "ci@example.org", "extraRecipients": ["a"], "smtpPort": 587, "reviewCB": "votes",
        "relayhost": "localhost", "smtpPassword": null,
        "generators": [
            {"kind": "BuildStatus", "messageFormatter": {"plugin": "short", "max_width": 7}, "addLogs": false},
            {"kind": "BuildStatus", "addLogs": true}],
    });
    assert_eq!(settings.settings, expected);
}

#[test]
fn all_problems_are_told_at_once() {
    let told = problems(json!({
        "extraRecipients": "a", "extra_recipients": [1], "smtpPort": 70000, "relay_hots": "mail",
        "generators": [{"kind": "BuildStatus", "addLog": true}],
    }));
    let check = |wanted: &str| assert!(told.iter().any(|problem| problem == wanted), "{wanted}\nin {told:#?}");
    check("/extraRecipients: \"extraRecipients\" is there twice, in two spellings");
    check("/smtpPort: smtpPort: 70000 is greater than the maximum of 65535");
    check("/relay_hots: unknown setting \"relay_hots\", did you mean \"relayhost\"?");
    check(": the setting \"fromaddr\" is missing");
    check("/generators/0/addLog: unknown setting \"addLog\", did you mean \"addLogs\"?");
    assert_eq!(told.len(), 6, "{told:#?}");
}

#[test]
fn alternatives_that_nothing_fits() {
    let told = problems(json!({"fromaddr": "x", "generators": [{"kind": "Nonsense"}, 7]}));
    let expected = [
        "/generators/0/kind: kind: expected one of \"BuildStatus\", \"WorkerMissing\"",
        "/generators/1: generators: 7 is not of type \"object\"",
    ];
    assert_eq!(told, expected);
}

#[test]
fn marks_are_found_wherever_they_stand() {
    let settings = checked(json!({
        "fromaddr": "x", "smtpPort": 587, "tokens": {"a/b": "github"},
        "endpoints": ["https://a.example", "https://b.example"],
        "generators": [{"kind": "BuildStatus", "messageFormatter": "short"}],
    }));
    let marks: Vec<_> = settings
        .marks
        .iter()
        .map(|mark| (mark.kind, mark.pointer.as_str(), mark.value.as_str(), mark.port, mark.is_default))
        .collect();
    let expected = [
        (MarkKind::HttpOrigin, "/endpoints/0", Some("https://a.example"), None, false),
        (MarkKind::HttpOrigin, "/endpoints/1", Some("https://b.example"), None, false),
        (MarkKind::MessageFormatter, "/generators/0/messageFormatter", Some("short"), None, false),
        (MarkKind::SmtpRelay, "/relayhost", Some("localhost"), Some(587), true),
        (MarkKind::Secret, "/tokens/a~1b", Some("github"), None, false),
    ];
    assert_eq!(marks, expected);
}

#[test]
fn secrets_in_texts_are_marked() {
    let settings = checked(json!({
        "fromaddr": "%(secret:from)s",
        "headers": {"A": "%(secret:one)s, %(prop:x:-%(secret:two)s)s, %(secret:one)s", "B": {"fmtstring": "%(kw:k)s",
            "kw": {"k": "%(secret:three)s"}}, "C": "secret:four %(prop:secret)s"},
    }));
    let secrets = settings.marks.iter().filter(|mark| mark.kind == MarkKind::Secret);
    let secrets: Vec<_> = secrets.map(|mark| (mark.pointer.as_str(), mark.value.as_str())).collect();
    let expected = [("/headers/A", Some("one")), ("/headers/A", Some("two")), ("/headers/B/kw/k", Some("three"))];
    assert_eq!(secrets, expected);
}

#[test]
fn schemas_that_are_none() {
    for text in ["", "[]", "{\"type\": 7}", "{\"$ref\": \"https://example.org/schema\"}"] {
        assert!(Schema::compile(text).is_err(), "{text}");
    }
}

/// A schema may refer to itself; the walk ends with the settings.
#[test]
fn recursive_schemas_end() {
    let tree = json!({"$ref": "#/$defs/T", "$defs": {"T": {"type": "object",
        "properties": {"sub_trees": {"type": "array", "items": {"$ref": "#/$defs/T"}}}}}});
    let tree = Schema::compile(&tree.to_string()).expect("a schema");
    let fits = tree.check(json!({"subTrees": [{"subTrees": []}]})).expect("fits");
    assert_eq!(fits.settings, json!({"sub_trees": [{"sub_trees": []}]}));
}

#[test]
fn what_names_a_formatter() {
    let plugin = |name: &str, settings| FormatterPlugin {
        name: name.into(),
        settings,
        scope: Extent::USUAL,
        context: Map::new(),
    };
    let parse = |json: &str| match FormatterSetting::parse(json) {
        FormatterSetting::Plugin(plugin) => plugin,
        other => panic!("{json} is {other:?}"),
    };
    assert_eq!(parse("\"short\""), plugin("short", json!({})));
    assert_eq!(parse(r#"{"plugin": "short", "width": 7}"#), plugin("short", json!({"width": 7})));
    let function = r#"{"kind": "MessageFormatterFunction", "function": "short", "want_steps": false, "want_logs": false,
        "want_properties": false, "want_logs_content": ["stdio"], "ctx": {"a": 1}}"#;
    let contents = Contents::Named(vec!["stdio".into()]);
    let scope = Extent { properties: false, steps: false, logs: false, contents };
    let context = Map::from_iter([("a".to_owned(), json!(1))]);
    assert_eq!(parse(function), FormatterPlugin { scope, context, ..plugin("short", json!({})) });
    for own in [r#"{"template": "x"}"#, r#"{"kind": "MessageFormatterEmpty"}"#, "{}"] {
        assert_eq!(FormatterSetting::parse(own), FormatterSetting::Own, "{own}");
    }
    let function = "{\"kind\": \"MessageFormatterFunction\"}";
    for unknown in ["null", "7", "{\"plugin\": 7}", "no JSON", function] {
        assert_eq!(FormatterSetting::parse(unknown), FormatterSetting::Unknown, "{unknown}");
    }
}
