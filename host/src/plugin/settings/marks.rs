//! Settings that mean more than themselves: destinations, secrets, other plugins.
//!
//! The schema marks them with `x-campanile`, and names the setting that holds the port with `x-campanile-port`.

use crate::plugin::settings::walk;
use crate::plugin::settings::walk::Node;
use serde_json::Value;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MarkKind {
    HttpOrigin,
    SmtpRelay,
    SshHost,
    IrcServer,
    Secret,
    MessageFormatter,
    ReviewCallbacks,
    AddressLookup,
}

/// A marked setting that has a value.
#[derive(Clone, Debug, PartialEq)]
pub struct Mark {
    pub kind: MarkKind,
    /// Where it stands, as a JSON pointer.
    pub pointer: String,
    pub value: Value,
    /// The port that stands next to it.
    pub port: Option<u16>,
    /// Whether the value is the schema's, not the operator's.
    pub is_default: bool,
}

impl MarkKind {
    fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "http-origin" => Self::HttpOrigin,
            "smtp-relay" => Self::SmtpRelay,
            "ssh-host" => Self::SshHost,
            "irc-server" => Self::IrcServer,
            "secret" => Self::Secret,
            "message-formatter" => Self::MessageFormatter,
            "review-callbacks" => Self::ReviewCallbacks,
            "address-lookup" => Self::AddressLookup,
            // A mark of a later host grants nothing on this one.
            _ => return None,
        })
    }
}

/// The marks of settings, in the order of the settings. `written` are they without defaults.
pub(super) fn find(schema: &Value, settings: &Value, written: &Value) -> Vec<Mark> {
    let mut finder = Finder { root: schema, written, marks: Vec::new() };
    finder.visit(&[schema], settings, ("", None));
    finder.marks
}

struct Finder<'s> {
    root: &'s Value,
    written: &'s Value,
    marks: Vec<Mark>,
}

impl<'s> Finder<'s> {
    fn visit(&mut self, nodes: &[&'s Value], value: &Value, (at, parent): (&str, Option<&Value>)) {
        let flat: Vec<&Node> = nodes.iter().flat_map(|node| walk::flatten(self.root, node, value)).collect();
        for node in &flat {
            let kind = node.get("x-campanile").and_then(Value::as_str).and_then(MarkKind::from_name);
            if let Some(kind) = kind {
                self.mark(kind, value, (at, port(node, parent)));
            }
        }
        match value {
            Value::Object(object) => {
                for (key, inner) in object {
                    self.visit(&walk::property(&flat, key), inner, (&walk::join(at, key), Some(value)));
                }
            }
            Value::Array(list) => {
                for (i, inner) in list.iter().enumerate() {
                    self.visit(&walk::element(&flat, i), inner, (&walk::join(at, i), parent));
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }

    fn mark(&mut self, kind: MarkKind, value: &Value, (at, port): (&str, Option<u16>)) {
        // A marked list is a list of marked values.
        if let Value::Array(list) = value {
            for (i, inner) in list.iter().enumerate() {
                self.mark(kind, inner, (&walk::join(at, i), port));
            }
            return;
        }
        let known = self.marks.iter().any(|mark| mark.kind == kind && mark.pointer == at);
        if value.is_null() || known {
            return;
        }
        let is_default = self.written.pointer(at).is_none();
        self.marks.push(Mark { kind, pointer: at.to_owned(), value: value.clone(), port, is_default });
    }
}

fn port(node: &Node, parent: Option<&Value>) -> Option<u16> {
    let key = node.get("x-campanile-port")?.as_str()?;
    u16::try_from(parent?.get(key)?.as_u64()?).ok()
}
