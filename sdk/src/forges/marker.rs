//! The marker by which a comment is found again.

use std::hash::DefaultHasher;
use std::hash::Hash;
use std::hash::Hasher;

use crate::contract::Event;
use crate::plugin::Config;

/// What only one comment has: that of this reporter about this event at this place, among several by what sets them
/// apart. Letters and digits alone, which no answer spells otherwise.
pub fn marker<S>(config: &Config<S>, event: &Event, place: impl Hash) -> String {
    let mut hasher = DefaultHasher::new();
    (&config.url, &config.name, &event.topic, event.seq, place).hash(&mut hasher);
    format!("campanile{:016x}", hasher.finish())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::a_build;

    #[test]
    fn of_each_place_and_reporter_another_and_the_same_again() {
        let config = |name: &str| Config {
            name: name.to_owned(),
            title: String::from("Acme CI"),
            url: String::from("https://ci.example/"),
            settings: (),
        };
        let event = a_build("linux").finished();
        let of = |name: &str, place: &str| marker(&config(name), &event, place);
        assert_eq!(of("a", "issues/1"), of("a", "issues/1"));
        assert_ne!(of("a", "issues/1"), of("a", "issues/2"));
        assert_ne!(of("a", "issues/1"), of("b", "issues/1"));
        assert!(of("a", "issues/1").bytes().all(|byte| byte.is_ascii_alphanumeric()));
    }
}
