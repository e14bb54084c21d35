//! Jinja2's templates, by minijinja, where the two differ as Jinja2 has it.
//!
//! What is undefined prints as nothing and has no attributes. Values print as Python prints them. In HTML everything
//! that comes from outside of the template is escaped, unless it is marked `|safe`.

use minijinja::AutoEscape;
use minijinja::Environment;
use minijinja::Error;
use minijinja::ErrorKind;
use minijinja::Output;
use minijinja::State;
use minijinja::Value;
use minijinja::value::Kwargs;
use minijinja::value::Serde;
use minijinja::value::ValueKind;
use minijinja::value::merge_maps;
use serde_json::Map;

use crate::contract::BodyKind;
use crate::message::escape;
use crate::python;
use crate::time::clock_text;

/// Blanks that a filter adds in a row.
const MOST_BLANKS: usize = 1000;

/// The templates of one message.
pub(super) struct Templates {
    environment: Environment<'static>,
    context: Value,
}

impl Templates {
    /// What the host says, and what the operator put in its place.
    pub(super) fn new(context: &str, changed: &Map<String, serde_json::Value>) -> Result<Self, String> {
        let context: Value =
            serde_json::from_str(context).map_err(|error| format!("the context does not parse: {error}"))?;
        let context = if changed.is_empty() { context } else { merge_maps([context, Value::from(Serde(changed))]) };
        Ok(Self { environment: environment(), context })
    }

    pub(super) fn render(&self, source: &str, kind: BodyKind) -> Result<String, String> {
        let name = if kind == BodyKind::Html { "html" } else { "plain" };
        let rendered = self.environment.render_named_str(name, source, self.context.clone());
        rendered.map_err(|error| told(&error))
    }
}

/// Whether a template can be read, and knows its filters.
pub(super) fn check(source: &str) -> Result<(), String> {
    let environment = environment();
    environment.template_from_str(source).map_err(|error| told(&error))?;
    for (line, name) in filters(source) {
        let known = ["{{ '", name, "' is filter }}"].concat();
        if environment.render_str(&known, ()).is_ok_and(|answer| answer != "True") {
            return Err(format!("line {line}: there is no filter `{name}`"));
        }
    }
    Ok(())
}

fn environment() -> Environment<'static> {
    let mut environment = Environment::new();
    minijinja_contrib::add_to_environment(&mut environment);
    environment.set_unknown_method_callback(minijinja_contrib::pycompat::unknown_method_callback);
    environment.set_auto_escape_callback(|name| if name == "html" { AutoEscape::Html } else { AutoEscape::None });
    environment.set_formatter(print);
    environment.add_filter("e", escaped);
    environment.add_filter("escape", escaped);
    environment.add_filter("forceescape", |value: &Value| Value::from_safe_string(escape(&shown(value))));
    environment.add_filter("string", |value: &Value| if value.is_safe() { value.clone() } else { shown(value).into() });
    environment.add_filter("utc", |at: &Value| u64::try_from(at.clone()).map(clock_text).unwrap_or_default());
    environment.add_filter("center", |text: &str, width: Option<usize>| centered(text, width.unwrap_or(80)));
    environment.add_filter("indent", indented);
    environment.add_filter("truncate", truncated);
    environment.add_filter("wordcount", |text: &Value| words(&shown(text)));
    environment.add_filter("wordwrap", |text: &Value, width: Option<u32>, more: Kwargs| {
        let more = width.map_or(more, |width| Kwargs::from_iter([("width", Value::from(width))]));
        minijinja_contrib::filters::wordwrap(text, more)
    });
    environment
}

fn print(out: &mut Output<'_>, state: &mut State<'_, '_>, value: &Value) -> Result<(), Error> {
    let is_html = *state.auto_escape() == AutoEscape::Html;
    match value.as_str() {
        Some(text) if value.is_safe() || !is_html => out.write_str(text)?,
        Some(text) => out.write_str(&escape(text))?,
        None if is_html => out.write_str(&escape(&shown(value)))?,
        None => out.write_str(&shown(value))?,
    }
    Ok(())
}

/// As Python prints it; what is undefined is nothing.
fn shown(value: &Value) -> String {
    match value.kind() {
        ValueKind::Undefined => String::new(),
        ValueKind::None => String::from("None"),
        ValueKind::String => value.as_str().unwrap_or_default().to_owned(),
        ValueKind::Bool | ValueKind::Seq | ValueKind::Map => {
            serde_json::to_value(value).map_or_else(|_| value.to_string(), |value| python::text(&value))
        }
        _ => value.to_string(),
    }
}

fn escaped(value: &Value) -> Value {
    if value.is_safe() { value.clone() } else { Value::from_safe_string(escape(&shown(value))) }
}

/// Python's `\w+`. Minijinja's own filter brings 72 KiB of tables along, which each call's memory would begin with.
fn words(text: &str) -> usize {
    text.split(|c: char| !(c.is_alphanumeric() || c == '_')).filter(|word| !word.is_empty()).count()
}

