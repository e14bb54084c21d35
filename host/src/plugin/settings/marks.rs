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
    finder.visit(&[schema], settings, Place { at: "", parent: None });
    finder.marks
}

struct Finder<'s> {
    root: &'s Value,
    written: &'s Value,
    marks: Vec<Mark>,
}

/// Where a value stands: its pointer, and the object that holds it.
#[derive(Clone, Copy)]
struct Place<'v> {
    at: &'v str,
    parent: Option<&'v Value>,
}

impl<'s> Finder<'s> {
    fn visit(&mut self, nodes: &[&'s Value], value: &Value, place: Place<'_>) {
        let flat: Vec<&Node> = nodes.iter().flat_map(|node| walk::flatten(self.root, node, value)).collect();
        flat.iter().for_each(|node| self.mark(node, value, place));
        match value {
            Value::Object(object) => {
                for (key, inner) in object {
                    let at = walk::join(place.at, key);
                    self.visit(&walk::property(&flat, key), inner, Place { at: &at, parent: Some(value) });
                }
            }
            Value::Array(list) => {
                for (i, inner) in list.iter().enumerate() {
                    let at = walk::join(place.at, i);
                    self.visit(&walk::element(&flat, i), inner, Place { at: &at, ..place });
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }

    fn mark(&mut self, node: &Node, value: &Value, place: Place<'_>) {
        let Some(kind) = node.get("x-campanile").and_then(Value::as_str).and_then(MarkKind::from_name) else { return };
        // A marked list is a list of marked values.
        if let Value::Array(list) = value {
            for (i, inner) in list.iter().enumerate() {
                self.mark(node, inner, Place { at: &walk::join(place.at, i), ..place });
            }
            return;
        }
        let pointer = place.at.to_owned();
        let known = self.marks.iter().any(|mark| mark.kind == kind && mark.pointer == pointer);
        if value.is_null() || known {
            return;
        }
        let (port, is_default) = (port(node, place.parent), self.written.pointer(&pointer).is_none());
        self.marks.push(Mark { kind, pointer, value: value.clone(), port, is_default });
    }
}

fn port(node: &Node, parent: Option<&Value>) -> Option<u16> {
    let key = node.get("x-campanile-port")?.as_str()?;
    u16::try_from(parent?.get(key)?.as_u64()?).ok()
}
