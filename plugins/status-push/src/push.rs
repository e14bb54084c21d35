//! Pushes: one on its way at a time; what failed stays in the queue and is pushed again, one packet first.
//!
//! Each wake-up and each push has a watch: a second wake-up, later, that goes on where the first one or the push's end was
//! lost with a call that failed.
//!
//! Invariant: a packet leaves the queue when its push has arrived, or when it can never be pushed; never otherwise.

use campanile_sdk::Sources;
use campanile_sdk::contract::Field;
use campanile_sdk::contract::HttpBody;
use campanile_sdk::contract::Outcome;
use campanile_sdk::contract::Previous;
use campanile_sdk::contract::Receipt;
use campanile_sdk::contract::Resend;
use campanile_sdk::contract::Timestamp;
use campanile_sdk::prelude::*;

use crate::queue::Queue;
use crate::settings::MOST_REQUEST_BYTES;
use crate::settings::Settings;

/// What wakes the reporter.
pub(crate) const WAKE: &str = "push";

/// What wakes it when the wake-up was lost, or the end of a push.
pub(crate) const WATCH: &str = "watch";

/// A wake-up that is so late, in milliseconds, was lost with a call that failed.
const WAKE_LOST_AFTER_MS: u32 = 120_000;

/// A push that has not ended after so many milliseconds has lost its receipt. It is tried once, which takes minutes; only
/// where the server asks for a longer wait is a packet pushed twice, and then in its lane, behind the first.
const PUSH_LOST_AFTER_MS: u32 = 3_600_000;

/// Packets dropped in one call at most; the rest has its turn in the next.
const MOST_DROPPED: usize = 16;

/// What a batch came to.
enum Made {
    /// This is to be posted.
    Body(HttpBody),
    /// The plugin has done what there was to do.
    Done,
    /// It has more bytes than a request may have.
    TooLarge,
    /// The plugin has no answer for this batch, and never will.
    Never(String),
    /// The plugin wants to be asked again later.
    Later(String),
}

/// A wake-up, unless there is one or a push is on its way, whose end will lead to the next.
pub(crate) fn arrange<H: Host>(queue: &mut Queue<'_, H>, delay_ms: u32, now: Timestamp) -> Vec<Effect> {
    let ledger = &mut queue.ledger;
    if ledger.flight > 0 || ledger.waiting == 0 || ledger.is_awaited {
        return Vec::new();
    }
    ledger.is_awaited = true;
    vec![Effect::wake(WAKE, delay_ms), watch(queue, delay_ms.saturating_add(WAKE_LOST_AFTER_MS), now)]
}

/// Takes the place of the watch before.
fn watch<H: Host>(queue: &mut Queue<'_, H>, delay_ms: u32, now: Timestamp) -> Effect {
    queue.ledger.watched = now + u64::from(delay_ms) / 1000;
    Effect::wake(WATCH, delay_ms)
}

/// What should have come did not. It asks nobody, so that it is not lost as that was.
pub(crate) fn watched<H: Host>(queue: &mut Queue<'_, H>, (now, host): (Timestamp, &H)) -> Vec<Effect> {
    let ledger = &mut queue.ledger;
    let is_lost = ledger.flight > 0 || ledger.is_awaited;
    // An earlier one came too late to be replaced.
    if !is_lost || now < ledger.watched {
        return Vec::new();
    }
    let lost = if ledger.flight > 0 { "the end of a push" } else { "a wake-up" };
    host.log(Level::Warn, "a call was lost, and what waits is pushed again", &[("lost", lost)]);
    (ledger.flight, ledger.is_awaited, ledger.failed) = (0, false, true);
    arrange(queue, 0, now)
}

/// The time has come.
pub(crate) fn due<H: Host>(
    config: &Config<Settings>,
    queue: &mut Queue<'_, H>,
    (now, host): (Timestamp, &H),
) -> Result<Vec<Effect>, Failure> {
    queue.ledger.is_awaited = false;
    if queue.ledger.flight > 0 {
        return Ok(Vec::new());
    }
    let mut effects = Vec::new();
    for _ in 0..MOST_DROPPED {
        let Some((packets, made)) = batch(config, queue, host)? else { return Ok(effects) };
        match made {
            Made::Body(body) => {
                effects.push(push(config, queue, (packets, body), host));
                effects.push(watch(queue, PUSH_LOST_AFTER_MS, now));
                return Ok(effects);
            }
            Made::Done => {
                queue.forget_first(packets as u64)?;
                queue.ledger.failed = false;
                effects.extend(arrange(queue, config.settings.buffer_delay(), now));
                return Ok(effects);
            }
            Made::TooLarge | Made::Never(_) if packets == 1 => {
                let reason = match made {
                    Made::Never(reason) => reason,
                    _ => format!("its request would have {} bytes or more", config.settings.most_bytes()),
                };
                effects.push(drop_first(queue, &reason, host)?);
            }
            Made::TooLarge | Made::Never(_) | Made::Later(_) => {
                if let Made::Never(reason) | Made::Later(reason) = made {
                    host.log(Level::Warn, "a push failed", &[("reason", &reason)]);
                }
                queue.ledger.failed = true;
                effects.extend(arrange(queue, config.settings.retry_delay(), now));
                return Ok(effects);
            }
        }
    }
    effects.extend(arrange(queue, 0, now));
    Ok(effects)
}