fn centered(text: &str, width: usize) -> String {
    format!("{text:^width$}", width = width.min(MOST_BLANKS))
}

/// Jinja2's: all lines but the first and the blank ones, and a line end at the end stays.
fn indented(text: &str, width: Option<Value>, first: Option<bool>, more: Kwargs) -> Result<String, Error> {
    let width = more.get::<Option<Value>>("width")?.or(width);
    let first = more.get::<Option<bool>>("first")?.or(first).unwrap_or_default();
    let blank = more.get::<Option<bool>>("blank")?.unwrap_or_default();
    more.assert_all_used()?;
    let width = match &width {
        Some(text) if text.as_str().is_some() => text.to_string(),
        Some(count) => " ".repeat(usize::try_from(count.clone())?.min(MOST_BLANKS)),
        None => " ".repeat(4),
    };
    let line = |(index, line): (usize, &str)| {
        let shifted = if index == 0 { first } else { blank || !line.is_empty() };
        if shifted { [&width, line].concat() } else { line.to_owned() }
    };
    Ok(text.split('\n').enumerate().map(line).collect::<Vec<_>>().join("\n"))
}

/// Jinja2's: at a word's end unless `killwords`, and not if only `leeway` characters are too many.
fn truncated(text: &str, length: Option<usize>, killwords: Option<bool>, more: Kwargs) -> Result<String, Error> {
    let named = |name, given: Option<usize>| Ok::<_, Error>(more.get::<Option<usize>>(name)?.or(given));
    let length = named("length", length)?.unwrap_or(255);
    let leeway = named("leeway", None)?.unwrap_or(5);
    let killwords = more.get::<Option<bool>>("killwords")?.or(killwords).unwrap_or_default();
    let end: String = more.get::<Option<String>>("end")?.unwrap_or_else(|| String::from("..."));
    more.assert_all_used()?;
    if text.chars().count() <= length.saturating_add(leeway) {
        return Ok(text.to_owned());
    }
    let kept: String = text.chars().take(length.saturating_sub(end.chars().count())).collect();
    let kept = if killwords { &kept } else { kept.rsplit_once(' ').map_or(kept.as_str(), |(words, _)| words) };
    Ok([kept, &end].concat())
}

/// What went wrong, and on which line.
fn told(error: &Error) -> String {
    let what = match (error.kind(), error.detail()) {
        (ErrorKind::SyntaxError, Some(detail)) => detail.to_owned(),
        (kind, Some(detail)) => format!("{kind}: {detail}"),
        (kind, None) => kind.to_string(),
    };
    error.line().map_or_else(|| what.clone(), |line| format!("line {line}: {what}"))
}

