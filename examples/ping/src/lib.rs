//! Posts the number of every finished build.

use campanile_sdk::prelude::*;

#[derive(serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
struct Settings {
    /// Where to post.
    #[schemars(extend("x-campanile" = "http-origin"))]
    url: String,
}

struct Ping;

impl Reporter for Ping {
    const NAME: &'static str = "ping";
    const SUMMARY: &'static str = "Posts the number of every finished build";
    type Settings = Settings;

    fn subscribe(_: &Config<Settings>) -> Result<Vec<Subscription>, Vec<Problem>> {
        Ok(vec![Subscription::to("builds/*/finished", Want::empty())])
    }

    fn handle(config: &Config<Settings>, event: &Event, _: &impl Host) -> Result<Vec<Effect>, Failure> {
        let EventBody::Build(report) = &event.body else { return Ok(Vec::new()) };
        let body = literal(format!(r#"{{"number": {}}}"#, report.build.number));
        let request = HttpRequest::post(literal(&config.settings.url)).json(body);
        Ok(vec![Delivery::new("ping", Message::Http(request)).into()])
    }
}

campanile_sdk::export!(Ping);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_finished_build_is_posted() {
        use campanile_sdk::testing::{Given, a_build};
        let given = Given::settings(serde_json::json!({"url": "https://ci.example/hook"}));
        let effects = given.effects::<Ping>(&a_build("linux").number(7).finished());
        assert_eq!(effects.len(), 1);
    }
}
