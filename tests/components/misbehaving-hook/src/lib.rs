//! A change hook that does, on command, what change hooks must not do: `?do=` says what.

use campanile_sdk::contract::Fetch;
use campanile_sdk::contract::TlsVerify;
use campanile_sdk::literal;
use campanile_sdk::prelude::*;

#[derive(Debug, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("x-campanile-hook" = {"delivery": ["X-Delivery"], "headers": ["X-Event"]}))]
struct Settings {
    /// Where `fetch` reads.
    #[serde(default)]
    #[schemars(extend("x-campanile" = "http-origin"))]
    url: Option<String>,
}

struct Misbehaving;

impl ChangeHook for Misbehaving {
    const NAME: &'static str = "misbehaving-hook";
    const SUMMARY: &'static str = "Does what change hooks must not do";
    type Settings = Settings;

    fn check(settings: &Settings) -> Vec<Problem> {
        match settings.url.as_deref() {
            Some("http://panic") => panic!("there is no such place"),
            Some("http://wrong") => vec![Problem::new("/url", "it is no place to be")],
            Some(_) | None => Vec::new(),
        }
    }

    fn changes(settings: &Settings, request: &HookRequest, fetched: &[Fetched]) -> Result<HookOutcome, String> {
        let named = |branch: &str| NewChange { branch: Some(branch.into()), ..NewChange::default() };
        let fetch = |url: &str| Fetch { url: literal(url), headers: Vec::new(), verify: TlsVerify::Usual };
        let changes = match request.query("do").unwrap_or_default() {
            "panic" => panic!("the rope is torn"),
            "spin" => loop {
                std::hint::black_box(());
            },
            "grow" => vec![named(&"x".repeat(usize::try_from(i32::MAX).unwrap_or(0)))],
            "many" => vec![named("x"); 5_000],
            // The second is refused: then the first is not there either.
            "half" => vec![named("good"), named("bad\nbranch"), named("good")],
            "no-json" => vec![NewChange { properties: vec![("x".into(), "{".into())], ..NewChange::default() }],
            "headers" => {
                let told = request.headers.iter().map(|(name, value)| format!("{name}={value}"));
                vec![NewChange { comments: Some(told.collect::<Vec<_>>().join(" ")), ..NewChange::default() }]
            }
            "ever" => return Ok(HookOutcome::Fetch(vec![fetch(settings.url.as_deref().unwrap_or_default())])),
            // Always something else.
            "deeper" => {
                let url = settings.url.as_deref().unwrap_or_default();
                return Ok(HookOutcome::Fetch(vec![fetch(&format!("{url}{}", fetched.len()))]));
            }
            "much" => {
                let url = settings.url.as_deref().unwrap_or_default();
                if fetched.is_empty() {
                    return Ok(HookOutcome::Fetch((0..4).map(|page| fetch(&format!("{url}{page}"))).collect()));
                }
                let told: Vec<String> = fetched.iter().map(|page| page.body.len().to_string()).collect();
                vec![NewChange { comments: Some(told.join(" ")), ..NewChange::default() }]
            }
            "fetch" => {
                let Some(first) = fetched.first() else {
                    let wanted = [settings.url.as_deref().unwrap_or_default(), "http://127.0.0.1:9/elsewhere"];
                    return Ok(HookOutcome::Fetch(wanted.map(fetch).into()));
                };
                let told = format!("{:?} {:?} {}", first.status, fetched[1].status, first.body.len());
                vec![NewChange { comments: Some(told), ..NewChange::default() }]
            }
            _ => vec![named("x")],
        };
        Ok(HookOutcome::Changes(changes))
    }
}

campanile_sdk::export!(hook Misbehaving);