/// The filters that a template uses, each with its line. Jinja2 tells an unknown one when it reads the template.
fn filters(source: &str) -> Vec<(usize, &str)> {
    let mut found = Vec::new();
    let (mut inside, mut quote, mut line) = (false, None, 1);
    let mut at = 0;
    while let Some(char) = source[at..].chars().next() {
        let rest = &source[at..];
        at += char.len_utf8();
        match (char, quote) {
            ('\n', _) => line += 1,
            (_, Some(open)) => quote = (char != open).then_some(open),
            ('{', None) if rest.starts_with("{{") || rest.starts_with("{%") => inside = true,
            ('{', None) if rest.starts_with("{#") => {
                let comment = rest.find("#}").map_or(rest.len(), |end| end + 2);
                line += rest[..comment].matches('\n').count();
                at += comment - 1;
            }
            ('}' | '%', None) if rest.starts_with("}}") || rest.starts_with("%}") => inside = false,
            ('"' | '\'', None) if inside => quote = Some(char),
            ('|', None) if inside => {
                let name = rest[1..].trim_start();
                let end = name.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(name.len());
                found.push((line, &name[..end]));
            }
            _ => {}
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn render(template: &str, kind: BodyKind) -> Result<String, String> {
        let context = json!({
            "yes": true, "no": null, "list": ["a", 1, null], "dict": {"k": "v", "n": false}, "number": 1.0,
            "tag": "<b a=\"1\" c='2'>&/", "build": {"properties": {"p": ["v", "s"]}, "items": 3}, "text": "one two",
            "results": 2, "result_names": ["success", "warnings", "failure"],
        });
        let changed = Map::from_iter([("changed".to_owned(), json!("ours")), ("yes".to_owned(), json!("no"))]);
        let changed = if template.contains("changed") { changed } else { Map::new() };
        Templates::new(&context.to_string(), &changed).expect("a context").render(template, kind)
    }

    #[track_caller]
    fn check(template: &str, rendered: &str) {
        assert_eq!(render(template, BodyKind::Plain).as_deref(), Ok(rendered), "{template}");
    }

    #[track_caller]
    fn check_html(template: &str, rendered: &str) {
        assert_eq!(render(template, BodyKind::Html).as_deref(), Ok(rendered), "{template}");
    }

    #[test]
    fn values_print_as_in_python() {
        check(
            "{{ yes }} {{ no }} {{ list }} {{ dict }} {{ number }}",
            "True None ['a', 1, None] {'k': 'v', 'n': False} 1.0",
        );
        check("{{ list|join('-') }} {{ no|string }} {{ yes|string|lower }}", "a-1-None None true");
        check("{{ 7 // 2 }} {{ 7 / 2 }} {{ 2 ** 3 }} {{ 'a' ~ 1 ~ no }}", "3 3.5 8 a1None");
        check("{{ '%s of %d'|format('x', 3) }} {{ text.split()[1] }} {{ text|title }}", "x of 3 two One Two");
        check(
            "{{ result_names[results]|upper }} {{ build['properties']['p'][0] }} {{ build.properties.p[1] }}",
            "FAILURE v s",
        );
        check("{{ dict.items()|list }} {{ dict.get('x', 'none') }}", "[['k', 'v'], ['n', False]] none");
        check("{{ text|center(11) }}|{{ text|truncate(6) }}|{{ text|wordcount }}", "  one two  |one two|2");
        check("{{ 'Größe: snake_case, x-2'|wordcount }}", "4");
        check(
            "{{ 'one two three four'|truncate(10) }} {{ 'one two three'|truncate(6, true, leeway=0) }}",
            "one... one...",
        );
        check("{{ 'one two three'|wordwrap(7) }}", "one two\nthree");
    }

    #[test]
    fn times() {
        check("{{ 951782400|utc }} {{ 951782400.0|utc }}", "2000-02-29 00:00:00 UTC 2000-02-29 00:00:00 UTC");
        check("[{{ nothing|utc }}{{ 'x'|utc }}{{ (-1)|utc }}]", "[]");
    }

    #[test]
    fn indenting() {
        check("{{ 'a\n\nb\n'|indent }}|{{ 'a\nb'|indent(2, true) }}", "a\n\n    b\n|  a\n  b");
        check("{{ 'a\n\nb'|indent('> ', blank=true) }}", "a\n> \n> b");
    }

    #[test]
    fn what_is_undefined_is_nothing() {
        check("[{{ nothing }}{{ build.nothing }}{{ build['properties']['x'] }}]", "[]");
        check("{% for x in nothing %}{{ x }}{% else %}none{% endfor %} {{ nothing|default('d') }}", "none d");
        check("{{ nothing is defined }} {{ not nothing }} {{ nothing|list }}", "False True []");
        let told = render("a\n{{ nothing.more }}", BodyKind::Plain).expect_err("has no attributes");
        assert!(told.starts_with("line 2: undefined value"), "{told}");
    }

    #[test]
    fn line_ends() {
        check("a\n{% if yes %}\nb\n{% endif %}\nc\n", "a\n\nb\n\nc");
        check("a\n{%- if yes %} b {%- endif %}\n", "a b");
    }

    #[test]
    fn the_context_can_be_changed() {
        check("{{ changed }} {{ yes }} {{ results }}", "ours no 2");
    }

    #[test]
    fn in_html_what_comes_from_outside_is_escaped() {
        let escaped = "&lt;b a=&#34;1&#34; c=&#39;2&#39;&gt;&amp;/";
        check_html("<p>{{ tag }}</p>", &format!("<p>{escaped}</p>"));
        check_html(
            "{{ tag|e }}{{ tag|upper|e }}",
            &format!("{escaped}{}", "&lt;B A=&#34;1&#34; C=&#39;2&#39;&gt;&amp;/"),
        );
        check_html("{{ tag|safe }}", "<b a=\"1\" c='2'>&/");
        check_html("{{ [tag] }}", "[&#39;&lt;b a=&#34;1&#34; c=\\&#39;2\\&#39;&gt;&amp;/&#39;]");
        check_html("{% set x %}<i>{{ tag }}</i>{% endset %}{{ x }}", &format!("<i>{escaped}</i>"));
        check_html("{% macro m(x) %}<i>{{ x }}</i>{% endmacro %}{{ m(tag) }}", &format!("<i>{escaped}</i>"));
        check_html("{{ list|join('<br>') }}", "a&lt;br&gt;1&lt;br&gt;None");
        check("{{ tag }} {{ tag|e }}", &format!("<b a=\"1\" c='2'>&/ {escaped}"));
    }

    #[test]
    fn what_cannot_be_read() {
        let check = |template: &str, told: &str| assert_eq!(super::check(template).expect_err(template), told);
        check("a\n{{ b", "line 2: unexpected end of input, expected end of variable block");
        check("{% nonsense %}", "line 1: unknown statement nonsense");
        check("{# | x #}{{ '|y' }}\n{{ a | default(b|zip2) }}", "line 2: there is no filter `zip2`");
        assert_eq!(super::check("{{ a|e|default('|')|join('x')|wordwrap }} | nothing"), Ok(()));
    }
}
