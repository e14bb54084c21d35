//! The table of endpoints, made ready for looking paths up.

use super::endpoint::Endpoint;
use super::pattern;
use super::pattern::KeyKind;
use super::pattern::Part;
use super::table::ENDPOINTS;
use crate::store::query::Values;
use std::borrow::Cow;

/// The keys of a path by their names.
pub(in crate::data) type Keys = Vec<(&'static str, Values)>;

/// The endpoints by the number of their parts, in the order of the table: the first that fits is meant.
pub(in crate::data) struct Routes {
    by_length: Vec<Vec<(Vec<Part>, &'static Endpoint)>>,
}

impl Routes {
    pub(in crate::data) fn new() -> Self {
        let mut by_length: Vec<Vec<_>> = Vec::new();
        for endpoint in ENDPOINTS.iter().copied().flatten() {
            let parts: Vec<Part> = endpoint.parts().collect();
            if by_length.len() <= parts.len() {
                by_length.resize_with(parts.len() + 1, Vec::new);
            }
            if let Some(same) = by_length.get_mut(parts.len()) {
                same.push((parts, endpoint));
            }
        }
        Self { by_length }
    }

    pub(in crate::data) fn find(&self, path: &[Cow<'_, str>]) -> Option<(&'static Endpoint, Keys)> {
        let same = self.by_length.get(path.len())?;
        same.iter().find_map(|(parts, endpoint)| Some((*endpoint, fit(parts, path)?)))
    }
}

fn fit(parts: &[Part], path: &[Cow<'_, str>]) -> Option<Keys> {
    // Words first: most patterns of the same length differ by them.
    let words = parts.iter().zip(path).all(|(part, text)| !matches!(part, Part::Word(word) if word != text));
    if !words {
        return None;
    }
    let mut keys = Vec::new();
    for (part, text) in parts.iter().zip(path) {
        match part {
            Part::Word(_) => {}
            Part::Key { name, kind: KeyKind::Number } => keys.push((*name, Values::Number(number(text)?))),
            Part::Key { name, kind: KeyKind::Identifier } => {
                keys.push((*name, Values::Text(pattern::is_identifier(text).then(|| text.to_string())?)));
            }
            Part::Key { name, kind: KeyKind::Text } => keys.push((*name, Values::Text(text.to_string()))),
        }
    }
    Some(keys)
}

fn number(text: &str) -> Option<i64> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    // A number beyond all ids is one that nothing has.
    is_number.then(|| text.parse().unwrap_or(-1))
}
