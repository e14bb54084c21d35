//! A reporter that returns what its settings say, so that tests of dispatch can ask for any delivery.
//!
//! For a build it sends what is listed, with the build's number in the body; a receipt or a wake-up it passes on. Or it
//! talks in a chat (`chat`).

mod chat;

use campanile_sdk::contract::Message;
use campanile_sdk::contract::Probe;
use campanile_sdk::contract::Resend;
use campanile_sdk::contract::SshCommand;
use campanile_sdk::contract::SshIdentity;
use campanile_sdk::contract::Text;
use campanile_sdk::prelude::*;
use schemars::JsonSchema;
use serde::Deserialize;

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Settings {
    #[serde(default)]
    #[schemars(extend("x-campanile" = "http-origin"))]
    url: Option<String>,
    /// It talks there, and sends nothing elsewhere.
    #[serde(default)]
    chat: Option<chat::Chat>,
    /// Where it really sends to, granted or not.
    #[serde(default)]
    elsewhere: Option<String>,
    #[serde(default)]
    #[schemars(extend("x-campanile" = "secret"))]
    token: Option<String>,
    /// A secret that it was not granted.
    #[serde(default)]
    steal: Option<String>,
    #[serde(default = "finished")]
    pattern: String,
    #[serde(default)]
    deliveries: Vec<Asked>,
    /// It sends nothing besides for this reason.
    #[serde(default)]
    skip: Option<String>,
    #[serde(default)]
    wake_ms: Option<u32>,
    #[serde(default)]
    stop: bool,
    /// It asks for another try until the data API knows this path.
    #[serde(default)]
    until: Option<String>,
    /// It counts its builds, and says the count.
    #[serde(default)]
    count: bool,
    /// It sends commands instead, with the key and the body as words.
    #[serde(default)]
    ssh: Option<Server>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Server {
    #[schemars(extend("x-campanile" = "ssh-host", "x-campanile-port" = "port"))]
    host: String,
    port: u16,
    user: String,
    #[serde(default)]
    #[schemars(extend("x-campanile" = "ssh-identity"))]
    identity_file: Option<String>,
    /// The file that it really names, granted or not.
    #[serde(default)]
    other_file: Option<String>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Asked {
    key: String,
    #[serde(default)]
    lane: Option<String>,
    #[serde(default)]
    replace: Option<String>,
    #[serde(default)]
    resend: Class,
    #[serde(default)]
    ttl: Option<u32>,
    #[serde(default)]
    receipt: bool,
}

#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Class {
    #[default]
    Upsert,
    Probe,
    Blind,
}

fn finished() -> String {
    "builds/*/finished".to_owned()
}

struct Scripted;

impl Reporter for Scripted {
    const NAME: &'static str = "scripted";
    const SUMMARY: &'static str = "Returns what its settings say";
    type Settings = Settings;

    fn subscribe(config: &Config<Settings>) -> Result<Vec<Subscription>, Vec<Problem>> {
        let builds = Subscription::to(config.settings.pattern.clone(), Want::empty());
        Ok(config.settings.chat.iter().map(chat::Chat::subscription).chain([builds]).collect())
    }

    fn handle(config: &Config<Settings>, event: &Event, host: &impl Host) -> Result<Vec<Effect>, Failure> {
        let settings = &config.settings;
        if settings.until.as_ref().is_some_and(|path| host.get(path).is_err()) {
            return Err(Failure::Retry("it is not there yet".to_owned()));
        }
        if let Some(chat) = &settings.chat {
            return Ok(match &event.body {
                EventBody::Chat(message) => chat.heard(message),
                EventBody::Presence(presence) => chat.present(event.seq, presence),
                EventBody::Receipt(receipt) => chat.receipt(receipt),
                EventBody::Build(report) => chat.told(&report.build),
                _ => Vec::new(),
            });
        }
        match &event.body {
            EventBody::Build(report) => Ok(of_build(settings, report, host)),
            EventBody::Wake(key) => Ok(vec![post(settings, &format!("wake/{key}"), "{}").into()]),
            EventBody::Receipt(receipt) => {
                let body = serde_json::json!({
                    "key": receipt.key, "outcome": format!("{:?}", receipt.outcome),
                    "status": receipt.status, "answer": receipt.answer,
                });
                Ok(vec![post(settings, "receipt", &body.to_string()).into()])
            }
            _ => Ok(Vec::new()),
        }
    }
}

fn of_build(settings: &Settings, report: &BuildReport, host: &impl Host) -> Vec<Effect> {
    let count = host.recall("count").and_then(|text| text.parse::<u32>().ok()).unwrap_or(0) + 1;
    let count = settings.count.then_some(count);
    let body = serde_json::json!({
        "build": report.build.number, "state": report.build.state_string, "count": count,
    });
    let body = body.to_string();
    let mut effects: Vec<Effect> = settings
        .deliveries
        .iter()
        .map(|asked| {
            let mut delivery = match &settings.ssh {
                Some(server) => Delivery::new(&asked.key, command(server, ["send", &asked.key, &body])),
                None => post(settings, &asked.key, &body),
            };
            delivery.lane = asked.lane.clone();
            delivery.replace = asked.replace.clone();
            delivery.ttl_seconds = asked.ttl;
            delivery.receipt = asked.receipt;
            delivery.resend = resend(settings, asked);
            delivery.into()
        })
        .collect();
    effects.extend(settings.skip.iter().map(|reason| Effect::skip("skipped", reason)));
    effects.extend(count.map(|count| Effect::remember("count", count.to_string())));
    effects.extend(settings.wake_ms.map(|after| Effect::wake("alarm", after)));
    if settings.stop {
        effects.push(stop(report.build.id));
    }
    effects
}

fn resend(settings: &Settings, asked: &Asked) -> Resend {
    match asked.resend {
        Class::Upsert => Resend::Upsert,
        Class::Blind => Resend::Blind,
        Class::Probe => {
            let ask = match &settings.ssh {
                Some(server) => command(server, ["ask", &asked.key, "for it"]),
                None => {
                    let ask = HttpRequest::post(address(settings, "ask"));
                    Message::Http(HttpRequest { method: "GET".into(), ..ask })
                }
            };
            Resend::Probe(Probe::letters(ask, format!("has {}", asked.key)))
        }
    }
}

fn command(server: &Server, words: [&str; 3]) -> Message {
    let file = server.other_file.as_ref().or(server.identity_file.as_ref());
    Message::Ssh(SshCommand {
        host: server.host.clone(),
        port: server.port,
        user: server.user.clone(),
        identity: file.cloned().map(SshIdentity::File),
        command: words.map(literal).to_vec(),
        read: Some(2),
    })
}

fn stop(build_id: u64) -> Effect {
    let control = campanile_sdk::contract::Control::Stop(campanile_sdk::contract::StopBuild {
        build_id,
        reason: "it was asked for".to_owned(),
    });
    Effect::Control(campanile_sdk::contract::ControlRequest { key: "stop".to_owned(), receipt: true, control })
}

fn address(settings: &Settings, path: &str) -> Text {
    let base = settings.elsewhere.as_ref().or(settings.url.as_ref()).map_or("", String::as_str);
    literal(format!("{}/{path}", base.trim_end_matches('/')))
}

fn post(settings: &Settings, path: &str, body: &str) -> Delivery {
    let mut request = HttpRequest::post(address(settings, path)).json(literal(body));
    for name in settings.token.iter().chain(&settings.steal) {
        let value = [literal("token "), secret(name)].concat();
        request = request.header("authorization", value);
    }
    Delivery::new(path, Message::Http(request))
}

campanile_sdk::export!(Scripted);
