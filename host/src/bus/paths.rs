//! What one connection consumes: its paths, from where each of them counts, and how far the log was read for them.
//!
//! A topic is looked up and not compared: paths of one shape (so many parts, stars at these places) share one look, so
//! that a connection with a thousand paths costs little more than one with ten.
//!
//! Invariant: for every path, what lies behind `after` and not behind `at` was handed over.

use crate::model::Pattern;
use crate::model::Seq;
use std::collections::HashMap;
use thiserror::Error;

/// Paths that one connection may consume.
pub const MOST_PATHS: usize = 1024;

/// Parts of a path. The longest topics have seven.
const MOST_PARTS: usize = 16;

/// Why a path is not consumed, or no longer.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum PathError {
    #[error("a connection consumes at most {MOST_PATHS} paths; stop consuming some, or open another one")]
    TooMany,
    #[error("a path has at most {MOST_PARTS} parts")]
    TooLong,
    #[error("the path is consumed already")]
    Consumed,
    #[error("the path is not consumed")]
    NotConsumed,
}

/// How a path is consumed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Consumed {
    /// Events behind this position.
    pub after: Seq,
    /// Whether their positions are told along.
    pub numbered: bool,
}

#[derive(Debug)]
pub(super) struct Paths {
    at: Seq,
    consumed: HashMap<Box<str>, Consumed>,
    shapes: Vec<Shape>,
}

/// So many parts, stars at the bits that are set, and how many paths look like that.
#[derive(Debug, PartialEq, Eq)]
struct Shape {
    parts: usize,
    stars: u32,
    paths: usize,
}

impl Paths {
    pub(super) fn new(at: Seq) -> Self {
        Self { at, consumed: HashMap::new(), shapes: Vec::new() }
    }

    /// How far the log was read; nothing while nothing is consumed.
    pub(super) fn position(&self) -> Option<Seq> {
        (!self.consumed.is_empty()).then_some(self.at)
    }

    pub(super) fn advance(&mut self, to: Seq) {
        self.at = to;
    }

    pub(super) fn add(&mut self, path: &Pattern, how: Consumed) -> Result<(), PathError> {
        let text = path.to_string();
        let (parts, stars) = shape(&text);
        if parts > MOST_PARTS {
            return Err(PathError::TooLong);
        }
        if self.consumed.contains_key(text.as_str()) {
            return Err(PathError::Consumed);
        }
        if self.consumed.len() == MOST_PATHS {
            return Err(PathError::TooMany);
        }
        self.begin(how.after);
        self.consumed.insert(text.into(), how);
        match self.shapes.iter_mut().find(|shape| (shape.parts, shape.stars) == (parts, stars)) {
            Some(shape) => shape.paths += 1,
            None => self.shapes.push(Shape { parts, stars, paths: 1 }),
        }
        Ok(())
    }

    /// Goes back to where a new path begins; what the others have had already does not count for them again.
    fn begin(&mut self, after: Seq) {
        if self.consumed.is_empty() {
            self.at = after;
        } else if after < self.at {
            for consumed in self.consumed.values_mut() {
                consumed.after = consumed.after.max(self.at);
            }
            self.at = after;
        }
    }

    pub(super) fn remove(&mut self, path: &Pattern) -> Result<(), PathError> {
        let text = path.to_string();
        self.consumed.remove(text.as_str()).ok_or(PathError::NotConsumed)?;
        let (parts, stars) = shape(&text);
        for shape in self.shapes.iter_mut().filter(|shape| (shape.parts, shape.stars) == (parts, stars)) {
            shape.paths -= 1;
        }
        self.shapes.retain(|shape| shape.paths > 0);
        Ok(())
    }

    /// Each of the paths that an event with this topic matches.
    pub(super) fn of(&self, topic: &str, seq: Seq) -> impl Iterator<Item = Consumed> {
        let parts = topic.split('/').count();
        let same = self.shapes.iter().filter(move |shape| shape.parts == parts);
        same.filter_map(move |shape| self.consumed.get(starred(topic, shape.stars).as_str()).copied())
            .filter(move |consumed| consumed.after < seq)
    }
}

fn shape(path: &str) -> (usize, u32) {
    path.split('/').fold((0, 0), |(parts, stars), part| {
        // What is longer is refused by its number of parts.
        let star = u32::from(part == "*" && parts < MOST_PARTS);
        (parts + 1, stars | star << parts.min(MOST_PARTS))
    })
}

/// The topic with stars at these places.
fn starred(topic: &str, stars: u32) -> String {
    let mut text = String::with_capacity(topic.len());
    for (index, part) in topic.split('/').enumerate() {
        if index > 0 {
            text.push('/');
        }
        text.push_str(if stars >> index & 1 == 1 { "*" } else { part });
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pattern(text: &str) -> Pattern {
        Pattern::parse(text).expect("a pattern")
    }

    fn from(after: i64) -> Consumed {
        Consumed { after: Seq(after), numbered: false }
    }

    fn hits(paths: &Paths, topic: &str, seq: i64) -> usize {
        paths.of(topic, Seq(seq)).count()
    }

    #[test]
    fn a_topic_finds_each_path_that_matches_it() {
        let mut paths = Paths::new(Seq(0));
        for path in ["builds/*/*", "builds/7/*", "builds/7/new", "*/*/*", "builds/*", "steps/*/new"] {
            paths.add(&pattern(path), from(0)).expect("it is consumed");
        }
        let check = |topic: &str, expected: usize| assert_eq!(hits(&paths, topic, 1), expected, "{topic}");
        check("builds/7/new", 4);
        check("builds/7/finished", 3);
        check("builds/8/new", 2);
        check("steps/8/new", 2);
        check("builds/8", 1);
        check("builds/8/steps/new", 0);
        paths.remove(&pattern("builds/7/*")).expect("it was consumed");
        assert_eq!(hits(&paths, "builds/7/new", 1), 3);
        assert_eq!(paths.remove(&pattern("builds/7/*")), Err(PathError::NotConsumed));
    }

    #[test]
    fn who_begins_further_back_does_not_repeat_the_others() {
        let mut paths = Paths::new(Seq(0));
        paths.add(&pattern("builds/*/*"), from(10)).expect("it is consumed");
        paths.advance(Seq(20));
        paths.add(&pattern("steps/*/*"), from(15)).expect("it is consumed");
        assert_eq!(paths.position(), Some(Seq(15)));
        assert_eq!((hits(&paths, "builds/1/new", 20), hits(&paths, "builds/1/new", 21)), (0, 1));
        assert_eq!((hits(&paths, "steps/1/new", 15), hits(&paths, "steps/1/new", 16)), (0, 1));
        // One that begins later than what was read waits for its place.
        paths.add(&pattern("logs/*/*"), from(30)).expect("it is consumed");
        assert_eq!((paths.position(), hits(&paths, "logs/1/new", 30)), (Some(Seq(15)), 0));
    }

    #[test]
    fn paths_are_bounded() {
        let mut paths = Paths::new(Seq(0));
        let long = vec!["*"; MOST_PARTS + 1].join("/");
        assert_eq!(paths.add(&pattern(&long), from(0)), Err(PathError::TooLong));
        for number in 0..MOST_PATHS {
            paths.add(&pattern(&format!("builds/{number}/*")), from(0)).expect("it is consumed");
        }
        assert_eq!(paths.add(&pattern("builds/1/*"), from(0)), Err(PathError::Consumed));
        assert_eq!(paths.add(&pattern("more/1/*"), from(0)), Err(PathError::TooMany));
    }
}
