//! The steps of a build: from the arguments, or from a file in TOML or YAML with Buildbot's names and defaults.
//!
//! A key that nobody knows is an error with its name: a misspelt `alwaysRun` would never run.

use crate::model::Results;
use anyhow::Context;
use anyhow::bail;
use anyhow::ensure;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::Path;
use std::path::PathBuf;
use std::time::Duration;

/// The largest file of steps.
const MOST_FILE_BYTES: u64 = 1024 * 1024;

/// Steps of one plan.
const MOST_STEPS: usize = 1000;

/// The longest name of a step, in characters.
const LONGEST_NAME: usize = 50;

/// A step of a file that prints nothing for so long has hung.
const SILENCE_SECONDS: f64 = 1200.0;

/// What is to be run.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Plan {
    pub(super) steps: Vec<Step>,
}

/// One command, and what its end means for the build.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct Step {
    pub(super) name: String,
    pub(super) command: Command,
    #[serde(default)]
    pub(super) env: BTreeMap<String, String>,
    /// Seen from where `campanile run` was started.
    #[serde(default)]
    pub(super) workdir: PathBuf,
    /// Seconds without output; 0: for ever.
    #[serde(default = "silence")]
    pub(super) timeout: f64,
    /// Seconds in all; 0: for ever.
    #[serde(default)]
    pub(super) max_time: f64,
    #[serde(default)]
    pub(super) halt_on_failure: bool,
    #[serde(default = "yes")]
    pub(super) flunk_on_failure: bool,
    #[serde(default)]
    pub(super) warn_on_failure: bool,
    #[serde(default)]
    pub(super) flunk_on_warnings: bool,
    #[serde(default)]
    pub(super) warn_on_warnings: bool,
    #[serde(default)]
    pub(super) always_run: bool,
    /// What exit codes mean, where that is not 0 for success and failure for all others.
    #[serde(default, rename = "decodeRC")]
    pub(super) decode_rc: BTreeMap<String, Outcome>,
}

/// A program with its arguments, or a line for the shell.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged, expecting = "neither a list of words nor a line for the shell")]
pub(super) enum Command {
    Words(Vec<String>),
    Shell(String),
}

/// A result by its code or its name.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(try_from = "CodeOrName")]
pub(super) struct Outcome(pub(super) Results);

#[derive(Deserialize)]
#[serde(untagged, expecting = "neither the code nor the name of a result")]
enum CodeOrName {
    Code(i64),
    Name(String),
}

impl TryFrom<CodeOrName> for Outcome {
    type Error = String;

    fn try_from(given: CodeOrName) -> Result<Self, String> {
        let found = match &given {
            CodeOrName::Code(code) => Results::from_code(*code),
            CodeOrName::Name(name) => {
                Results::ALL.into_iter().find(|result| result.name() == name.to_ascii_lowercase())
            }
        };
        let text = match given {
            CodeOrName::Code(code) => code.to_string(),
            CodeOrName::Name(name) => name,
        };
        found.map(Self).ok_or_else(|| format!("{text:?} is no result: 0 to 6, or success, warnings, failure, …"))
    }
}

fn silence() -> f64 {
    SILENCE_SECONDS
}

fn yes() -> bool {
    true
}

impl Plan {
    /// One step that may take as long as it likes.
    pub(super) fn of(name: Option<String>, words: Vec<String>, warnings: &[u8]) -> anyhow::Result<Self> {
        let first = words.first().context("no command: say it behind `--`, or a file of steps by --file")?;
        let program = Path::new(first).file_name().map(|name| name.to_string_lossy().into_owned());
        let name = name.or(program).unwrap_or_else(|| first.clone());
        let warnings = warnings.iter().map(|code| (code.to_string(), Outcome(Results::Warnings)));
        let step = Step {
            name: name.chars().take(LONGEST_NAME).collect(),
            command: Command::Words(words),
            env: BTreeMap::new(),
            workdir: PathBuf::new(),
            timeout: 0.0,
            max_time: 0.0,
            halt_on_failure: false,
            flunk_on_failure: true,
            warn_on_failure: false,
            flunk_on_warnings: false,
            warn_on_warnings: true,
            always_run: false,
            decode_rc: warnings.collect(),
        };
        let plan = Self { steps: vec![step] };
        plan.check()?;
        Ok(plan)
    }

    /// By the end of its name a file is TOML (`.toml`) or YAML (`.yaml`, `.yml`).
    pub(super) fn read(file: &Path) -> anyhow::Result<Self> {
        let shown = file.display();
        let size = std::fs::metadata(file).with_context(|| format!("reading {shown} (--file)"))?.len();
        ensure!(size <= MOST_FILE_BYTES, "{shown} has {size} bytes, at most {MOST_FILE_BYTES} are read");
        let text = std::fs::read_to_string(file).with_context(|| format!("reading {shown} (--file)"))?;
        let ending = file.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
        let plan: Self = match ending {
            "toml" => toml::from_str(&text).map_err(|error| anyhow::anyhow!("{shown}: {error}"))?,
            "yaml" | "yml" => serde_saphyr::from_str(&text).map_err(|error| anyhow::anyhow!("{shown}: {error}"))?,
            other => bail!("{shown} ends with {other:?}: a file of steps is .toml, .yaml or .yml"),
        };
        plan.check().with_context(|| format!("{shown}"))?;
        Ok(plan)
    }

