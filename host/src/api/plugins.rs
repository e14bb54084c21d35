//! Plugins: those that are loaded, and those that could not be.

use super::State;
use crate::plugin::BrokenPlugin;
use crate::plugin::Plugin;
use axum::Json;
use axum::extract::State as Shared;
use serde_json::Value;
use serde_json::json;

/// `GET /api/v2/plugins`
pub(super) async fn list(Shared(state): Shared<State>) -> Json<Value> {
    let loaded = state.plugins.iter().map(|plugin| describe(plugin));
    let broken = state.plugins.broken().iter().map(describe_broken);
    let plugins: Vec<Value> = loaded.chain(broken).collect();
    let total = plugins.len();
    Json(json!({"plugins": plugins, "meta": {"total": total}}))
}

fn describe(plugin: &Plugin) -> Value {
    json!({
        "name": plugin.name,
        "state": "loaded",
        "world": plugin.kind.world(),
        "version": plugin.descriptor.version,
        "summary": plugin.descriptor.summary,
        "digest": plugin.digest,
        "imports": plugin.imports,
    })
}

fn describe_broken(plugin: &BrokenPlugin) -> Value {
    json!({
        "name": plugin.name,
        "state": "broken",
        "file": plugin.file,
        "reason": plugin.reason,
        "remedy": plugin.remedy,
    })
}
