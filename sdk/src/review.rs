//! Answers of review callbacks, in few words.

use crate::contract::Answer;
use crate::contract::Verdict;

impl Answer {
    /// These words, without a vote.
    pub fn message(text: impl Into<String>) -> Self {
        Self::Say(Verdict { message: text.into(), labels: Some(Vec::new()) })
    }

    /// With a vote. What is not said has none.
    #[must_use]
    pub fn vote(self, label: impl Into<String>, vote: i32) -> Self {
        match self {
            Self::Say(Verdict { message, labels }) => {
                let mut labels = labels.unwrap_or_default();
                labels.push((label.into(), vote));
                Self::Say(Verdict { message, labels: Some(labels) })
            }
            other => other,
        }
    }

    /// With the vote that the results make: `Verified`, 1 where all went well and -1 where not.
    #[must_use]
    pub fn vote_by_results(self) -> Self {
        match self {
            Self::Say(Verdict { message, .. }) => Self::Say(Verdict { message, labels: None }),
            other => other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_present_empty_or_absent() {
        let labels = |answer| match answer {
            Answer::Say(Verdict { labels, .. }) => labels,
            other => panic!("nothing is said: {other:?}"),
        };
        assert_eq!(labels(Answer::message("m")), Some(Vec::new()));
        assert_eq!(labels(Answer::message("m").vote("Verified", 1)), Some(vec![("Verified".into(), 1)]));
        assert_eq!(labels(Answer::message("m").vote_by_results()), None);
        assert_eq!(Answer::Nothing.vote("Verified", 1), Answer::Nothing);
    }
}
