//! What a plugin author implements.
//!
//! Not here: how it becomes a component (`export`), what it may ask (`host`).

use schemars::JsonSchema;
use serde::de::DeserializeOwned;

use crate::context::Context;
use crate::contract::Answer;
use crate::contract::BuildReport;
use crate::contract::Effect;
use crate::contract::Event;
use crate::contract::Failure;
use crate::contract::Fetched;
use crate::contract::Formatted;
use crate::contract::HookOutcome;
use crate::contract::HookRequest;
use crate::contract::Id;
use crate::contract::Problem;
use crate::contract::Subscription;
use crate::host::Host;
use crate::host::PluginHost;

/// What the operator wrote about a reporter, and where we are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config<S> {
    /// The reporter's name in the configuration.
    pub name: String,
    /// What the CI system is called, such as `Example CI`.
    pub title: String,
    /// The address of the CI system's pages; ends in a slash.
    pub url: String,
    /// The reporter's own settings.
    pub settings: S,
}

/// What the CI system is called, and where its pages are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Site<'a> {
    /// Such as `Example CI`.
    pub title: &'a str,
    /// Ends in a slash.
    pub url: &'a str,
}

impl<S> Config<S> {
    /// Where we are.
    #[must_use]
    pub fn site(&self) -> Site<'_> {
        Site { title: &self.title, url: &self.url }
    }
}

/// A function from events to effects.
///
/// A call comes in a fresh instance each time, and it may be repeated: what the reporter wants to know next
/// time it returns as [`Effect::Remember`], and the same call always has the same answer.
pub trait Reporter {
    /// The plugin's name, in small letters, such as `mail`.
    const NAME: &'static str;

    /// One line on what it does, for people.
    const SUMMARY: &'static str;

    /// The settings. Their JSON Schema is published; fields marked with
    /// `#[schemars(extend("x-campanile" = "…"))]` are what the operator grants by writing them: `http-origin`,
    /// `smtp-relay`, `ssh-host`, `irc-server`, `secret`, the file of an `ssh-identity`, or a `text`, in which
    /// `%(secret:name)s` is one; `control`, for effects of that name; or that they name another plugin:
    /// `message-formatter`, `review-callbacks`, `address-lookup`, `previous-build`.
    type Settings: DeserializeOwned + JsonSchema;

    /// What to be told, asked when the configuration is loaded.
    ///
    /// # Errors
    /// Everything that is wrong with the settings, at once. (What does not even parse is reported before.)
    fn subscribe(config: &Config<Self::Settings>) -> Result<Vec<Subscription>, Vec<Problem>>;

    /// What should happen because of this event.
    ///
    /// # Errors
    /// [`Failure::Retry`] if the cause passes by itself, [`Failure::GiveUp`] if not. Of a call that fails,
    /// nothing happens.
    fn handle(config: &Config<Self::Settings>, event: &Event, host: &impl Host) -> Result<Vec<Effect>, Failure>;
}

/// Turns what happened into a text, or into JSON for a system that wants it so: what Buildbot's
/// `MessageFormatter`, `messageFormatter` functions and `format_fn` are.
pub trait MessageFormatter {
    /// The plugin's name, in small letters, such as `short`.
    const NAME: &'static str;

    /// One line on what it does, for people.
    const SUMMARY: &'static str;

    /// The settings: what the operator wrote next to the plugin's name.
    type Settings: DeserializeOwned + JsonSchema;

    /// The text; `None` if there is nothing to say, and then the reporter sends its default message.
    ///
    /// # Errors
    /// [`Failure::Retry`] if the cause passes by itself, [`Failure::GiveUp`] if not. Of a reporter with
    /// `generators`, the former fails the call; after the latter its default message goes out, with the reason in it.
    fn format(
        settings: &Self::Settings,
        context: &Context,
        host: &impl PluginHost,
    ) -> Result<Option<Formatted>, Failure>;
}

/// Decides what a Gerrit reporter says, and how it votes: what Buildbot's `reviewCB`, `startCB` and `summaryCB` are.
/// A callback that is not written answers as if there were none.
///
/// Each gets a [`Context`] with the names of Buildbot's callbacks besides those of its formatters.
pub trait ReviewCallbacks {
    /// The plugin's name, in small letters, such as `votes`.
    const NAME: &'static str;

    /// One line on what it does, for people.
    const SUMMARY: &'static str;

