//! What is wrong with the choice of a formatter.

use super::FormatterChoice;
use super::table;
use super::table::Kind;
use super::table::Table;
use super::table::Written;
use super::template;
use crate::contract::Part;
use crate::contract::Problem;
use crate::interpolate::Renderable;
use crate::interpolate::Sources;

/// Of a table, each in one of its two spellings.
const ARGUMENTS: &str =
    "template, subject, template_type, ctx, want_properties, want_steps, want_logs, want_logs_content";

impl FormatterChoice {
    /// What is wrong with it; the places are seen from the settings, where it stands at the pointer `at`.
    #[must_use]
    pub fn problems(&self, at: &str) -> Vec<Problem> {
        let Some(json) = self.written() else { return Vec::new() };
        let mut problems = match table::written(json) {
            Ok(Written::Plugin(Some(_))) => Vec::new(),
            Ok(Written::Plugin(None)) => vec![Problem::new("", "expected the name of a message-formatter plugin")],
            Ok(Written::Table(table)) => table.problems(),
            Err(problem) if problem.message.starts_with("unknown field") => {
                vec![Problem { message: format!("a formatter has no such argument; there are {ARGUMENTS}"), ..problem }]
            }
            Err(problem) => vec![problem],
        };
        problems.iter_mut().for_each(|problem| problem.at.insert_str(0, at));
        problems
    }
}

impl Table {
    fn problems(&self) -> Vec<Problem> {
        let strangers = self.strangers();
        let stranger =
            |name: &&str| Problem::new(format!("/{name}"), format!("{} has no such argument", self.kind.name()));
        let mut problems: Vec<Problem> = strangers.iter().map(stranger).collect();
        for (name, setting) in [("template", &self.template), ("subject", &self.subject)] {
            let Some(setting) = setting.as_ref().filter(|_| !strangers.contains(&name)) else { continue };
            let problem = if self.kind == Kind::Renderable { rendered(setting) } else { jinja(setting) };
            problems.extend(problem.map(|message| Problem::new(format!("/{name}"), message)));
        }
        problems
    }
}

fn rendered(setting: &Renderable) -> Option<String> {
    match setting.read() {
        Err(problem) => Some(problem),
        Ok(text) => {
            let secret = text.fill(Sources::default()).iter().any(|part| matches!(part, Part::Secret(_)));
            secret.then(|| String::from("a message tells no secrets"))
        }
    }
}

fn jinja(setting: &Renderable) -> Option<String> {
    match setting {
        Renderable::Text(text) => template::check(text).err(),
        Renderable::WithKeywords { .. } => Some(String::from("expected a template, as text")),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn check(setting: Value, expected: &[&str]) {
        let choice: FormatterChoice = serde_json::from_value(setting).expect("anything is read");
        let problems = choice.problems("/messageFormatter");
        let told: Vec<String> = problems.iter().map(|problem| format!("{}: {}", problem.at, problem.message)).collect();
        assert_eq!(told, expected);
    }

    #[test]
    fn what_is_right() {
        check(json!("short"), &[]);
        check(json!({"plugin": "short", "anything": [1]}), &[]);
        check(json!({"kind": "MessageFormatterFunction", "function": "short"}), &[]);
        check(json!({}), &[]);
        check(json!({"template_type": "html"}), &[]);
        check(json!({"kind": "MessageFormatterEmpty"}), &[]);
        check(
            json!({"template": "{{ a }}", "subject": "{% if b %}c{% endif %}", "ctx": {"d": 1}, "wantSteps": true,
            "want_logs_content": ["stdio"]}),
            &[],
        );
        check(json!({"kind": "MessageFormatterRenderable", "template": "%(prop:a)s", "subject": "b"}), &[]);
    }

    #[test]
    fn what_is_wrong() {
        check(
            json!({"kind": "MessageFormatterRenderable", "template": "%(b)s", "subject": "%(secret:c)s", "ctx": {}}),
            &[
                "/messageFormatter/ctx: MessageFormatterRenderable has no such argument",
                "/messageFormatter/template: `%(b)s`: expected a selector and a name, such as `prop:branch`",
                "/messageFormatter/subject: a message tells no secrets",
            ],
        );
        check(
            json!({"template": "a\n{% if b %}"}),
            &["/messageFormatter/template: line 2: unexpected end of input, expected end of block"],
        );
        check(
            json!({"template": "{{ a|nonsense }}"}),
            &["/messageFormatter/template: line 1: there is no filter `nonsense`"],
        );
        check(
            json!({"kind": "MessageFormatterEmpty", "template": "a"}),
            &["/messageFormatter/template: MessageFormatterEmpty has no such argument"],
        );
        check(
            json!({"template_type": "json"}),
            &["/messageFormatter/template_type: unknown variant `json`, expected `plain` or `html`"],
        );
        check(
            json!({"want_steps": "yes"}),
            &["/messageFormatter/want_steps: invalid type: string \"yes\", expected a boolean"],
        );
        check(json!({"plugin": 7}), &["/messageFormatter: expected the name of a message-formatter plugin"]);
        check(
            json!({"kind": "MessageFormatterFunction"}),
            &["/messageFormatter: expected the name of a message-formatter plugin"],
        );
    }
}
