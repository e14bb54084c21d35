//! Filling in.

use std::collections::BTreeMap;

use serde_json::Value;

use super::Interpolate;
use super::Lookup;
use super::Piece;
use super::Selector;
use crate::contract::BuildReport;
use crate::contract::BuildsetReport;
use crate::contract::Part;
use crate::contract::Property;
use crate::contract::RequestReport;
use crate::contract::SourceStamp;
use crate::contract::Text;
use crate::python;

/// Keywords refer to each other so deep; a circle ends.
const DEEPEST: usize = 8;

/// Where values come from.
#[derive(Debug, Clone, Copy, Default)]
pub struct Sources<'a> {
    properties: &'a [Property],
    stamps: &'a [SourceStamp],
    builder: Option<&'a str>,
    number: Option<u32>,
}

impl<'a> Sources<'a> {
    /// A build. Its properties must have been wanted.
    #[must_use]
    pub fn build(report: &'a BuildReport) -> Self {
        Self {
            properties: &report.properties,
            stamps: &report.buildset.source_stamps,
            builder: Some(&report.builder.name),
            number: Some(report.build.number),
        }
    }

    /// A request. Its properties must have been wanted.
    #[must_use]
    pub fn request(report: &'a RequestReport) -> Self {
        Self {
            properties: &report.properties,
            stamps: &report.buildset.source_stamps,
            builder: Some(&report.builder.name),
            number: None,
        }
    }

    /// A buildset as a whole: it has source stamps, but no properties of its own.
    #[must_use]
    pub fn buildset(report: &'a BuildsetReport) -> Self {
        Self { stamps: &report.buildset.source_stamps, ..Self::default() }
    }
}

impl Interpolate {
    /// The text with all filled in; what is missing is empty. Secrets stay references.
    #[must_use]
    pub fn fill(&self, sources: Sources<'_>) -> Text {
        let mut filler = Filler { sources, text: Vec::new(), depth: 0, absent: None };
        filler.pieces(&self.pieces, &self.keywords);
        filler.text
    }

    /// The first property that a placeholder asks for and that is not there, whatever is said instead.
    #[must_use]
    pub fn absent(&self, sources: Sources<'_>) -> Option<String> {
        let mut filler = Filler { sources, text: Vec::new(), depth: 0, absent: None };
        filler.pieces(&self.pieces, &self.keywords);
        filler.absent
    }

    /// The same where no secret may stand; a secret is left out.
    #[must_use]
    pub fn fill_plain(&self, sources: Sources<'_>) -> String {
        plain(self.fill(sources))
    }
}

fn plain(text: Text) -> String {
    let literal = |part| match part {
        Part::Literal(text) => text,
        Part::Secret(_) => String::new(),
    };
    text.into_iter().map(literal).collect()
}

struct Filler<'a> {
    sources: Sources<'a>,
    text: Text,
    depth: usize,
    absent: Option<String>,
}