/// A push has ended.
pub(crate) fn ended<H: Host>(
    config: &Config<Settings>,
    queue: &mut Queue<'_, H>,
    (receipt, now, host): (&Receipt, Timestamp, &H),
) -> Result<Vec<Effect>, Failure> {
    if queue.ledger.flight == 0 || receipt.key != key(queue.ledger.pushes) {
        return Ok(Vec::new());
    }
    let packets = std::mem::take(&mut queue.ledger.flight);
    let delay = match receipt.outcome {
        Outcome::Done => {
            queue.forget_first(packets)?;
            queue.ledger.failed = false;
            config.settings.buffer_delay()
        }
        // Cancelled: the reporter was not configured for a while.
        Outcome::Refused | Outcome::Expired | Outcome::Superseded | Outcome::Cancelled => {
            let status = receipt.status.map(|status| status.to_string()).unwrap_or_default();
            let answer: String = receipt.answer.chars().take(1_000).collect();
            host.log(Level::Warn, "a push failed", &[("status", &status), ("answer", &answer)]);
            queue.ledger.failed = true;
            config.settings.retry_delay()
        }
    };
    Ok(arrange(queue, delay, now))
}

/// The next packets, so many that their request is small enough, or one that is too large by itself.
fn batch<H: Host>(config: &Config<Settings>, queue: &Queue<'_, H>, host: &H) -> Result<Option<(usize, Made)>, Failure> {
    let settings = &config.settings;
    let most = if queue.ledger.failed { 1 } else { settings.chunk_size };
    let packets = queue.first(most, settings.most_bytes())?;
    if packets.is_empty() {
        return Ok(None);
    }
    // Where not all were read that might go, those that were are too large together.
    let waiting = usize::try_from(queue.ledger.waiting).unwrap_or(usize::MAX);
    let mut count = most.min(waiting).max(1);
    loop {
        let made = match packets.get(..count) {
            Some(packets) => body(config, packets, host),
            None => Made::TooLarge,
        };
        if count == 1 || !matches!(made, Made::TooLarge) {
            return Ok(Some((count, made)));
        }
        count /= 2;
    }
}

fn body(config: &Config<Settings>, packets: &[String], host: &impl Host) -> Made {
    let settings = &config.settings;
    let list = ["[", &packets.join(","), "]"].concat();
    if let Some(callback) = &settings.server_push_cb {
        match answer(callback.json(), &list, host) {
            Some(made) if settings.server_url.is_none() => return printed(made, packets.len(), host),
            Some(Made::Body(HttpBody::Json(text))) => {
                let is_small = text_size(&text) < settings.most_bytes();
                return if is_small { Made::Body(HttpBody::Json(text)) } else { Made::TooLarge };
            }
            Some(made) => return made,
            None if settings.server_url.is_none() => return Made::Done,
            None => {}
        }
    }
    let mut form = vec![Field { name: "packets".into(), value: literal(list) }];
    for (name, value) in &settings.extra_post_params {
        let value = value.read().map(|value| value.fill(Sources::default())).unwrap_or_default();
        form.push(Field { name: name.clone(), value });
    }
    if form_size(&form) < settings.most_bytes() { Made::Body(HttpBody::Form(form)) } else { Made::TooLarge }
}

