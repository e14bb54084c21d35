//! What an endpoint is: a path with keys in it, and what it gives.

use super::pattern;
use super::pattern::Part;
use crate::store::query::Resource;

/// One path of the data API.
#[derive(Debug)]
pub struct Endpoint {
    /// `/builds/{buildid:n}/steps`; `n` is a number, `i` an identifier, `s` any text.
    pub pattern: &'static str,
    pub gives: Gives,
    /// What is there, in a line.
    pub says: &'static str,
}

/// What is found at a path.
#[derive(Clone, Copy, Debug)]
pub enum Gives {
    One(&'static Resource),
    Many(&'static Resource),
    /// The changes that a build brought.
    Blame(&'static Resource),
    /// All properties of a build or buildset as one object, under the key `properties`.
    Properties,
    /// The bytes of what was noted of a build.
    Bytes,
    /// The paths of collections, under the key `rootlinks`.
    RootLinks,
    /// This table, under the key `specs`.
    Specification,
}

impl Endpoint {
    /// The parts of the path, in order.
    pub fn parts(&self) -> impl Iterator<Item = Part> {
        pattern::parts(self.pattern)
    }
}

impl Gives {
    /// The type of the resources, where they have one.
    pub fn resource(self) -> Option<&'static Resource> {
        match self {
            Self::One(resource) | Self::Many(resource) | Self::Blame(resource) => Some(resource),
            Self::Properties | Self::Bytes | Self::RootLinks | Self::Specification => None,
        }
    }

    /// Whether it takes filters, an order and a page.
    pub fn is_collection(self) -> bool {
        match self {
            Self::Many(_) | Self::Blame(_) | Self::RootLinks | Self::Specification => true,
            Self::One(_) | Self::Properties | Self::Bytes => false,
        }
    }
}

pub(super) const fn one(pattern: &'static str, resource: &'static Resource, says: &'static str) -> Endpoint {
    Endpoint { pattern, gives: Gives::One(resource), says }
}

pub(super) const fn many(pattern: &'static str, resource: &'static Resource, says: &'static str) -> Endpoint {
    Endpoint { pattern, gives: Gives::Many(resource), says }
}

pub(super) const fn other(pattern: &'static str, gives: Gives, says: &'static str) -> Endpoint {
    Endpoint { pattern, gives, says }
}
