//! A formatter that renders the template in its settings, and nothing more: the benches compare it in the sandbox and
//! natively.

use campanile_sdk::prelude::*;
use minijinja::Environment;
use minijinja::Value;

/// The settings.
#[derive(Debug, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Jinja2.
    template: String,
}

/// The formatter.
pub struct Templating;

impl MessageFormatter for Templating {
    const NAME: &'static str = "templating";
    const SUMMARY: &'static str = "Renders the template in its settings";
    type Settings = Settings;

    fn format(settings: &Settings, context: &Context, _: &impl PluginHost) -> Result<Option<Formatted>, Failure> {
        let told: Value = serde_json::from_str(context.raw()).map_err(|e| Failure::GiveUp(e.to_string()))?;
        let body = Environment::new().render_str(&settings.template, told);
        let body = body.map_err(|e| Failure::GiveUp(e.to_string()))?;
        Ok(Some(Formatted { body, kind: BodyKind::Plain, subject: None, extra: None }))
    }
}

campanile_sdk::export!(formatter Templating);
