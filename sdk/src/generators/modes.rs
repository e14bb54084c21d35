//! Modes: which outcomes of a build are worth a message.
//!
//! Builds that ended in `skipped` or `retry` are reported by no mode but `change`.

use crate::contract::Build;
use crate::contract::Problem;
use crate::contract::Results;
use crate::settings::OneOrMany;

/// A kind of outcome, by the name it has in Buildbot's configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// It ended otherwise than the build before.
    Change,
    /// It failed.
    Failing,
    /// It succeeded.
    Passing,
    /// It failed, and the build before did not.
    Problem,
    /// It had warnings.
    Warnings,
    /// It ended in an exception.
    Exception,
    /// It was cancelled.
    Cancelled,
}

impl Mode {
    /// All of them.
    pub const ALL: [Self; 7] =
        [Self::Change, Self::Failing, Self::Passing, Self::Problem, Self::Warnings, Self::Exception, Self::Cancelled];

    /// Its name in the configuration.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Change => "change",
            Self::Failing => "failing",
            Self::Passing => "passing",
            Self::Problem => "problem",
            Self::Warnings => "warnings",
            Self::Exception => "exception",
            Self::Cancelled => "cancelled",
        }
    }

    fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|mode| mode.name() == name)
    }

    fn fits(self, results: Option<Results>, previous: Option<&Build>) -> bool {
        match self {
            // A build before that still runs has no result, which differs from any.
            Self::Change => previous.is_some_and(|previous| previous.results != results),
            Self::Problem => {
                results == Some(Results::Failure)
                    && previous.is_some_and(|previous| previous.results != Some(Results::Failure))
            }
            Self::Failing => results == Some(Results::Failure),
            Self::Passing => results == Some(Results::Success),
            Self::Warnings => results == Some(Results::Warnings),
            Self::Exception => results == Some(Results::Exception),
            Self::Cancelled => results == Some(Results::Cancelled),
        }
    }
}

/// A set of modes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Modes(u8);

impl Modes {
    /// These modes.
    #[must_use]
    pub const fn of(modes: &[Mode]) -> Self {
        let mut set = 0;
        let mut at = 0;
        while at < modes.len() {
            set |= 1 << modes[at] as u8;
            at += 1;
        }
        Self(set)
    }

    /// The setting `mode` as it stands on a reporter itself, found at the JSON pointer `at`: a list of names, a
    /// name, or a shortcut. `all` is change, failing, passing, problem, warnings and exception, `warnings` by
    /// itself is failing and warnings.
    ///
    /// # Errors
    /// A problem for each name that is none.
    pub fn flat(setting: &OneOrMany, at: &str) -> Result<Self, Vec<Problem>> {
        match setting {
            OneOrMany::One(word) if word == "all" => Ok(ALL_BUT_CANCELLED),
            OneOrMany::One(word) if word == "warnings" => Ok(FAILING_AND_WARNINGS),
            OneOrMany::One(word) => {
                let mode = Mode::named(word).ok_or_else(|| vec![unknown(word, at, ", or `all`")])?;
                Ok(Self::of(&[mode]))
            }
            OneOrMany::Many(words) => Self::list(words, at),
        }
    }

    /// The setting `mode` of a generator, found at the JSON pointer `at`: a list of names, a name, or a shortcut.
    /// `all` is failing, passing, warnings, exception and cancelled, `warnings` by itself is failing and warnings.
    ///
    /// # Errors
    /// A problem for each name that is none.
    pub fn listed(setting: &OneOrMany, at: &str) -> Result<Self, Vec<Problem>> {
        match setting {
            OneOrMany::One(word) if word == "all" => Ok(Self::ALL_RESULTS),
            OneOrMany::One(_) | OneOrMany::Many(_) => Self::flat(setting, at),
        }
    }

    /// The modes that look at the result alone.
    pub const ALL_RESULTS: Self =
        Self::of(&[Mode::Failing, Mode::Passing, Mode::Warnings, Mode::Exception, Mode::Cancelled]);

    fn list(words: &[String], at: &str) -> Result<Self, Vec<Problem>> {
        let mut set = Self::default();
        let mut problems = Vec::new();
        for (index, word) in words.iter().enumerate() {
            match Mode::named(word) {
                Some(mode) => set.0 |= Self::of(&[mode]).0,
                None if word == "all" => {
                    problems.push(Problem::new(format!("{at}/{index}"), "`all` stands by itself, not in a list"));
                }
                None => problems.push(unknown(word, &format!("{at}/{index}"), "")),
            }
        }
        if problems.is_empty() { Ok(set) } else { Err(problems) }
    }

    /// Whether this mode is in the set.
    #[must_use]
    pub fn contains(self, mode: Mode) -> bool {
        self.0 & Self::of(&[mode]).0 != 0
    }

    /// The modes of the set, in the order of [`Mode::ALL`].
    pub fn iter(self) -> impl Iterator<Item = Mode> {
        Mode::ALL.into_iter().filter(move |mode| self.contains(*mode))
    }

