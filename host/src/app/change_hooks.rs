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
use crate::plugin::settings::MarkKind;
use crate::transport::Secrets;
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;
use url::Url;

pub(super) type ChangeHooks = Arc<BTreeMap<String, Arc<ChangeHook>>>;

/// What stands behind the name of a dialect in that of its plugin.
const SUFFIX: &str = "-hook";

/// Loads them all.
pub(super) async fn load(
    configured: &[config::ChangeHook],
    caller: &Caller,
    (secrets, server): (&Secrets, &config::Server),
) -> Result<ChangeHooks, Vec<String>> {
    let mut hooks = BTreeMap::new();
    let mut problems = Vec::new();
    for hook in configured {
        match one(hook, caller, secrets).await {
            Ok(loaded) => {
                warn_if_open(&loaded, server);
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
    problems.extend(named("settings", lent(hook, &checked.marks)));
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

/// Secrets that strangers could have the host use: a hook that proves nobody lends them to whoever calls.
fn lent(hook: &config::ChangeHook, marks: &[settings::Mark]) -> Vec<Problem> {
    if hook.secret.is_some() || hook.auth.is_some() {
        return Vec::new();
    }
    let secrets = marks.iter().filter(|mark| mark.kind == MarkKind::Secret);
    let message = "whoever calls this hook has it used: write a secret or auth beside `dialect`";
    secrets.map(|mark| Problem { at: mark.pointer.clone(), message: message.to_owned() }).collect()
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

fn warn_if_open(hook: &ChangeHook, server: &config::Server) {
    if let Some(way) = way_from_elsewhere(server).filter(|_| !hook.is_guarded()) {
        tracing::warn!(
            dialect = hook.dialect,
            way,
            "whoever reaches the host can add changes by this hook: write a secret or auth into its [[change_hook]]"
        );
    }
}

/// What shows that others than programs of this machine reach the host: where it listens, or a name that it is called by,
/// for which a proxy stands in front of it.
fn way_from_elsewhere(server: &config::Server) -> Option<String> {
    if !server.listen.ip().is_loopback() {
        return Some(server.listen.to_string());
    }
    let url = Url::parse(&server.url).ok();
    let own = url.as_ref().and_then(Url::host_str).into_iter();
    own.chain(server.names.iter().map(String::as_str)).find(|name| !is_loopback(name)).map(str::to_owned)
}

fn is_loopback(name: &str) -> bool {
    let name = name.trim_start_matches('[').trim_end_matches(']');
    let address = name.parse::<IpAddr>().map(|address| address.to_canonical());
    address.map_or_else(|_| name.eq_ignore_ascii_case("localhost"), |address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_says_that_others_reach_the_host() {
        let check = |listen: &str, url: &str, names: &[&str], way: Option<&str>| {
            let (listen, names) = (listen.parse().unwrap(), names.iter().map(|name| (*name).to_owned()).collect());
            let server = config::Server { listen, url: url.to_owned(), names, ..config::Server::default() };
            assert_eq!(way_from_elsewhere(&server).as_deref(), way, "{url} {:?}", server.names);
        };
        check("127.0.0.1:8010", "http://localhost:8010/", &["127.0.0.1"], None);
        check("[::1]:8010", "http://[::1]:8010/", &["LOCALHOST"], None);
        check("127.0.0.1:8010", "https://ci.example.org/", &[], Some("ci.example.org"));
        check("127.0.0.1:8010", "http://localhost:8010/", &["tower"], Some("tower"));
        check("0.0.0.0:8010", "http://localhost:8010/", &[], Some("0.0.0.0:8010"));
    }
}