    /// The settings: what the operator wrote next to the plugin's name.
    type Settings: DeserializeOwned + JsonSchema;

    /// A build has started. The default says nothing.
    ///
    /// # Errors
    /// [`Failure::Retry`] if the cause passes by itself, [`Failure::GiveUp`] if not; then nothing is said, and the
    /// reason is recorded.
    fn start(_: &Self::Settings, _: &Context, _: &impl PluginHost) -> Result<Answer, Failure> {
        Ok(Answer::Default)
    }

    /// A build has ended.
    ///
    /// # Errors
    /// As of [`ReviewCallbacks::start`].
    fn review(_: &Self::Settings, _: &Context, _: &impl PluginHost) -> Result<Answer, Failure> {
        Ok(Answer::Default)
    }

    /// A buildset has ended, with all that belongs to it.
    ///
    /// # Errors
    /// As of [`ReviewCallbacks::start`].
    fn summary(_: &Self::Settings, _: &Context, _: &impl PluginHost) -> Result<Answer, Failure> {
        Ok(Answer::Default)
    }
}

/// Finds the mail addresses of users: what Buildbot's `lookup` objects with a `getAddress` are.
pub trait AddressLookup {
    /// The plugin's name, in small letters, such as `people`.
    const NAME: &'static str;

    /// One line on what it does, for people.
    const SUMMARY: &'static str;

    /// The settings: what the operator wrote next to the plugin's name.
    type Settings: DeserializeOwned + JsonSchema;

    /// The address of a user, who is called as changes and properties call them; `None` for who has none.
    ///
    /// # Errors
    /// [`Failure::Retry`] if the cause passes by itself, [`Failure::GiveUp`] if not. Of all users of the question none
    /// has an address then.
    fn address(settings: &Self::Settings, user: &str, host: &impl PluginHost) -> Result<Option<String>, Failure>;

    /// The addresses of users, in their order.
    ///
    /// # Errors
    /// The first that there is.
    fn addresses(
        settings: &Self::Settings,
        users: &[String],
        host: &impl PluginHost,
    ) -> Result<Vec<Option<String>>, Failure> {
        users.iter().map(|user| Self::address(settings, user, host)).collect()
    }
}

/// Knows which build another one is to be compared with: what Buildbot's `previousBuildGetter` is.
pub trait PreviousBuild {
    /// The plugin's name, in small letters, such as `same-branch`.
    const NAME: &'static str;

    /// One line on what it does, for people.
    const SUMMARY: &'static str;

    /// The settings: what the operator wrote next to the plugin's name.
    type Settings: DeserializeOwned + JsonSchema;

    /// The id of the build before; `None` if there is none. The report has the build's properties, and as `previous`
    /// the build before on its builder.
    ///
    /// # Errors
    /// [`Failure::Retry`] if the cause passes by itself, [`Failure::GiveUp`] if not; then the build is compared with
    /// the one before on its builder.
    fn previous_build(
        settings: &Self::Settings,
        report: &BuildReport,
        host: &impl PluginHost,
    ) -> Result<Option<Id>, Failure>;
}

/// A dialect of change hooks: turns what a forge sends to `/change_hook/{dialect}` into changes.
///
/// Who calls was found out before: the schema of the settings says how, under `x-campanile-hook`
/// (`#[schemars(extend("x-campanile-hook" = {…}))]`; docs/plugins.md). A dialect reads nothing but the request, and what
/// it asks the host to read for it.
pub trait ChangeHook {
    /// The plugin's name, in small letters, such as `github-hook`.
    const NAME: &'static str;

    /// One line on what it does, for people.
    const SUMMARY: &'static str;

    /// The settings: what the operator wrote into `[change_hook.settings]`.
    type Settings: DeserializeOwned + JsonSchema;

    /// What is wrong with settings that parse, asked when the configuration is loaded. The default finds nothing.
    fn check(_: &Self::Settings) -> Vec<Problem> {
        Vec::new()
    }

    /// What a request means. `fetched` is what came back of all that was asked for by [`HookOutcome::Fetch`] until now, in
    /// the order of asking: the same request is told again.
    ///
    /// # Errors
    /// What is wrong with the request; who sent it is told.
    fn changes(settings: &Self::Settings, request: &HookRequest, fetched: &[Fetched]) -> Result<HookOutcome, String>;
}
