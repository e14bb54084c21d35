//! The commands, one file each where there is something to do.
//!
//! Not here: who may use them (`authz`).

mod brief;
mod channels;
pub(crate) mod dance;
mod force;
mod greetings;
mod help;
mod last;
mod list;
mod listed;
mod notify;
mod quiet;
mod shutdown;
mod simple;
mod status;
mod stop;
mod watch;

use crate::call::Call;
use crate::contact::Speaker;

/// Why there is no proper answer.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// What is said to who made a mistake.
    Usage(String),
    /// The data API did not answer; for the log.
    Data(String),
}

impl From<String> for Trouble {
    fn from(reason: String) -> Self {
        Self::Data(reason)
    }
}

type Run = fn(&mut Call<'_>, &Speaker, &[String]) -> Result<(), Trouble>;

/// A command.
pub(crate) struct Command {
    pub(crate) name: &'static str,
    pub(crate) run: Run,
    /// How it is written, and what it is good for.
    pub(crate) usage: &'static str,
    pub(crate) purpose: &'static str,
    /// What begins with a word of its own: that word, and its usage.
    pub(crate) parts: &'static [(&'static str, &'static str)],
}

/// In alphabetical order.
const ALL: &[Command] = &[
    Command {
        name: "commands",
        run: help::commands,
        usage: "commands - List the commands that there are",
        purpose: "List the commands that there are",
        parts: &[],
    },
    Command { name: "dance", run: dance::begin, usage: "dance - Dance", purpose: "Dance", parts: &[] },
    Command {
        name: "destroy",
        run: simple::destroy,
        usage: "destroy _something_ - Destroy it",
        purpose: "Destroy something",
        parts: &[],
    },
    Command {
        name: "force",
        run: force::run,
        usage: force::USAGE,
        purpose: "Force a build",
        parts: &[("build", force::USAGE)],
    },
    Command { name: "hello", run: simple::hello, usage: "hello - Be greeted", purpose: "Be greeted", parts: &[] },
    Command {
        name: "help",
        run: help::help,
        usage: "help [_command_] - Say what a command does, or what all do",
        purpose: "Say what a command does",
        parts: &[],
    },
    Command { name: "hustle", run: simple::hustle, usage: "hustle - Hustle", purpose: "Hustle", parts: &[] },
    Command {
        name: "join",
        run: channels::join,
        usage: "join _channel_ [_key_] - Enter a channel",
        purpose: "Enter a channel",
        parts: &[],
    },
    Command {
        name: "last",
        run: last::run,
        usage: "last [_builder_|all] - Say how the last build of a builder ended",
        purpose: "Say how the last build of a builder ended",
        parts: &[],
    },
    Command {
        name: "leave",
        run: channels::leave,
        usage: "leave [_channel_] - Leave a channel",
        purpose: "Leave a channel",
        parts: &[],
    },
    Command {
        name: "list",
        run: list::run,
        usage: "list [all|N] builders|workers|changes - List builders, workers or changes",
        purpose: "List builders, workers or changes",
        parts: &[],
    },
    Command {
        name: "mute",
        run: quiet::mute,
        usage: "mute - Say nothing any more until unmute",
        purpose: "Say nothing any more until unmute",
        parts: &[],
    },
    Command {
        name: "notify",
        run: notify::run,
        usage: "notify on|off|list|on-quiet|off-quiet [_EVENT_]... - Switch events on and off, or list those that are on",
        purpose: "Tell of builds, and of workers",
        parts: &[],
    },
    Command {
        name: "shutdown",
        run: shutdown::run,
        usage: "shutdown check|start|stop|now - Stop the CI system, or say whether it will",
        purpose: "Stop the CI system",
        parts: shutdown::PARTS,
    },
    Command {
        name: "source",
        run: simple::source,
        usage: "source - Say where the CI system is",
        purpose: "Say where the CI system is",
        parts: &[],
    },
    Command {
        name: "status",
        run: status::run,
        usage: "status [_builder_|all] - Say what a builder does, or what all do",
        purpose: "Say what a builder does",
        parts: &[],
    },
    Command {
        name: "stop",
        run: stop::run,
        usage: stop::USAGE,
        purpose: "Stop a build that runs",
        parts: &[("build", stop::USAGE)],
    },
    Command { name: "unmute", run: quiet::unmute, usage: "unmute - Speak again", purpose: "Speak again", parts: &[] },
    Command {
        name: "version",
        run: simple::version,
        usage: "version - Say which version this is",
        purpose: "Say which version this is",
        parts: &[],
    },
    Command {
        name: "watch",
        run: watch::run,
        usage: "watch _builder_ - Say how the builds of a builder end that run now",
        purpose: "Say how builds end that run now",
        parts: &[],
    },
];

/// The command of this name; case does not count.
pub(crate) fn find(name: &str) -> Option<&'static Command> {
    ALL.iter().find(|command| command.name.eq_ignore_ascii_case(name))
}

/// Whether there is such a command.
pub(crate) fn is_known(name: &str) -> bool {
    find(name).is_some()
}

pub(crate) fn names() -> Vec<&'static str> {
    ALL.iter().map(|command| command.name).collect()
}

/// What `commands` answers.
pub(crate) fn list() -> String {
    format!("Buildbot commands: {}", names().join(", "))
}

/// What is said where there is no room for one more place.
pub(crate) fn full() -> &'static str {
    "I can't remember anything about more places than I know already."
}

/// What is said to who got it wrong.
fn usage(text: &str) -> Trouble {
    Trouble::Usage(format!("Try '{text}'."))
}
