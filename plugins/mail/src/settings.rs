//! The settings, with Buildbot's names and defaults.
//!
//! What is reported stands in `generators`, or, in the older form, on the reporter itself.
//! Not here: what is wrong with them (`problems`).

use std::borrow::Cow;
use std::collections::BTreeMap;

use campanile_sdk::OneOrMany;
use campanile_sdk::PluginChoice;
use campanile_sdk::Renderable;
use campanile_sdk::formatters::FormatterChoice;
use campanile_sdk::formatters::LogChoice;
use campanile_sdk::generators::Generator;
use campanile_sdk::generators::GeneratorKind;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::lookup::Lookup;

/// Tells people by mail how builds ended.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Settings {
    /// The address in the header From.
    pub(crate) fromaddr: String,

    /// Whether those get the mail whom the build concerns: the authors of its changes and its owners.
    #[serde(default = "yes", alias = "send_to_interested_users")]
    pub(crate) send_to_interested_users: bool,

    /// Addresses that get every mail.
    #[serde(default, alias = "extra_recipients")]
    pub(crate) extra_recipients: Vec<String>,

    /// What is reported, and how. Without it, builds as the settings from `mode` to `watchedWorkers` say.
    #[serde(default)]
    pub(crate) generators: Option<Vec<Generator>>,

    /// Which outcomes are told: a list of change, failing, passing, problem, warnings, exception, cancelled; or
    /// `all` (all of them but cancelled); or `warnings` (failing and warnings). Without it, failing, passing and
    /// warnings are.
    #[serde(default)]
    pub(crate) mode: Option<OneOrMany>,

    /// Tell only about these builders. Not together with tags.
    #[serde(default)]
    pub(crate) builders: Option<Vec<String>>,

    /// Tell only about builders that have one of these tags. Not together with builders.
    #[serde(default)]
    pub(crate) tags: Option<Vec<String>>,

    /// Tell only about builds of these schedulers.
    #[serde(default)]
    pub(crate) schedulers: Option<Vec<String>>,

    /// Tell only about builds of these branches.
    #[serde(default)]
    pub(crate) branches: Option<Vec<String>>,

    /// The subject, where `%(builder)s` stands for the builder, `%(result)s` for the result and `%(title)s` for
    /// the name of the CI system. A formatter that gives a subject has precedence.
    #[serde(default)]
    pub(crate) subject: Option<String>,

    /// Whether logs are attached: all, none (as without it), or those with one of these names.
    #[serde(default, alias = "add_logs")]
    pub(crate) add_logs: Option<LogChoice>,

    /// Whether the patch is attached that was built. Without it, it is.
    #[serde(default, alias = "add_patch")]
    pub(crate) add_patch: Option<bool>,

    /// Whether there is one mail about a buildset rather than one about each of its builds. Without it, there is not.
    #[serde(default, alias = "build_set_summary")]
    pub(crate) build_set_summary: Option<bool>,

    /// Who writes the message. Without it, the default one is written, in HTML.
    #[serde(default, alias = "message_formatter")]
    pub(crate) message_formatter: Option<FormatterChoice>,

    /// The workers whose absence is told to whom they name; `all`, as without it, or a list.
    #[serde(default, alias = "watched_workers")]
    pub(crate) watched_workers: Option<OneOrMany>,

    /// The plugin that knows which build a build is compared with. Without it, the one before on the builder.
    #[serde(default, alias = "previous_build_getter")]
    #[schemars(extend("x-campanile" = "previous-build"))]
    pub(crate) previous_build_getter: Option<PluginChoice>,

    /// The host that takes the mail.
    #[serde(default = "localhost")]
    #[schemars(extend("x-campanile" = "smtp-relay", "x-campanile-port" = "smtpPort"))]
    pub(crate) relayhost: String,

    /// Its port.
    #[serde(default = "smtp", alias = "smtp_port")]
    pub(crate) smtp_port: u16,

    /// Whether the connection must be encrypted with STARTTLS.
    #[serde(default, alias = "use_tls")]
    pub(crate) use_tls: bool,

    /// Whether the connection is encrypted from its start. Not together with useTls.
    #[serde(default, alias = "use_smtps")]
    pub(crate) use_smtps: bool,

    /// The user who logs in at the relay. Together with smtpPassword.
    #[serde(default, alias = "smtp_user")]
    pub(crate) smtp_user: Option<String>,

    /// The secret that holds the user's password, by its name.
    #[serde(default, alias = "smtp_password")]
    #[schemars(extend("x-campanile" = "secret"))]
    pub(crate) smtp_password: Option<String>,

    /// The domain that makes an address of a user's name without one, or a plugin that knows the addresses of users.
    #[serde(default)]
    pub(crate) lookup: Option<Lookup>,

    /// More headers, names and values, both with placeholders.
    #[serde(default, alias = "extra_headers")]
    pub(crate) extra_headers: Option<BTreeMap<String, Renderable>>,

    /// Whether each mail is written into the log too.
    #[serde(default, alias = "dump_mails_to_log")]
    pub(crate) dump_mails_to_log: bool,
}

impl Settings {
    /// What is reported.
    pub(crate) fn generators(&self) -> Cow<'_, [Generator]> {
        match &self.generators {
            Some(generators) => Cow::Borrowed(generators),
            None => Cow::Owned(vec![self.of_builds(), self.of_workers()]),
        }
    }

    fn of_builds(&self) -> Generator {
        let summary = self.build_set_summary.unwrap_or_default();
        let kind = if summary { GeneratorKind::BuildSetStatusGenerator } else { GeneratorKind::BuildStatusGenerator };
        let mut generator = Generator::new(kind).flat();
        generator.mode.clone_from(&self.mode);
        generator.builders.clone_from(&self.builders);
        generator.tags.clone_from(&self.tags);
        generator.schedulers.clone_from(&self.schedulers);
        generator.branches.clone_from(&self.branches);
        generator.subject.clone_from(&self.subject);
        generator.previous_build_getter.clone_from(&self.previous_build_getter);
        generator.add_logs = Some(self.add_logs.clone().unwrap_or(LogChoice::All(false)));
        generator.add_patch = Some(self.add_patch.unwrap_or(true));
        generator.message_formatter = Some(self.message_formatter.clone().unwrap_or_else(FormatterChoice::html));
        generator
    }

    fn of_workers(&self) -> Generator {
        let mut generator = Generator::new(GeneratorKind::WorkerMissingGenerator).flat();
        generator.workers.clone_from(&self.watched_workers);
        generator.message_formatter = Some(FormatterChoice::html_about_workers());
        generator
    }

    /// The settings of the older form that are there.
    pub(crate) fn flat(&self) -> impl Iterator<Item = &'static str> {
        let flat = [
            ("mode", self.mode.is_some()),
            ("builders", self.builders.is_some()),
            ("tags", self.tags.is_some()),
            ("schedulers", self.schedulers.is_some()),
            ("branches", self.branches.is_some()),
            ("subject", self.subject.is_some()),
            ("addLogs", self.add_logs.is_some()),
            ("addPatch", self.add_patch.is_some()),
            ("buildSetSummary", self.build_set_summary.is_some()),
            ("messageFormatter", self.message_formatter.is_some()),
            ("watchedWorkers", self.watched_workers.is_some()),
            ("previousBuildGetter", self.previous_build_getter.is_some()),
        ];
        flat.into_iter().filter(|(_, is_there)| *is_there).map(|(name, _)| name)
    }
}

fn yes() -> bool {
    true
}

fn localhost() -> String {
    String::from("localhost")
}

fn smtp() -> u16 {
    25
}