    fn check(&self) -> anyhow::Result<()> {
        ensure!(!self.steps.is_empty(), "it has no steps");
        ensure!(self.steps.len() <= MOST_STEPS, "{} steps, at most {MOST_STEPS}", self.steps.len());
        self.steps.iter().enumerate().try_for_each(|(index, step)| {
            step.check().with_context(|| format!("steps[{index}] ({})", step.name.escape_debug()))
        })
    }
}

impl Step {
    fn check(&self) -> anyhow::Result<()> {
        let length = self.name.chars().count();
        ensure!(
            length > 0 && !self.name.chars().any(char::is_control),
            "name: it is empty or holds a control character"
        );
        ensure!(length <= LONGEST_NAME, "name: {length} characters, at most {LONGEST_NAME}");
        let (empty, nul) = match &self.command {
            Command::Words(words) => (words.first().is_none_or(String::is_empty), words.concat().contains('\0')),
            Command::Shell(line) => (line.trim().is_empty(), line.contains('\0')),
        };
        ensure!(!empty, "command: there is none");
        ensure!(!nul, "command: a NUL stands in it");
        for (key, seconds) in [("timeout", self.timeout), ("maxTime", self.max_time)] {
            ensure!(Duration::try_from_secs_f64(seconds).is_ok(), "{key}: {seconds} is no number of seconds");
        }
        for (name, value) in &self.env {
            let wrong = name.is_empty() || name.contains(['=', '\0']) || value.contains('\0');
            ensure!(!wrong, "env: {name:?} cannot be a variable");
        }
        for code in self.decode_rc.keys() {
            ensure!(code.parse::<u8>().is_ok(), "decodeRC: {code:?} is no exit code, 0 to 255");
        }
        Ok(())
    }

    /// What an exit code means.
    pub(super) fn decode(&self, code: i32) -> Results {
        match (self.decode_rc.get(&code.to_string()), code) {
            (Some(Outcome(results)), _) => *results,
            (None, 0) => Results::Success,
            (None, _) => Results::Failure,
        }
    }

    /// What the end of the step makes of the build, and whether the build ends with it.
    pub(super) fn counts(&self, results: Results) -> (Results, bool) {
        match results {
            Results::Failure if self.flunk_on_failure => (Results::Failure, self.halt_on_failure),
            Results::Failure if self.warn_on_failure => (Results::Warnings, self.halt_on_failure),
            Results::Failure => (Results::Success, self.halt_on_failure),
            Results::Warnings if self.flunk_on_warnings => (Results::Failure, false),
            Results::Warnings if self.warn_on_warnings => (Results::Warnings, false),
            Results::Warnings => (Results::Success, false),
            Results::Success | Results::Skipped => (results, false),
            Results::Exception | Results::Retry | Results::Cancelled => (results, true),
        }
    }
}

impl Command {
    /// The program and its arguments.
    pub(super) fn words(&self) -> Vec<String> {
        match self {
            Self::Words(words) => words.clone(),
            Self::Shell(line) => vec!["/bin/sh".to_owned(), "-c".to_owned(), line.clone()],
        }
    }

    /// As somebody would type it.
    pub(super) fn shown(&self) -> String {
        match self {
            Self::Words(words) => words.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(" "),
            Self::Shell(line) => line.clone(),
        }
    }
}

fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || "-_./=:,+@%".contains(c);
    match !word.is_empty() && word.chars().all(is_plain) {
        true => word.to_owned(),
        false => format!("'{}'", word.replace('\'', "'\\''")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(more: &str) -> Step {
        let text = format!("[[steps]]\nname = \"x\"\ncommand = \"true\"\n{more}");
        let mut plan: Plan = toml::from_str(&text).expect("a plan");
        plan.check().expect("a plan");
        plan.steps.remove(0)
    }

    #[test]
    fn ends_of_steps_count_as_in_buildbot() {
        use Results::*;
        let check = |more, results, counts| assert_eq!(step(more).counts(results), counts, "{more} {results:?}");
        check("", Failure, (Failure, false));
        check("haltOnFailure = true", Failure, (Failure, true));
        check("flunkOnFailure = false", Failure, (Success, false));
        check("flunkOnFailure = false\nwarnOnFailure = true", Failure, (Warnings, false));
        check("warnOnFailure = true", Failure, (Failure, false));
        check("", Warnings, (Success, false));
        check("warnOnWarnings = true", Warnings, (Warnings, false));
        check("flunkOnWarnings = true", Warnings, (Failure, false));
        check("", Cancelled, (Cancelled, true));
    }

    #[test]
    fn exit_codes_are_read_by_code_or_name() {
        let step = step("decodeRC = {\"77\" = \"warnings\", \"3\" = 4}");
        assert_eq!((step.decode(77), step.decode(3)), (Results::Warnings, Results::Exception));
        assert_eq!((step.decode(0), step.decode(1)), (Results::Success, Results::Failure));
    }

    #[test]
    fn commands_are_shown_as_they_are_typed() {
        let words = ["printf", "%s it's", "a b", ""].map(str::to_owned).to_vec();
        assert_eq!(Command::Words(words).shown(), r"printf '%s it'\''s' 'a b' ''");
    }
}