impl Filler<'_> {
    fn pieces(&mut self, pieces: &[Piece], keywords: &BTreeMap<String, Interpolate>) {
        for piece in pieces {
            match piece {
                Piece::Text(text) => self.push(text),
                Piece::Secret(name) => self.text.push(Part::Secret(name.clone())),
                Piece::Lookup(lookup) => self.lookup(lookup, keywords),
            }
        }
    }

    fn push(&mut self, text: &str) {
        match self.text.last_mut() {
            _ if text.is_empty() => {}
            Some(Part::Literal(last)) => last.push_str(text),
            _ => self.text.push(Part::Literal(text.to_owned())),
        }
    }

    fn lookup(&mut self, lookup: &Lookup, keywords: &BTreeMap<String, Interpolate>) {
        let found = match &lookup.from {
            Selector::Property => self.property(&lookup.name),
            Selector::Source(codebase) => self.stamp(codebase, &lookup.name),
            Selector::Keyword => return self.keyword(lookup, keywords),
        };
        if found.is_none() && matches!(lookup.from, Selector::Property) {
            self.absent.get_or_insert_with(|| lookup.name.clone());
        }
        let found = found.filter(|value| !(lookup.empty_is_missing && python::is_false(value)));
        match (found, &lookup.there) {
            (None, _) => self.pieces(&lookup.missing, keywords),
            (Some(_), Some(there)) => self.pieces(there, keywords),
            (Some(value), None) => self.push(&python::text(&value)),
        }
    }

    fn property(&self, name: &str) -> Option<Value> {
        let Some(property) = self.sources.properties.iter().find(|property| property.name == name) else {
            // What Buildbot sets on each build, and an engine need not repeat.
            return match name {
                "buildername" => self.sources.builder.map(Value::from),
                "buildnumber" => self.sources.number.map(Value::from),
                _ => None,
            };
        };
        Some(serde_json::from_str(&property.value).unwrap_or_else(|_| Value::from(property.value.as_str())))
    }

    fn stamp(&self, codebase: &str, attribute: &str) -> Option<Value> {
        let stamp = self.sources.stamps.iter().find(|stamp| stamp.codebase == codebase)?;
        let or_none = |text: &Option<String>| text.as_deref().map_or(Value::Null, Value::from);
        Some(match attribute {
            "branch" => or_none(&stamp.branch),
            "revision" => or_none(&stamp.revision),
            "repository" => Value::from(stamp.repository.as_str()),
            "project" => Value::from(stamp.project.as_str()),
            _ => Value::from(stamp.codebase.as_str()),
        })
    }

    fn keyword(&mut self, lookup: &Lookup, keywords: &BTreeMap<String, Interpolate>) {
        let Some(keyword) = keywords.get(&lookup.name).filter(|_| self.depth < DEEPEST) else {
            return self.pieces(&lookup.missing, keywords);
        };
        let before = std::mem::take(&mut self.text);
        self.depth += 1;
        self.pieces(&keyword.pieces, keywords);
        self.depth -= 1;
        let value = std::mem::replace(&mut self.text, before);
        match &lookup.there {
            _ if lookup.empty_is_missing && value.is_empty() => self.pieces(&lookup.missing, keywords),
            Some(there) => self.pieces(there, keywords),
            None => {
                for part in value {
                    match part {
                        Part::Literal(text) => self.push(&text),
                        secret @ Part::Secret(_) => self.text.push(secret),
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::interpolate::Renderable;
    use crate::literal;
    use crate::secret;
    use crate::testing::a_build;
    use serde_json::json;

    #[track_caller]
    fn check(text: &str, filled: &str) {
        let report = a_build("linux")
            .property("empty", "")
            .property_json("null", json!(null))
            .property_json("zero", json!(0))
            .property_json("list", json!(["a", "b"]))
            .property_json("yes", json!(true))
            .report();
        let interpolate = Interpolate::parse(text).expect("is well-formed");
        assert_eq!(interpolate.fill_plain(Sources::build(&report)), filled, "{text}");
    }

    #[test]
    fn values() {
        check("", "");
        check("%% 100%% of %(prop:branch)s", "% 100% of main");
        check("%(prop:nothing)s|%(prop:null)s|%(prop:empty)s", "||");
        check("%(prop:zero)s %(prop:list)s %(prop:yes)s", "0 ['a', 'b'] True");
        check("%(src::branch)s@%(src::revision)s of %(src::project)s", "main@d34db33f of proj");
        check("%(src::repository)s%(src::codebase)s", "https://git.example/proj");
        check("%(src:lib:revision)s", "");
        check("%(kw:nothing)s", "");
        check("%(prop:buildername)s #%(prop:buildnumber)s", "linux #1");
    }

    #[test]
    fn missing_or_empty() {
        check("%(prop:nothing:-other)s %(prop:branch:-other)s", "other main");
        check("%(prop:empty:-other)s%(prop:null:-other)s", "");
        check("%(prop:empty:~other)s %(prop:null:~other)s %(prop:zero:~other)s", "other other other");
        check("%(prop:nothing:~other)s %(prop:branch:~other)s", "other main");
        check("%(src:lib:revision:-HEAD)s", "HEAD");
    }

    #[test]
    fn there_or_not() {
        check("%(prop:nothing:+there)s", "");
        check("%(prop:branch:+there)s %(prop:null:+there)s", "there there");
        check("%(prop:branch:?|yes|no)s %(prop:nothing:?|yes|no)s %(prop:zero:?|yes|no)s", "yes no yes");
        check("%(prop:branch:#?|yes|no)s %(prop:nothing:#?:yes:no)s %(prop:zero:#?|yes|no)s", "yes no no");
        check("%(prop:nothing:?|a|)s%(prop:branch:?||b)s", "");
    }

    #[test]
    fn placeholders_in_placeholders() {
        check("%(prop:nothing:-%(prop:branch)s)s", "main");
        check("%(prop:branch:?|%(src::project:?|a|b)s|c)s", "a");
        check("%(prop:nothing:-100%%)s", "100%");
        check("%(prop:nothing:-(a|b))s", "(a|b)");
    }

    #[test]
    fn a_secret_stays_a_reference() {
        let fill = |text: &str| Interpolate::parse(text).expect("is well-formed").fill(Sources::default());
        assert_eq!(fill("a %(secret:token)s b"), [literal("a "), secret("token"), literal(" b")].concat());
        assert_eq!(fill("%(prop:nothing:-%(secret:token)s)s"), secret("token"));
        assert_eq!(fill(""), Vec::new());
    }

    #[test]
    fn keywords() {
        let setting = json!({"fmtstring": "%(kw:a)s, %(kw:b:-none)s, %(kw:c)s, %(kw:d:~empty)s, %(kw:loop)s",
            "kw": {"a": "on %(prop:branch)s", "c": "%(secret:token)s", "d": "", "loop": "%(kw:loop)s"}});
        let setting: Renderable = serde_json::from_value(setting).expect("fits");
        let report = a_build("linux").report();
        let filled = setting.read().expect("is well-formed").fill(Sources::build(&report));
        assert_eq!(filled, [literal("on main, none, "), secret("token"), literal(", empty, ")].concat());
    }
}
