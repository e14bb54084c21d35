//! From `[[change_hook]]` to a dialect that can be called. All that is wrong with all of them is said at once.

use super::settings::check;
use super::settings::grants;
use super::settings::named;
use crate::config;
use crate::model::Grants;
use crate::model::HookDescription;
use crate::model::Problem;
use crate::plugin::Caller;
use crate::plugin::ChangeHook;
use crate::plugin::HookLogin;
use crate::plugin::Plugin;
use crate::plugin::Plugins;
use crate::plugin::settings;
use crate::transport::Secrets;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;

pub(super) type ChangeHooks = Arc<BTreeMap<String, Arc<ChangeHook>>>;

/// What stands behind the name of a dialect in that of its plugin.
const SUFFIX: &str = "-hook";

/// Loads them all. `listen`: where the host is told to listen.
pub(super) async fn load(
    configured: &[config::ChangeHook],
    caller: &Caller,
    (secrets, listen): (&Secrets, SocketAddr),
) -> Result<ChangeHooks, Vec<String>> {
    let mut hooks = BTreeMap::new();
    let mut problems = Vec::new();
    for hook in configured {
        match one(hook, caller, secrets).await {
            Ok(loaded) => {
                warn_if_open(&loaded, listen);
                hooks.insert(loaded.dialect.clone(), Arc::new(loaded));
            }
            Err(found) => {
                problems.extend(found.into_iter().map(|problem| format!("change_hook {:?}: {problem}", hook.dialect)));
            }
        }
    }
    if problems.is_empty() { Ok(Arc::new(hooks)) } else { Err(problems) }
}

async fn one(hook: &config::ChangeHook, caller: &Caller, secrets: &Secrets) -> Result<ChangeHook, Vec<String>> {
    let mut problems = unusable(hook, secrets);
    let plugin = match plugin(hook, caller.plugins()) {
        Ok(plugin) => plugin,
        Err(problem) => return Err([vec![problem], problems].concat()),
    };
    let description = settings::hook_description(plugin.schema.json()).unwrap_or_else(|wrong| {
        problems.push(format!("the plugin {:?}: {wrong}", plugin.name));
        HookDescription::default()
    });
    if hook.secret.is_some() && description.signature.is_empty() {
        let dialect = &hook.dialect;
        problems.push(format!("secret: requests of {dialect:?} carry no signature; write auth = {{user, password}}"));
    }
    let written = serde_json::to_value(&hook.settings).map_err(|error| vec![format!("settings: {error}")])?;
    let (checked, wrong) = check(&plugin, written).map_err(|wrong| [wrong, problems.clone()].concat())?;
    problems.extend(wrong);
    let lax = settings::lax(&checked.settings, hook.secret.is_some());
    problems.extend(named("settings", lax.into_iter().collect()));
    let settings = checked.settings.to_string();
    problems.extend(named("settings", problems_of(caller, &plugin, &settings).await));
    let grants = grants(&hook.allow, &plugin, &checked.marks, secrets).unwrap_or_else(|found| {
        problems.extend(found);
        Grants::default()
    });
    if !problems.is_empty() {
        return Err(problems);
    }
    let login = hook.auth.clone().map(|auth| HookLogin { user: auth.user, password: auth.password });
    let (dialect, secret) = (hook.dialect.clone(), hook.secret.clone());
    Ok(ChangeHook { dialect, plugin, settings, description, secret, login, grants })
}

/// The one that is named, else the one that is called like the dialect.
fn plugin(hook: &config::ChangeHook, plugins: &Plugins) -> Result<Arc<Plugin>, String> {
    if let Some(name) = &hook.plugin {
        return plugins.change_hook(name).map_err(|reason| format!("plugin: {reason}"));
    }
    let bundled = plugins.change_hook(&format!("{}{SUFFIX}", hook.dialect));
    // A dialect that was dropped in may be called without the ending.
    let own = plugins.change_hook(&hook.dialect);
    bundled.or_else(|reason| own.map_err(|_| format!("dialect: {reason}")))
}

/// Secrets that are not there, or that are none.
fn unusable(hook: &config::ChangeHook, secrets: &Secrets) -> Vec<String> {
    let password = hook.auth.as_ref().map(|auth| ("auth.password", &auth.password));
    let named = hook.secret.as_ref().map(|secret| ("secret", secret)).into_iter().chain(password);
    let wrong = named.filter_map(|(at, name)| Some((at, secrets.check_for_callers(name).err()?)));
    wrong.map(|(at, error)| format!("{at}: {error}")).collect()
}

async fn problems_of(caller: &Caller, plugin: &Plugin, settings: &str) -> Vec<Problem> {
    caller.check_hook(plugin, settings).await.outcome.unwrap_or_else(|error| {
        let message = format!("the plugin {:?} could not look at its settings: {error}", plugin.name);
        vec![Problem { at: String::new(), message }]
    })
}

fn warn_if_open(hook: &ChangeHook, listen: SocketAddr) {
    if !hook.is_guarded() && !listen.ip().is_loopback() {
        tracing::warn!(
            dialect = hook.dialect,
            %listen,
            "whoever reaches the host can add changes by this hook: write a secret or auth into its [[change_hook]]"
        );
    }
}
