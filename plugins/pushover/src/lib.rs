//! Tells phones by Pushover how builds ended: Buildbot's `PushoverNotifier`.
//!
//! Not here: when something is told, and what it says.

mod settings;
#[cfg(test)]
mod tests;

use campanile_sdk::contract::Text;
use campanile_sdk::forges::shortened;
use campanile_sdk::generators;
use campanile_sdk::generators::Report;
use campanile_sdk::generators::SubjectMatter;
use campanile_sdk::prelude::*;

use crate::settings::Settings;

/// Pushover refuses longer ones, in characters.
const LONGEST_MESSAGE: usize = 1024;
const LONGEST_TITLE: usize = 250;

/// The reporter.
#[derive(Debug)]
pub struct PushoverNotifier;

campanile_sdk::export!(PushoverNotifier);

impl Reporter for PushoverNotifier {
    const NAME: &'static str = "pushover";
    const SUMMARY: &'static str = "Tells phones by Pushover how builds ended (Buildbot's PushoverNotifier)";
    type Settings = Settings;

    fn subscribe(config: &Config<Settings>) -> Result<Vec<Subscription>, Vec<Problem>> {
        let problems = config.settings.problems();
        let subscriptions = || generators::subscriptions(&config.settings.generators(), Want::empty());
        if problems.is_empty() { Ok(subscriptions()) } else { Err(problems) }
    }

    fn handle(config: &Config<Settings>, event: &Event, host: &impl Host) -> Result<Vec<Effect>, Failure> {
        let generators = config.settings.generators();
        let reports = generators::merged(generators::reports(&generators, config.site(), event, host)?);
        let told = reports.iter().filter(|report| report.body.is_some()).enumerate();
        Ok(told.map(|(index, report)| message(&config.settings, report, index).into()).collect())
    }
}

fn message(settings: &Settings, report: &Report<'_>, index: usize) -> Delivery {
    let is_html = report.kind == BodyKind::Html;
    // What is cut may be a tag: a long message of HTML is Pushover's to refuse.
    let body = report.body.as_deref().unwrap_or_default();
    let body = if is_html { body.into() } else { shortened(body, LONGEST_MESSAGE) };
    let mut fields: Vec<(String, Text)> = vec![(String::from("message"), literal(body))];
    let mut add = |name: &str, value: Text| fields.push((name.to_owned(), value));
    if let Some(subject) = &report.subject {
        add("title", literal(shortened(subject, LONGEST_TITLE)));
    }
    if is_html {
        add("html", literal("1"));
    }
    if let Some(priority) = outcome(report).and_then(|outcome| settings.priorities.get(outcome)) {
        add("priority", literal(priority.to_string()));
    }
    add("user", secret(&settings.user_key));
    add("token", secret(&settings.api_token));
    for (name, value) in &settings.other_params {
        fields.retain(|(known, _)| known != name);
        fields.push((name.clone(), literal(value.text())));
    }
    let key = if index == 0 { String::from("message") } else { format!("message-{}", index + 1) };
    // A message that arrives twice rings twice, so it goes out again only if it did not arrive.
    Delivery::new(key, Message::Http(HttpRequest::post(literal(&settings.base_url)).form(fields)))
}

/// What the priorities call the outcome; nothing for one that no mode is about.
fn outcome(report: &Report<'_>) -> Option<&'static str> {
    if matches!(report.subject_matter, SubjectMatter::Worker(_)) {
        return Some("worker_missing");
    }
    match report.results? {
        Results::Success => Some("passing"),
        Results::Warnings => Some("warnings"),
        Results::Failure => Some("failing"),
        Results::Exception => Some("exception"),
        Results::Cancelled => Some("cancelled"),
        Results::Skipped | Results::Retry => None,
    }
}
