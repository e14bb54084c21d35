//! Settings that mean more than themselves: destinations, secrets, other plugins.
//!
//! The schema marks them with `x-campanile`, and names the setting that holds the port with `x-campanile-port`.

use crate::plugin::settings::CallbacksSetting;
use crate::plugin::settings::FormatterSetting;
use crate::plugin::settings::NamedPlugin;
use crate::plugin::settings::walk;
use crate::plugin::settings::walk::Node;
use serde_json::Value;

/// Marks a text with placeholders, or what holds such texts: `%(secret:name)s` in them is a secret.
const TEXT: &str = "text";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MarkKind {
    HttpOrigin,
    SmtpRelay,
    SshHost,
    SshIdentity,
    IrcServer,
    Secret,
    TlsVerify,
    Control,
    MessageFormatter,
    ReviewCallbacks,
    AddressLookup,
    PreviousBuild,
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

impl Mark {
    /// The name of the other plugin that the setting names.
    pub fn plugin(self) -> Option<String> {
        match self.kind {
            MarkKind::MessageFormatter => match FormatterSetting::of(self.value) {
                FormatterSetting::Plugin(plugin) => Some(plugin.name),
                FormatterSetting::Own | FormatterSetting::Unknown => None,
            },
            MarkKind::ReviewCallbacks => CallbacksSetting::of(self.value).map(|callbacks| callbacks.name),
            MarkKind::AddressLookup | MarkKind::PreviousBuild => NamedPlugin::of(self.value).map(|plugin| plugin.name),
            MarkKind::HttpOrigin
            | MarkKind::SmtpRelay
            | MarkKind::SshHost
            | MarkKind::SshIdentity
            | MarkKind::IrcServer
            | MarkKind::Secret
            | MarkKind::TlsVerify
            | MarkKind::Control => None,
        }
    }
}

impl MarkKind {
    fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "http-origin" => Self::HttpOrigin,
            "smtp-relay" => Self::SmtpRelay,
            "ssh-host" => Self::SshHost,
            "ssh-identity" => Self::SshIdentity,
            "irc-server" => Self::IrcServer,
            "secret" => Self::Secret,
            "tls-verify" => Self::TlsVerify,
            "control" => Self::Control,
            "message-formatter" => Self::MessageFormatter,
            "review-callbacks" => Self::ReviewCallbacks,
            "address-lookup" => Self::AddressLookup,
            "previous-build" => Self::PreviousBuild,
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
        let name = node.get("x-campanile").and_then(Value::as_str).unwrap_or_default();
        if name == TEXT {
            return self.mark_secrets(value, place.at);
        }
        let Some(kind) = MarkKind::from_name(name) else { return };
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

    /// The secrets that a text names.
    fn mark_secrets(&mut self, value: &Value, at: &str) {
        match value {
            Value::String(text) => {
                let is_default = self.written.pointer(at).is_none();
                for name in secrets(text) {
                    let value = Value::from(name);
                    let known =
                        |mark: &Mark| mark.kind == MarkKind::Secret && mark.pointer == at && mark.value == value;
                    if !self.marks.iter().any(known) {
                        let (kind, pointer) = (MarkKind::Secret, at.to_owned());
                        self.marks.push(Mark { kind, pointer, value, port: None, is_default });
                    }
                }
            }
            Value::Array(list) => {
                for (i, inner) in list.iter().enumerate() {
                    self.mark_secrets(inner, &walk::join(at, i));
                }
            }
            Value::Object(object) => {
                for (key, inner) in object {
                    self.mark_secrets(inner, &walk::join(at, key));
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }
}

/// The names in `%(secret:…)s`.
fn secrets(text: &str) -> impl Iterator<Item = &str> {
    text.split("%(secret:").skip(1).filter_map(|rest| rest.split_once(')')).map(|(name, _)| name)
}

fn port(node: &Node, parent: Option<&Value>) -> Option<u16> {
    let key = node.get("x-campanile-port")?.as_str()?;
    u16::try_from(parent?.get(key)?.as_u64()?).ok()
}
