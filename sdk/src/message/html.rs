//! The default HTML body. What comes from outside is escaped, all of it.

use crate::contract::BuildReport;
use crate::contract::Results;
use crate::contract::Step;
use crate::generators::Modes;
use crate::message::projects;
use crate::message::status_detected;

/// The body of the default HTML message. Needs what [`plain_body`](super::plain_body) needs.
#[must_use]
pub fn html_body(report: &BuildReport, title: &str, modes: Modes) -> String {
    let property = |name| report.property_text(name);
    let mut html = Html(String::with_capacity(2048 + 256 * report.steps.len()));
    let status = status_detected(report.build.results, report.previous.as_ref(), modes);
    html.raw("<p>A ").text(status).raw(" has been detected on builder ");
    html.link(&report.url, &report.builder.name);
    html.raw(" while building ").text(&projects(report, title)).raw(".</p>\n<p>Information:</p>\n<ul>\n");
    html.item("Build state: ", &report.build.state_string);
    html.item("Revision: ", property("got_revision").as_deref().unwrap_or("(unknown)"));
    html.item("Worker: ", property("workername").as_deref().unwrap_or("<unknown>"));
    html.item("Build Reason: ", property("reason").as_deref().unwrap_or("(unknown)"));
    html.item("Blamelist: ", &report.users.join(", "));
    html.raw("</ul>\n<p>Steps:</p>\n<ul>\n");
    report.steps.iter().for_each(|step| html.step(step));
    html.raw(if report.steps.is_empty() { "<li>No steps</li>\n</ul>\n" } else { "</ul>\n" });
    html.0
}

/// Text as it stands in HTML, in an attribute too.
#[must_use]
pub fn escape(text: &str) -> String {
    let mut html = Html(String::with_capacity(text.len() + 16));
    html.text(text);
    html.0
}

struct Html(String);

impl Html {
    fn raw(&mut self, html: &str) -> &mut Self {
        self.0.push_str(html);
        self
    }

    fn text(&mut self, text: &str) -> &mut Self {
        let mut from = 0;
        for (at, byte) in text.bytes().enumerate() {
            let escaped = match byte {
                b'&' => "&amp;",
                b'<' => "&lt;",
                b'>' => "&gt;",
                b'"' => "&#34;",
                b'\'' => "&#39;",
                _ => continue,
            };
            self.raw(&text[from..at]).raw(escaped);
            from = at + 1;
        }
        self.raw(&text[from..])
    }

    fn link(&mut self, url: &str, text: &str) {
        self.raw("<a href=\"").text(url).raw("\">").text(text).raw("</a>");
    }

    fn item(&mut self, name: &str, value: &str) {
        self.raw("<li>").raw(name).text(value).raw("</li>\n");
    }

    fn step(&mut self, step: &Step) {
        self.raw("<li style=\"").raw(style(step.results)).raw("\">\n");
        self.text(&step.number.to_string()).raw(": ").text(&step.name);
        self.raw(" ( ").raw(step.results.map_or("", Results::name)).raw(" )\n");
        if !step.logs.is_empty() {
            self.raw("(");
            for log in &step.logs {
                self.raw(" <a href=\"").text(&log.url).raw("\">&lt;").text(&log.name).raw("&gt;</a>");
            }
            self.raw(" )\n");
        }
        self.raw("</li>\n");
    }
}

/// How a step looks that ended so.
fn style(results: Option<Results>) -> &'static str {
    match results {
        Some(Results::Success) | None => "",
        Some(Results::Warnings) => "color: #f80;",
        Some(Results::Failure) => "color: #f00; font-weight: bold;",
        Some(Results::Exception) => "color: #f0f; font-weight: bold;",
        Some(Results::Skipped | Results::Retry | Results::Cancelled) => "color: #4af;",
    }
}
