//! What a resource is: its names, its fields, and the keys by which it is looked for.

use super::field::Field;

/// A kind of resource.
#[derive(Debug)]
pub struct Resource {
    /// Of one: `build`.
    pub name: &'static str,
    /// Of several, and the key of the envelope: `builds`.
    pub plural: &'static str,
    /// By name.
    pub fields: &'static [Field],
    pub(super) table: &'static str,
    /// The field by which a list is ordered unless it is asked for otherwise. No two rows of a list have the same.
    pub(super) order: &'static str,
    /// Tried in order; each uses up the keys that it names.
    pub(super) keys: &'static [Key],
}

/// Rows by one or several keys of a path.
#[derive(Debug)]
pub(super) struct Key {
    pub(super) names: &'static [&'static str],
    /// A condition with one parameter for each of the names.
    pub(super) sql: &'static str,
}

impl Resource {
    pub fn field(&self, name: &str) -> Option<&'static Field> {
        self.fields.iter().find(|field| field.name == name)
    }

    /// Whether `property=` says something here.
    pub fn has_chosen_properties(&self) -> bool {
        self.fields.iter().any(|field| field.is_chosen_properties())
    }
}

pub(super) const fn key(names: &'static [&'static str], sql: &'static str) -> Key {
    Key { names, sql }
}
