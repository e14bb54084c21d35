//! Posts every build that failed, as JSON.

use campanile_sdk::prelude::*;

/// What the operator writes. What stands in a marked field is granted by standing there.
#[derive(serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
struct Settings {
    /// Where to post.
    #[schemars(extend("x-campanile" = "http-origin"))]
    url: String,
    /// The name of a secret that is sent along as a bearer token.
    #[schemars(extend("x-campanile" = "secret"))]
    token: Option<String>,
}

struct Plugin;

campanile_sdk::export!(Plugin);

impl Reporter for Plugin {
    const NAME: &'static str = "__NAME__";
    const SUMMARY: &'static str = "Posts every build that failed, as JSON";
    type Settings = Settings;

    /// Asked when the configuration is loaded: what to be told, or all that is wrong with the settings.
    fn subscribe(_: &Config<Settings>) -> Result<Vec<Subscription>, Vec<Problem>> {
        // `Want::STEPS | Want::USERS` and the like bring more along.
        Ok(vec![Subscription::to("builds/*/finished", Want::empty())])
    }

    /// What should happen because of an event. The host makes it happen, and tries again where that is needed.
    fn handle(config: &Config<Settings>, event: &Event, _: &impl Host) -> Result<Vec<Effect>, Failure> {
        let EventBody::Build(report) = &event.body else { return Ok(Vec::new()) };
        if report.build.results != Some(Results::Failure) {
            return Ok(Vec::new());
        }
        let told = serde_json::json!({
            "builder": report.builder.name,
            "number": report.build.number,
            "state": report.build.state_string,
            "url": report.url,
        });
        let mut request = HttpRequest::post(literal(&config.settings.url)).json(literal(told.to_string()));
        if let Some(token) = &config.settings.token {
            // A plugin never sees the value: the host puts it in when the message goes out.
            request = request.header("Authorization", [literal("Bearer "), secret(token)].concat());
        }
        Ok(vec![Delivery::new("failed", Message::Http(request)).into()])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use campanile_sdk::testing::{Given, a_build};

    #[test]
    fn only_builds_that_failed_are_posted() {
        let given = Given::settings(serde_json::json!({"url": "https://ci.example/hook"}));
        assert_eq!(given.effects::<Plugin>(&a_build("linux").results(Results::Failure).finished()).len(), 1);
        assert_eq!(given.effects::<Plugin>(&a_build("linux").finished()), []);
    }
}
