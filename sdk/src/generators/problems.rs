//! What is wrong with generators, all at once.

use crate::contract::Problem;
use crate::formatters::Formatter;
use crate::formatters::FormatterChoice;
use crate::generators::Generator;
use crate::generators::GeneratorKind;
use crate::generators::setting::Dialect;
use crate::message::subject_problem;
use crate::settings::OneOrMany;

/// What is wrong with the setting `generators`, which stands at the pointer `at`.
#[must_use]
pub fn problems(generators: &[Generator], at: &str) -> Vec<Problem> {
    generators.iter().enumerate().flat_map(|(index, generator)| generator.problems(&format!("{at}/{index}"))).collect()
}

impl Generator {
    /// What is wrong with it, where it stands at the pointer `at`.
    #[must_use]
    pub fn problems(&self, at: &str) -> Vec<Problem> {
        let mut problems = Vec::new();
        let strangers = self.strangers();
        for name in &strangers {
            problems.push(Problem::new(self.place(at, name), format!("{:?} has no such argument", self.kind)));
        }
        if let Some(mode) = self.mode.as_ref().filter(|_| !strangers.contains(&"mode")) {
            problems.extend(self.read_modes(mode, &self.place(at, "mode")).err().into_iter().flatten());
        }
        if self.builders.is_some() && self.tags.is_some() {
            problems.push(Problem::new(self.place(at, "tags"), "give either builders or tags, not both"));
        }
        if let Some(problem) = self.subject.as_deref().and_then(subject_problem) {
            problems.push(Problem::new(self.place(at, "subject"), problem));
        }
        if let Some(OneOrMany::One(word)) = self.workers.as_ref().filter(|_| !strangers.contains(&"workers")) {
            let wrong = word != "all";
            let problem = || Problem::new(self.place(at, "workers"), "expected a list of names of workers, or `all`");
            problems.extend(wrong.then(problem));
        }
        self.formatter_problems(at, &strangers, &mut problems);
        problems
    }

    fn formatter_problems(&self, at: &str, strangers: &[&str], problems: &mut Vec<Problem>) {
        for (name, choice) in self.formatters() {
            let Some(choice) = choice.filter(|_| !strangers.contains(&name)) else { continue };
            problems.extend(choice.problems(&self.place(at, name)));
        }
        if self.kind == GeneratorKind::BuildSetCombinedStatusGenerator && !self.says_something() {
            let message = "BuildSetCombinedStatusGenerator needs a template, or the name of a plugin";
            problems.push(Problem::new(self.place(at, "message_formatter"), message));
        }
    }

    /// There is no default text for a buildset as a whole.
    fn says_something(&self) -> bool {
        match self.message_formatter.as_ref().map(FormatterChoice::formatter) {
            None => false,
            Some(Formatter::Message(template)) => template.template.is_some(),
            // What does not parse is told already.
            Some(
                Formatter::MissingWorker(_) | Formatter::Renderable { .. } | Formatter::Empty | Formatter::Plugin(_),
            ) => true,
        }
    }

    fn formatters(&self) -> [(&'static str, Option<&FormatterChoice>); 4] {
        [
            ("message_formatter", self.message_formatter.as_ref()),
            ("start_formatter", self.start_formatter.as_ref()),
            ("end_formatter", self.end_formatter.as_ref()),
            ("formatter", self.formatter.as_ref()),
        ]
    }

    /// Arguments that are there, but that this generator does not know.
    fn strangers(&self) -> Vec<&'static str> {
        use GeneratorKind as Kind;
        let filters = ["tags", "builders", "schedulers", "branches"];
        let more: &[&str] = match self.kind {
            Kind::BuildStatusGenerator => &[
                "mode",
                "subject",
                "add_logs",
                "add_patch",
                "report_new",
                "message_formatter",
                "previous_build_getter",
            ],
            Kind::BuildSetStatusGenerator => {
                &["mode", "subject", "add_logs", "add_patch", "message_formatter", "previous_build_getter"]
            }
            Kind::BuildStartEndStatusGenerator => &["add_logs", "add_patch", "start_formatter", "end_formatter"],
            Kind::BuildRequestGenerator => &["add_patch", "formatter"],
            Kind::BuildSetCombinedStatusGenerator => &["message_formatter"],
            Kind::WorkerMissingGenerator => &["workers", "message_formatter"],
        };
        let filtered = !matches!(self.kind, Kind::BuildSetCombinedStatusGenerator | Kind::WorkerMissingGenerator);
        let knows = |name: &&str| more.contains(name) || (filtered && filters.contains(name));
        self.given().into_iter().filter(|name| !knows(name)).collect()
    }

    fn given(&self) -> Vec<&'static str> {
        let given = [
            ("mode", self.mode.is_some()),
            ("tags", self.tags.is_some()),
            ("builders", self.builders.is_some()),
            ("schedulers", self.schedulers.is_some()),
            ("branches", self.branches.is_some()),
            ("subject", self.subject.is_some()),
            ("add_logs", self.add_logs.is_some()),
            ("add_patch", self.add_patch.is_some()),
            ("report_new", self.report_new.is_some()),
            ("message_formatter", self.message_formatter.is_some()),
            ("start_formatter", self.start_formatter.is_some()),
            ("end_formatter", self.end_formatter.is_some()),
            ("formatter", self.formatter.is_some()),
            ("previous_build_getter", self.previous_build_getter.is_some()),
            ("workers", self.workers.is_some()),
        ];
        given.into_iter().filter(|(_, given)| *given).map(|(name, _)| name).collect()
    }

    /// Where an argument stands: in its table as it is called there, on a reporter as reporters call it.
    fn place(&self, at: &str, name: &str) -> String {
        let name = match (self.dialect, name) {
            (Dialect::Flat, "add_logs") => "addLogs",
            (Dialect::Flat, "add_patch") => "addPatch",
            (Dialect::Flat, "message_formatter") => "messageFormatter",
            (Dialect::Flat, "previous_build_getter") => "previousBuildGetter",
            (Dialect::Flat, "workers") => "watchedWorkers",
            _ => name,
        };
        format!("{at}/{name}")
    }
}
