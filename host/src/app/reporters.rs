//! From `[[reporter]]` to a reporter that can be called. All that is wrong with all of them is said at once.

use super::chats;
use crate::config;
use crate::data::Site;
use crate::model::Grants;
use crate::model::Mark;
use crate::model::Problem;
use crate::model::ReporterConfig;
use crate::model::ReporterName;
use crate::model::SecretName;
use crate::model::Subscription;
use crate::plugin::Caller;
use crate::plugin::Plugin;
use crate::plugin::Reporter;
use crate::plugin::settings;
use crate::plugin::settings::Checked;
use crate::plugin::settings::MarkKind;
use crate::transport::Secrets;
use crate::transport::check_identity;
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

pub(super) type Reporters = Arc<BTreeMap<ReporterName, Arc<Reporter>>>;

/// Plugins that come with the host: the defaults of their settings grant what they say.
const BUNDLED: &[&str] = &[
    "bitbucket",
    "bitbucket-server",
    "bitbucket-server-pr",
    "gerrit",
    "gerrit-verify",
    "github",
    "github-comment",
    "gitlab",
    "http-push",
    "irc",
    "mail",
    "pushover",
    "stash",
    "status-push",
    "zulip",
];

/// Whether a plugin of this name comes with the host.
pub(crate) fn is_bundled(plugin: &str) -> bool {
    BUNDLED.contains(&plugin)
}

/// Loads them all.
pub(super) async fn load(
    configured: &[config::Reporter],
    caller: &Caller,
    (site, secrets): (&Site, &Secrets),
) -> Result<Reporters, Vec<String>> {
    let mut reporters = BTreeMap::new();
    let mut problems = Vec::new();
    for reporter in configured {
        match one(reporter, caller, (site, secrets)).await {
            Ok(loaded) => drop(reporters.insert(loaded.name.clone(), Arc::new(loaded))),
            Err(found) => {
                problems.extend(found.into_iter().map(|problem| format!("reporter {:?}: {problem}", reporter.name.0)))
            }
        }
    }
    if problems.is_empty() { Ok(Arc::new(reporters)) } else { Err(problems) }
}

async fn one(
    reporter: &config::Reporter,
    caller: &Caller,
    (site, secrets): (&Site, &Secrets),
) -> Result<Reporter, Vec<String>> {
    let plugin = caller.plugins().reporter(&reporter.plugin).map_err(|reason| vec![format!("plugin: {reason}")])?;
    let written = serde_json::to_value(&reporter.settings).map_err(|error| vec![format!("settings: {error}")])?;
    let (checked, mut problems) = check(&plugin, written)?;
    let config = ReporterConfig {
        name: reporter.name.0.clone(),
        title: site.title.clone(),
        url: site.url.clone(),
        settings: checked.settings.to_string(),
    };
    problems.extend(named("settings", caller.plugins().check_helpers(&checked.marks)));
    let mut grants = grants(reporter, &plugin, &checked.marks, secrets).unwrap_or_else(|found| {
        problems.extend(found);
        Grants::default()
    });
    let wanted = subscribe(caller, &plugin, &config).await.unwrap_or_else(|found| {
        problems.extend(found);
        Vec::new()
    });
    let (filters, chats) = chats::permitted(wanted, &mut grants).unwrap_or_else(|found| {
        problems.extend(found);
        Default::default()
    });
    if !problems.is_empty() {
        return Err(problems);
    }
    if grants.is_unverified() {
        tracing::warn!(reporter = %reporter.name, "certificates of its servers are not verified, as its settings say");
    }
    for danger in chats::dangers(&chats) {
        tracing::warn!(reporter = %reporter.name, "{danger}");
    }
    Ok(Reporter {
        name: reporter.name.clone(),
        plugin,
        config,
        filters,
        chats,
        grants,
        from: reporter.from,
        in_flight: reporter.in_flight,
    })
}

/// The settings, and what is wrong with them by the schema. What is wrong is left out, so that the plugin can look at
/// the rest and everything is said at once; where that leaves too little, the schema has the last word.
fn check(plugin: &Plugin, written: Value) -> Result<(Checked, Vec<String>), Vec<String>> {
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

async fn subscribe(
    caller: &Caller,
    plugin: &Plugin,
    config: &ReporterConfig,
) -> Result<Vec<Subscription>, Vec<String>> {
    let report = caller.subscribe(plugin, config).await;
    match report.outcome {
        Ok(answer) => answer.map_err(|problems| named("settings", problems)),
        Err(error) => Err(vec![format!("the plugin {:?} could not look at its settings: {error}", plugin.name)]),
    }
}

fn grants(
    reporter: &config::Reporter,
    plugin: &Plugin,
    marks: &[settings::Mark],
    secrets: &Secrets,
) -> Result<Grants, Vec<String>> {
    let marks: Vec<Mark> = marks.iter().filter_map(granting).collect();
    let bundled = is_bundled(&plugin.name);
    let grants = Grants::new(&marks, bundled, &reporter.allow).map_err(|problems| {
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
fn named(section: &str, problems: Vec<Problem>) -> Vec<String> {
    let path = |at: &str| [section, &at.replace('/', ".")].concat().trim_matches('.').to_owned();
    problems.into_iter().map(|problem| format!("{}: {}", path(&problem.at), problem.message)).collect()
}
