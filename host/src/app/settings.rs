//! Settings of reporters and change hooks against the schema of their plugin, and what they let them reach.

use crate::model::Grants;
use crate::model::Mark;
use crate::model::Problem;
use crate::model::SecretName;
use crate::plugin::Plugin;
use crate::plugin::settings;
use crate::plugin::settings::Checked;
use crate::plugin::settings::MarkKind;
use crate::transport::Secrets;
use crate::transport::check_identity;
use serde_json::Value;
use std::path::Path;

/// Plugins that come with the host: the defaults of their settings grant what they say.
const BUNDLED: &[&str] = &[
    "base-hook",
    "bitbucket",
    "bitbucket-hook",
    "bitbucket-server",
    "bitbucket-server-pr",
    "bitbucketcloud-hook",
    "bitbucketserver-hook",
    "gerrit",
    "gerrit-verify",
    "github",
    "github-comment",
    "github-hook",
    "gitlab",
    "gitlab-hook",
    "gitorious-hook",
    "googlecode-hook",
    "http-push",
    "irc",
    "mail",
    "poller-hook",
    "pushover",
    "stash",
    "status-push",
    "zulip",
];

/// Whether a plugin of this name comes with the host.
pub(crate) fn is_bundled(plugin: &str) -> bool {
    BUNDLED.contains(&plugin)
}

/// The settings, and what is wrong with them by the schema. What is wrong is left out, so that the plugin can look at
/// the rest and everything is said at once; where that leaves too little, the schema has the last word.
pub(super) fn check(plugin: &Plugin, written: Value) -> Result<(Checked, Vec<String>), Vec<String>> {
    let problems = match plugin.schema.check(written.clone()) {
        Ok(checked) => return Ok((checked, Vec::new())),
        Err(problems) => problems,
    };
    let mut rest = written;
    if let Value::Object(settings) = &mut rest {
        // The operator's spelling may differ from the schema's, in which problems are told.
        let plain = |key: &str| key.replace('_', "").to_lowercase();
        let wrong =
            |key: &str| problems.iter().filter_map(|p| p.at.split('/').nth(1)).any(|at| plain(at) == plain(key));
        settings.retain(|key, _| !wrong(key));
    }
    let checked = plugin.schema.check(rest);
    let problems = named("settings", problems);
    match checked {
        Ok(checked) => Ok((checked, problems)),
        Err(_) => Err(problems),
    }
}

/// What the settings and `allow` let it reach; all that they name is there.
pub(super) fn grants(
    allow: &[String],
    plugin: &Plugin,
    marks: &[settings::Mark],
    secrets: &Secrets,
) -> Result<Grants, Vec<String>> {
    let marks: Vec<Mark> = marks.iter().filter_map(granting).collect();
    let bundled = is_bundled(&plugin.name);
    let grants = Grants::new(&marks, bundled, allow).map_err(|problems| {
        let (allow, settings): (Vec<_>, Vec<_>) = problems.into_iter().partition(|p| p.at.starts_with("/allow/"));
        [named("", allow), named("settings", settings)].concat()
    })?;
    let place = |value: &str| marks.iter().find(|mark| mark.value == value).map_or("", |mark| &mark.pointer);
    let problem = |name: &SecretName| {
        let message = secrets.check(name).err()?.to_string();
        Some(Problem { at: place(&name.0).to_owned(), message })
    };
    let unusable = |file: &str| {
        let message = check_identity(Path::new(file)).err()?.to_string();
        Some(Problem { at: place(file).to_owned(), message })
    };
    let missing = grants.secrets().filter_map(problem).chain(grants.key_files().filter_map(unusable));
    let missing = named("settings", missing.collect());
    if missing.is_empty() { Ok(grants) } else { Err(missing) }
}

/// A marked setting as grants know it; settings that name other plugins grant nothing.
pub(crate) fn granting(mark: &settings::Mark) -> Option<Mark> {
    let kind = match mark.kind {
        MarkKind::HttpOrigin => "http-origin",
        MarkKind::SmtpRelay => "smtp-relay",
        MarkKind::SshHost => "ssh-host",
        MarkKind::SshIdentity => "ssh-identity",
        MarkKind::IrcServer => "irc-server",
        MarkKind::Secret => "secret",
        MarkKind::TlsVerify => "tls-verify",
        MarkKind::Control => "control",
        MarkKind::MessageFormatter | MarkKind::ReviewCallbacks | MarkKind::AddressLookup | MarkKind::PreviousBuild => {
            return None;
        }
    };
    Some(Mark {
        kind: kind.to_owned(),
        pointer: mark.pointer.clone(),
        value: mark.value.clone(),
        port: mark.port,
        is_default: mark.is_default,
    })
}

/// A JSON pointer as the key path that stands in the file: `settings.extraRecipients.0`.
pub(super) fn named(section: &str, problems: Vec<Problem>) -> Vec<String> {
    let path = |at: &str| [section, &at.replace('/', ".")].concat().trim_matches('.').to_owned();
    problems.into_iter().map(|problem| format!("{}: {}", path(&problem.at), problem.message)).collect()
}
