//! A message formatter in HTML: a table of build data, the changes, and the last lines of the last step's log.
//!
//! What comes from outside (names, comments, lines of logs, …) is escaped, all of it. Not here: the subject; without
//! one the reporter writes its own.

use campanile_sdk::ContextBuild;
use campanile_sdk::ContextChange;
use campanile_sdk::ContextLog;
use campanile_sdk::ContextSourceStamp;
use campanile_sdk::clock_text;
use campanile_sdk::contract::DataError;
use campanile_sdk::contract::LogLine;
use campanile_sdk::message::escape;
use campanile_sdk::prelude::*;
use schemars::JsonSchema;
use serde::Deserialize;

/// A longer line is cut after so many characters.
const LINE_CHARS: usize = 1_000;

/// The settings.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// So many lines of the log are shown, the last ones.
    #[serde(default = "usual_lines")]
    #[schemars(range(min = 1, max = 200))]
    lines: u32,
}

fn usual_lines() -> u32 {
    80
}

struct Html;

campanile_sdk::export!(formatter Html);

impl MessageFormatter for Html {
    const NAME: &'static str = "html";
    const SUMMARY: &'static str = "HTML: what was built, what changed, and the end of the last log";
    type Settings = Settings;

    fn format(settings: &Settings, context: &Context, host: &impl PluginHost) -> Result<Option<Formatted>, Failure> {
        // A buildset has several builds. What has none (a worker) is left to the default message.
        let builds: Vec<&ContextBuild> = context.build.iter().chain(&context.builds).collect();
        if builds.is_empty() {
            return Ok(None);
        }
        let mut text = Vec::new();
        for build in builds {
            table(&mut text, build, context);
            changes(&mut text, &build.changes);
            text.push("<br>".to_owned());
            last_log(&mut text, build, (settings, host));
        }
        text.push("<b>-The Buildbot</b>".to_owned());
        Ok(Some(Formatted { body: text.join("\n"), kind: BodyKind::Html, subject: None, extra: None }))
    }
}

/// What was built, and how it ended.
fn table(text: &mut Vec<String>, build: &ContextBuild, context: &Context) {
    let result = build.results.map_or("not finished", Results::name).to_uppercase();
    let worker = build.properties.get("workername").and_then(|(value, _)| value.as_str());
    let worker = Some(context.workername.as_str()).filter(|name| !name.is_empty()).or(worker).unwrap_or("<unknown>");
    let source: Vec<String> = build.buildset.sourcestamps.iter().map(source).collect();
    text.push(format!("<h4>Build status: {result}</h4>"));
    text.push("<table cellspacing=\"10\">".to_owned());
    text.push(row("Worker for this Build:", &format!("<b>{}</b>", escape(worker))));
    text.push(row("Complete logs for all build steps:", &link(&build.url)));
    text.push(row("Build Reason:", &escape(&build.buildset.reason)));
    text.push(row("Build Source Stamp:", &format!("<b>{}</b>", escape(&source.join("; ")))));
    text.push(row("Blamelist:", &escape(&context.blamelist.join(", "))));
    text.push("</table>".to_owned());
}

fn source(stamp: &ContextSourceStamp) -> String {
    let codebase = if stamp.codebase.is_empty() { String::new() } else { format!("{}: ", stamp.codebase) };
    let branch = stamp.branch.as_ref().map_or(String::new(), |branch| format!("[branch {branch}] "));
    let revision = stamp.revision.as_deref().unwrap_or("HEAD");
    let patch = stamp.patch.as_ref().map_or(String::new(), |patch| format!(" (plus patch) ({})", patch.comment));
    format!("{codebase}{branch}{revision}{patch}")
}

/// What came in since the last successful build.
fn changes(text: &mut Vec<String>, changes: &[ContextChange]) {
    if !changes.is_empty() {
        text.push("<h4>Recent Changes:</h4>".to_owned());
    }
    for change in changes {
        text.push("<table cellspacing=\"10\">".to_owned());
        text.push(row("Repository:", &escape(&change.repository)));
        text.push(row("Project:", &escape(&change.project)));
        text.push(row("Time:", &clock_text(change.when_timestamp)));
        text.push(row("Changed by:", &escape(&change.author)));
        text.push(row("Comments:", &escape(&change.comments)));
        text.push("</table>".to_owned());
        if !change.files.is_empty() {
            text.push("<table cellspacing=\"10\"><tr><th align=\"left\">Files</th></tr>".to_owned());
            text.extend(change.files.iter().map(|file| format!("<tr><td>{}</td></tr>", escape(file))));
            text.push("</table>".to_owned());
        }
    }
}

/// The end of the log of the last step that has ended and has one: `stdio`, else its first.
fn last_log(text: &mut Vec<String>, build: &ContextBuild, (settings, host): (&Settings, &impl PluginHost)) {
    let Some(step) = build.steps.iter().rev().find(|step| step.complete && !step.logs.is_empty()) else { return };
    let log = step.logs.iter().rev().find(|log| log.name == "stdio").unwrap_or(&step.logs[0]);
    let name = escape(&format!("{}.{}", step.name, log.name));
    text.push(format!("<i>Detailed log of last build step:</i> {}", link(&log.url)));
    text.push("<br>".to_owned());
    text.push(format!("<h4>Last {} lines of \"{name}\"</h4>", settings.lines));
    text.push("<pre>".to_owned());
    for line in tail(log, settings.lines, host) {
        text.push(escape(&line.text.chars().take(LINE_CHARS).collect::<String>()));
    }
    text.push("</pre>".to_owned());
    text.push("<br><br>".to_owned());
}

/// The last `count` lines; fewer where they are too much for one answer of the host.
fn tail(log: &ContextLog, count: u32, host: &impl PluginHost) -> Vec<LogLine> {
    match host.lines(log.logid, log.num_lines.saturating_sub(count), count) {
        Ok(lines) => lines,
        Err(DataError::TooLarge) if count > 1 => tail(log, count / 2, host),
        Err(_) => Vec::new(),
    }
}

fn row(name: &str, html: &str) -> String {
    format!("<tr><td>{name}</td><td>{html}</td></tr>")
}

fn link(url: &str) -> String {
    let url = escape(url);
    format!("<a href=\"{url}\">{url}</a>")
}

#[cfg(test)]
mod tests;