    /// The names of the modes, for `Host::format`.
    #[must_use]
    pub fn names(self) -> Vec<String> {
        self.iter().map(|mode| mode.name().to_owned()).collect()
    }

    /// Whether the build before must be known: ask for `Want::PREVIOUS` then.
    #[must_use]
    pub fn need_previous(self) -> bool {
        self.contains(Mode::Change) || self.contains(Mode::Problem)
    }

    /// Whether a build that ended so is worth a message.
    #[must_use]
    pub fn fit(self, results: Option<Results>, previous: Option<&Build>) -> bool {
        self.iter().any(|mode| mode.fits(results, previous))
    }
}

const ALL_BUT_CANCELLED: Modes =
    Modes::of(&[Mode::Change, Mode::Failing, Mode::Passing, Mode::Problem, Mode::Warnings, Mode::Exception]);

const FAILING_AND_WARNINGS: Modes = Modes::of(&[Mode::Failing, Mode::Warnings]);

fn unknown(word: &str, at: &str, besides: &str) -> Problem {
    let names = Mode::ALL.map(Mode::name).join(", ");
    Problem::new(at, format!("`{word}` is no mode; the modes are {names}{besides}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::Results::Cancelled;
    use crate::contract::Results::Exception;
    use crate::contract::Results::Failure;
    use crate::contract::Results::Retry;
    use crate::contract::Results::Skipped;
    use crate::contract::Results::Success;
    use crate::contract::Results::Warnings;
    use crate::testing::a_build;

    /// Names joined by spaces; the shortcuts stand by themselves.
    fn modes(setting: &str) -> Modes {
        let words: Vec<String> = setting.split(' ').map(String::from).collect();
        Modes::flat(&OneOrMany::Many(words), "/mode").expect("these are modes")
    }

    #[track_caller]
    fn check(mode: &str, fit: &[Results]) {
        let found = Results::ALL.into_iter().filter(|results| modes(mode).fit(Some(*results), None));
        assert_eq!(found.collect::<Vec<_>>(), fit, "{mode}");
    }

    #[track_caller]
    fn check_after(mode: &str, previous: Option<Results>, fit: &[Results]) {
        let before = a_build("linux");
        let before =
            previous.map_or_else(|| before.clone().previous_running(), |results| before.clone().previous(results));
        let before = before.report().previous;
        let found = Results::ALL.into_iter().filter(|results| modes(mode).fit(Some(*results), before.as_ref()));
        assert_eq!(found.collect::<Vec<_>>(), fit, "{mode} after {previous:?}");
    }

    #[test]
    fn by_result_alone() {
        check("failing", &[Failure]);
        check("passing", &[Success]);
        check("warnings", &[Warnings]);
        check("exception", &[Exception]);
        check("cancelled", &[Cancelled]);
        check("failing passing warnings exception cancelled", &[Success, Warnings, Failure, Exception, Cancelled]);
    }

    #[test]
    fn by_the_build_before() {
        check("change problem", &[]);
        check_after("change", Some(Success), &[Warnings, Failure, Skipped, Exception, Retry, Cancelled]);
        check_after("change", Some(Failure), &[Success, Warnings, Skipped, Exception, Retry, Cancelled]);
        check_after("change", None, &Results::ALL);
        check_after("problem", Some(Success), &[Failure]);
        check_after("problem", Some(Warnings), &[Failure]);
        check_after("problem", Some(Failure), &[]);
        check_after("problem", None, &[Failure]);
    }

    #[test]
    fn a_build_that_runs_fits_nothing_but_change() {
        let before = a_build("linux").previous(Success).report().previous;
        assert!(!modes("failing passing warnings exception cancelled problem").fit(None, before.as_ref()));
        assert!(modes("change").fit(None, before.as_ref()));
    }

    #[test]
    fn shortcuts() {
        let flat =
            |word: &str| Modes::flat(&OneOrMany::One(word.into()), "/mode").expect("is a shortcut").names().join(" ");
        assert_eq!(flat("all"), "change failing passing problem warnings exception");
        assert_eq!(flat("warnings"), "failing warnings");
        assert_eq!(flat("cancelled"), "cancelled");
        let listed =
            |word: &str| Modes::listed(&OneOrMany::One(word.into()), "/mode").expect("is a shortcut").names().join(" ");
        assert_eq!(listed("all"), "failing passing warnings exception cancelled");
        assert_eq!((listed("warnings"), listed("problem")), ("failing warnings".to_owned(), "problem".to_owned()));
    }

    #[test]
    fn what_is_no_mode() {
        let words = ["failing", "all", "broken"].map(String::from).to_vec();
        let problems = Modes::flat(&OneOrMany::Many(words), "/mode").expect_err("two are wrong");
        let at: Vec<&str> = problems.iter().map(|problem| problem.at.as_str()).collect();
        assert_eq!(at, ["/mode/1", "/mode/2"]);
        let names = "change, failing, passing, problem, warnings, exception, cancelled";
        assert_eq!(problems[1].message, format!("`broken` is no mode; the modes are {names}"));
    }
}