/// What the plugin says of the packets; nothing if they are to be posted as they are.
fn answer(callback: &str, list: &str, host: &impl Host) -> Option<Made> {
    let context = [r#"{"context":{"packets":"#, list, "}}"].concat();
    let grounds = Grounds { mode: Vec::new(), previous: Previous::None };
    match host.format(callback, &About::Other(context), &grounds) {
        Ok(None) => None,
        Ok(Some(formatted)) if formatted.kind == BodyKind::Json => {
            Some(Made::Body(HttpBody::Json(literal(formatted.body))))
        }
        Ok(Some(_)) => Some(Made::Never("serverPushCb did not answer with JSON".into())),
        Err(Failure::GiveUp(reason)) => Some(Made::Never(format!("serverPushCb: {reason}"))),
        Err(Failure::Retry(reason)) => Some(Made::Later(format!("serverPushCb: {reason}"))),
    }
}

/// Where nothing is posted, the plugin's answer is written into the log.
fn printed(made: Made, count: usize, host: &impl Host) -> Made {
    let Made::Body(HttpBody::Json(text)) = made else { return made };
    let text: String = text.iter().map(|part| format!("{part:?}")).collect();
    host.log(Level::Info, "a push", &[("packets", &count.to_string()), ("answer", &text)]);
    Made::Done
}

fn push<H: Host>(
    config: &Config<Settings>,
    queue: &mut Queue<'_, H>,
    (packets, body): (usize, HttpBody),
    host: &H,
) -> Effect {
    let ledger = &mut queue.ledger;
    ledger.pushes += 1;
    ledger.flight = packets as u64;
    let url = config.settings.server_url.clone().unwrap_or_default();
    if config.settings.debug {
        host.log(Level::Info, "a push", &[("url", &url), ("packets", &packets.to_string())]);
    }
    request(config, (url, body), ledger.pushes).into()
}

/// Tried once: what failed is pushed anew, with what came meanwhile.
fn request(config: &Config<Settings>, (url, body): (String, HttpBody), number: u64) -> Delivery {
    let request = HttpRequest { body, ..HttpRequest::post(literal(url)) };
    // What another reporter pushes to the same server has nothing to do with it.
    let lane = format!("{} packets", config.name);
    // A packet that arrives twice has the same id.
    Delivery::new(key(number), Message::Http(request)).lane(lane).resend(Resend::Upsert).ttl_seconds(0).receipt()
}

fn key(push: u64) -> String {
    format!("push {push}")
}

/// The first packet can never be pushed.
fn drop_first<H: Host>(queue: &mut Queue<'_, H>, reason: &str, host: &H) -> Result<Effect, Failure> {
    let packet = queue.first(1, 0)?.pop().unwrap_or_default();
    queue.forget_first(1)?;
    Ok(dropped(&packet, reason, host))
}

/// A packet that waits from now on, unless no request would ever hold it.
pub(crate) fn add<H: Host>(queue: &mut Queue<'_, H>, packet: &str, host: &H) -> Result<Option<Effect>, Failure> {
    if packet.len() < MOST_REQUEST_BYTES {
        queue.append(packet)?;
        return Ok(None);
    }
    queue.ledger.next += 1;
    let reason = format!("it has {} bytes, and a request takes {MOST_REQUEST_BYTES} at most", packet.len());
    Ok(Some(dropped(packet, &reason, host)))
}

/// The push of a packet about a build that never was.
pub(crate) fn trial(config: &Config<Settings>, packet: String, host: &impl Host) -> Option<Effect> {
    match (body(config, &[packet], host), &config.settings.server_url) {
        (Made::Body(body), Some(url)) => Some(request(config, (url.clone(), body), 0).into()),
        _ => None,
    }
}

/// Says that a packet is not pushed.
fn dropped(packet: &str, reason: &str, host: &impl Host) -> Effect {
    // Its number stands first.
    let id: String =
        packet.chars().skip_while(|char| !char.is_ascii_digit()).take_while(char::is_ascii_digit).collect();
    let beginning: String = packet.chars().take(200).collect();
    host.log(Level::Error, "a packet is dropped", &[("reason", reason), ("packet", &beginning)]);
    Effect::skip(format!("packet {id}"), format!("the packet is dropped: {reason}: {beginning}"))
}

/// The bytes of the form as it is sent. A secret counts by its name.
fn form_size(form: &[Field]) -> usize {
    let field = |field: &Field| encoded(&field.name) + text_bytes(&field.value, encoded) + 2;
    form.iter().map(field).sum::<usize>() - 1
}

fn text_size(text: &campanile_sdk::contract::Text) -> usize {
    text_bytes(text, str::len)
}

fn text_bytes(text: &campanile_sdk::contract::Text, bytes: impl Fn(&str) -> usize) -> usize {
    use campanile_sdk::contract::Part;
    text.iter().map(|(Part::Literal(text) | Part::Secret(text))| bytes(text)).sum()
}

/// As the host writes a form: a space is `%20`.
fn encoded(text: &str) -> usize {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    text.bytes().map(|byte| if plain(byte) { 1 } else { 3 }).sum()
}
