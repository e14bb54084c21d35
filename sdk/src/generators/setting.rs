//! A generator, as the operator writes it: `{kind = "BuildStatusGenerator", mode = ["failing"], …}`.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::contract::BodyKind;
use crate::contract::Results;
use crate::formatters::Formatter;
use crate::formatters::FormatterChoice;
use crate::formatters::LogChoice;
use crate::formatters::Template;
use crate::generators::Filters;
use crate::generators::Mode;
use crate::generators::Modes;
use crate::settings::OneOrMany;
use crate::settings::PluginChoice;

/// What Buildbot calls the generator.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[schemars(inline)]
pub enum GeneratorKind {
    /// Builds that ended in one of the modes.
    BuildStatusGenerator,
    /// Builds that start, and all that end.
    BuildStartEndStatusGenerator,
    /// Requests that are made or cancelled.
    BuildRequestGenerator,
    /// Buildsets, as their builds that ended in one of the modes, one text after the other.
    BuildSetStatusGenerator,
    /// Buildsets, in one text.
    BuildSetCombinedStatusGenerator,
    /// Workers that went away.
    WorkerMissingGenerator,
}

/// Something that a reporter reports, and how: an element of its setting `generators`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Generator {
    /// Which generator it is.
    pub kind: GeneratorKind,
    /// Which outcomes are told: a list of change, failing, passing, problem, warnings, exception, cancelled; or
    /// `all` (failing, passing, warnings, exception, cancelled); or `warnings` (failing and warnings).
    #[serde(default)]
    pub mode: Option<OneOrMany>,
    /// Only builders that have one of these tags. Not together with builders.
    #[serde(default)]
    pub tags: Option<Vec<String>>,
    /// Only these builders. Not together with tags.
    #[serde(default)]
    pub builders: Option<Vec<String>>,
    /// Only builds of these schedulers.
    #[serde(default)]
    pub schedulers: Option<Vec<String>>,
    /// Only builds of these branches.
    #[serde(default)]
    pub branches: Option<Vec<String>>,
    /// The subject where the formatter gives none, with `%(builder)s`, `%(result)s` and `%(title)s` in it.
    #[serde(default)]
    pub subject: Option<String>,
    /// Whether the message comes with the logs: all, none, or those with one of these names.
    #[serde(default, alias = "addLogs")]
    pub add_logs: Option<LogChoice>,
    /// Whether the message comes with the patch that was built.
    #[serde(default, alias = "addPatch")]
    pub add_patch: Option<bool>,
    /// Whether builds that start are told too.
    #[serde(default, alias = "reportNew")]
    pub report_new: Option<bool>,
    /// What a message says.
    #[serde(default, alias = "messageFormatter")]
    pub message_formatter: Option<FormatterChoice>,
    /// What is said of a build that starts.
    #[serde(default, alias = "startFormatter")]
    pub start_formatter: Option<FormatterChoice>,
    /// What is said of a build that ended.
    #[serde(default, alias = "endFormatter")]
    pub end_formatter: Option<FormatterChoice>,
    /// What is said of a request.
    #[serde(default)]
    pub formatter: Option<FormatterChoice>,
    /// The plugin that knows which build a build is compared with. Without it, the one before on the builder.
    #[serde(default, alias = "previousBuildGetter")]
    #[schemars(extend("x-campanile" = "previous-build"))]
    pub previous_build_getter: Option<PluginChoice>,
    /// Only these workers, or `all`.
    #[serde(default)]
    pub workers: Option<OneOrMany>,
    /// Whose dialect the modes are in, and whether the subject is more than a fallback.
    #[serde(skip)]
    pub(super) dialect: Dialect,
}

/// Which Buildbot is spoken.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Dialect {
    /// Today's.
    #[default]
    Listed,
    /// The older one, where the arguments of a generator stand on the reporter itself.
    Flat,
}

const USUAL_MODES: Modes = Modes::of(&[Mode::Failing, Mode::Passing, Mode::Warnings]);

impl Generator {
    /// One without any arguments.
    #[must_use]
    pub fn new(kind: GeneratorKind) -> Self {
        Self {
            kind,
            mode: None,
            tags: None,
            builders: None,
            schedulers: None,
            branches: None,
            subject: None,
            add_logs: None,
            add_patch: None,
            report_new: None,
            message_formatter: None,
            start_formatter: None,
            end_formatter: None,
            formatter: None,
            previous_build_getter: None,
            workers: None,
            dialect: Dialect::Listed,
        }
    }

    /// Its arguments stand on the reporter itself, as in the older Buildbot: `all` is change, failing, passing,
    /// problem, warnings and exception, and `subject` goes before the subject of the default message.
    #[must_use]
    pub fn flat(mut self) -> Self {
        self.dialect = Dialect::Flat;
        self
    }

    /// The modes; those that are none are left out.
    pub(super) fn modes(&self) -> Modes {
        use GeneratorKind as Kind;
        match (self.kind, &self.mode) {
            (Kind::BuildStatusGenerator | Kind::BuildSetStatusGenerator, Some(mode)) => {
                self.read_modes(mode, "").unwrap_or_default()
            }
            (Kind::BuildStatusGenerator | Kind::BuildSetStatusGenerator, None) => USUAL_MODES,
            (Kind::BuildSetCombinedStatusGenerator, _) => Modes::of(&[Mode::Passing]),
            (Kind::BuildStartEndStatusGenerator, _) => Modes::ALL_RESULTS,
            (Kind::BuildRequestGenerator | Kind::WorkerMissingGenerator, _) => Modes::default(),
        }
    }

    pub(super) fn read_modes(&self, mode: &OneOrMany, at: &str) -> Result<Modes, Vec<crate::contract::Problem>> {
        match self.dialect {
            Dialect::Listed => Modes::listed(mode, at),
            Dialect::Flat => Modes::flat(mode, at),
        }
    }

    pub(super) fn filters(&self) -> Filters<'_> {
        Filters {
            builders: self.builders.as_deref(),
            tags: self.tags.as_deref(),
            schedulers: self.schedulers.as_deref(),
            branches: self.branches.as_deref(),
        }
    }

    /// Who writes the message, at the start or later.
    pub(super) fn message(&self, at_start: bool) -> Formatter {
        use GeneratorKind as Kind;
        let (choice, usual) = match self.kind {
            Kind::BuildStatusGenerator | Kind::BuildSetStatusGenerator | Kind::BuildSetCombinedStatusGenerator => {
                (&self.message_formatter, Formatter::Message(Template::default(BodyKind::Plain)))
            }
            Kind::WorkerMissingGenerator => {
                (&self.message_formatter, Formatter::MissingWorker(Template::default(BodyKind::Plain)))
            }
            Kind::BuildStartEndStatusGenerator if at_start => (&self.start_formatter, plain_text("Build started.")),
            Kind::BuildStartEndStatusGenerator => (&self.end_formatter, plain_text("Build done.")),
            Kind::BuildRequestGenerator => (&self.formatter, plain_text("Build pending.")),
        };
        choice.as_ref().map_or(usual, FormatterChoice::formatter)
    }

    /// Who writes the message about a request; one that ended without a build is not pending any more.
    pub(super) fn message_about_request(&self, results: Option<Results>) -> Formatter {
        match (&self.formatter, results) {
            (None, Some(results)) => plain_text(&format!("Build {}.", results.name())),
            (Some(_), _) | (None, None) => self.message(false),
        }
    }
}

fn plain_text(text: &str) -> Formatter {
    Formatter::Renderable { template: Some(text.into()), subject: None }
}
