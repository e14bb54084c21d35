//! From `[[reporter]]` to a reporter that can be called. All that is wrong with all of them is said at once.

use super::chats;
use super::settings::check;
use super::settings::grants;
use super::settings::named;
use crate::config;
use crate::data::Site;
use crate::model::Grants;
use crate::model::ReporterConfig;
use crate::model::ReporterName;
use crate::model::Subscription;
use crate::plugin::Caller;
use crate::plugin::Plugin;
use crate::plugin::Reporter;
use crate::transport::Secrets;
use std::collections::BTreeMap;
use std::sync::Arc;

pub(super) type Reporters = Arc<BTreeMap<ReporterName, Arc<Reporter>>>;

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
    let mut grants = grants(&reporter.allow, &plugin, &checked.marks, secrets).unwrap_or_else(|found| {
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
