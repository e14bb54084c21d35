//! A small host for one fixture: a store with what happened, and the plugin in its sandbox. Gone with this value.

use super::answer::Answer;
use super::fixture::Given;
use super::fixture::GivenContext;
use super::fixture::GivenEvent;
use super::fixture::MadeEvent;
use super::story::Story;
use crate::app;
use crate::bus;
use crate::config::From;
use crate::data::Data;
use crate::data::Site;
use crate::data::updates::Call;
use crate::data::updates::apply_batch;
use crate::model::*;
use crate::plugin::CallReport;
use crate::plugin::Caller;
use crate::plugin::LogEntry;
use crate::plugin::Occasion;
use crate::plugin::Plugin;
use crate::plugin::Plugins;
use crate::plugin::Reporter;
use crate::plugin::Runtime;
use crate::plugin::settings::CallbacksSetting;
use crate::plugin::settings::Checked;
use crate::plugin::settings::FormatterSetting;
use crate::plugin::settings::hook_description;
use crate::store::Options;
use crate::store::Store;
use crate::store::Tx;
use anyhow::Context;
use anyhow::anyhow;
use anyhow::bail;
use serde_json::Value;
use std::collections::BTreeSet;
use std::sync::Arc;
use tempfile::TempDir;

/// Events that are read at once.
const PAGE: Page = Page { events: 1024, bytes: 1024 * 1024 };

/// Topics that are named where none fits.
const NAMED: usize = 40;

pub(super) struct Stage {
    _folder: TempDir,
    store: Store,
    data: Data,
    caller: Caller,
}

/// What a plugin answered, and what it said meanwhile.
pub(super) struct Answered {
    pub(super) answer: Answer,
    pub(super) log: Vec<LogEntry>,
}

impl Stage {
    /// Makes happen what `story` tells.
    pub(super) async fn set(runtime: &Runtime, plugins: &Plugins, given: &Given) -> anyhow::Result<Self> {
        let folder = TempDir::with_prefix("campanile-fixture-").context("making a temporary folder")?;
        let store = Store::open(&Options::new(folder.path().join("fixture.db")))?;
        let site = Site { title: "Example CI".to_owned(), url: "https://ci.example.org/".to_owned() };
        let data = Data::new(store.clone(), site);
        let caller = Caller::new(runtime.clone(), plugins.clone(), data.clone());
        happen(&store, &given.data, Timestamp(given.at)).await.context("data")?;
        Ok(Self { _folder: folder, store, data, caller })
    }

    pub(super) async fn leave(self) {
        self.store.close().await;
    }

    /// Asks a formatter.
    pub(super) async fn format(&self, plugin: &Plugin, given: &Given) -> anyhow::Result<Answered> {
        let mut setting = given.settings.clone();
        setting.insert("plugin".to_owned(), Value::from(plugin.name.as_str()));
        let FormatterSetting::Plugin(chosen) = FormatterSetting::of(Value::Object(setting)) else {
            bail!("settings: they name another plugin");
        };
        let settings = match plugin.schema.check(chosen.settings) {
            Ok(checked) => checked.settings.to_string(),
            Err(problems) => return Ok(Answered::at_once(Answer::problems(&problems))),
        };
        let mut context = match &given.context {
            None => {
                bail!("it has no `context`: say \"builds/1\" for what a host would tell of the first build of `data`")
            }
            Some(GivenContext::Told(context)) => context.clone(),
            Some(GivenContext::About(path)) => {
                let grounds = Grounds { mode: given.mode.clone(), previous: Previous::Usual };
                let told = self.data.formatter_context(&about(path)?, (&grounds, &chosen.scope), None).await;
                serde_json::from_str(&told.with_context(|| format!("context: {path}"))?)?
            }
        };
        context.extend(chosen.context);
        let report = self.caller.format(plugin, &settings, &Value::Object(context).to_string()).await;
        Ok(Answered::of(report, Answer::formatted))
    }

    /// Asks review callbacks.
    pub(super) async fn review(&self, plugin: &Plugin, given: &Given) -> anyhow::Result<Answered> {
        let mut setting = given.settings.clone();
        setting.insert("plugin".to_owned(), Value::from(plugin.name.as_str()));
        let chosen = CallbacksSetting::of(Value::Object(setting)).context("settings: they name another plugin")?;
        let settings = match plugin.schema.check(chosen.settings) {
            Ok(checked) => checked.settings.to_string(),
            Err(problems) => return Ok(Answered::at_once(Answer::problems(&problems))),
        };
        let moment = given.moment.context("it has no `moment`: say \"start\", \"end\" or \"summary\"")?;
        let mut context = match &given.context {
            None => bail!("it has no `context`: say \"builds/1\", or \"buildsets/1\" for a summary"),
            Some(GivenContext::Told(context)) => context.clone(),
            Some(GivenContext::About(path)) => {
                let told = self.data.review_context(&about(path)?, &chosen.scope, None).await;
                serde_json::from_str(&told.with_context(|| format!("context: {path}"))?)?
            }
        };
        context.extend(chosen.context);
        let told = (moment.into(), Value::Object(context).to_string());
        let report = self.caller.review(plugin, settings, told).await;
        Ok(Answered::of(report, Answer::review))
    }

    /// Asks a lookup for the addresses of users.
    pub(super) async fn look_up(&self, plugin: &Plugin, given: &Given) -> anyhow::Result<Answered> {
        let settings = match plugin.schema.check(Value::Object(given.settings.clone())) {
            Ok(checked) => checked.settings.to_string(),
            Err(problems) => return Ok(Answered::at_once(Answer::problems(&problems))),
        };
        let report = self.caller.addresses(plugin, settings, given.users.clone()).await;
        Ok(Answered::of(report, |found| Answer::addresses(&found)))
    }

    /// Asks a getter for the build before.
    pub(super) async fn find_previous(&self, plugin: &Plugin, given: &Given) -> anyhow::Result<Answered> {
        let settings = match plugin.schema.check(Value::Object(given.settings.clone())) {
            Ok(checked) => checked.settings.to_string(),
            Err(problems) => return Ok(Answered::at_once(Answer::problems(&problems))),
        };
        let id = BuildId(given.build.context("it has no `build`: say 2 for the second build of `data`")?);
        let want = Want { properties: true, previous: true, ..Want::default() };
        let told = self.data.build_report(id, want).await.context("build")?;
        let report = self.caller.previous_build(plugin, settings, told).await;
        Ok(Answered::of(report, Answer::previous))
    }

    /// Asks a change hook what a request means.
    pub(super) async fn hook(&self, plugin: &Plugin, given: &Given) -> anyhow::Result<Answered> {
        let description = hook_description(plugin.schema.json()).map_err(|wrong| anyhow!(wrong))?;
        let settings = match plugin.schema.check(Value::Object(given.settings.clone())) {
            Ok(checked) => checked.settings.to_string(),
            Err(problems) => return Ok(Answered::at_once(Answer::problems(&problems))),
        };
        let looked = self.caller.check_hook(plugin, &settings).await;
        match looked.outcome {
            Ok(problems) if problems.is_empty() => {}
            Ok(problems) => return Ok(Answered { answer: Answer::problems(&problems), log: looked.log }),
            Err(error) => return Ok(Answered { answer: Answer::error(&error), log: looked.log }),
        }
        let request = given.request.clone().context("it has no `request`: say {\"body\": {…}} for what is posted")?;
        let request = request.told(&description.headers, Timestamp(given.at));
        let fetched: Vec<Fetched> = given.fetched.iter().cloned().map(Fetched::from).collect();
        let report = self.caller.changes(plugin, &settings, (&request, &fetched)).await;
        let answer = match report.outcome {
            Ok(Ok(outcome)) => Answer::hooked(outcome),
            Ok(Err(reason)) => Answer::refused(&reason),
            Err(error) => Answer::error(&error),
        };
        Ok(Answered { answer, log: report.log })
    }

    /// Tells a reporter what happened.
    pub(super) async fn report(&self, plugin: &Arc<Plugin>, given: &Given) -> anyhow::Result<Answered> {
        let checked = plugin.schema.check(Value::Object(given.settings.clone()));
        let granted = checked.and_then(|checked| Ok((grants(&checked, &given.allow)?, checked)));
        let (mut grants, checked) = match granted {
            Ok(granted) => granted,
            Err(problems) => return Ok(Answered::at_once(Answer::problems(&problems))),
        };
        let Site { title, url } = self.data.site().clone();
        let config = ReporterConfig { name: plugin.name.clone(), title, url, settings: checked.settings.to_string() };
        let report = self.caller.subscribe(plugin, &config).await;
        let subscriptions = match report.outcome {
            Ok(Ok(subscriptions)) => subscriptions,
            Ok(Err(problems)) => return Ok(Answered { answer: Answer::problems(&problems), log: report.log }),
            Err(error) => return Ok(Answered { answer: Answer::error(&error), log: report.log }),
        };
        let (filters, chats) = match app::permitted(subscriptions, &mut grants) {
            Ok(wanted) => wanted,
            Err(messages) => {
                let problem = |message| Problem { at: String::new(), message };
                let problems: Vec<Problem> = messages.into_iter().map(problem).collect();
                return Ok(Answered { answer: Answer::problems(&problems), log: report.log });
            }
        };
        let reporter = Reporter {
            name: ReporterName(config.name.clone()),
            plugin: Arc::clone(plugin),
            config,
            filters,
            chats,
            grants,
            from: From::Start,
            in_flight: None,
        };
        let Some(event) = &given.event else {
            bail!("it has no `event`: say \"builds/1/finished\" for the end of the first build of `data`");
        };
        let event = match event {
            GivenEvent::Topic(topic) => self.event(topic, &reporter).await?,
            GivenEvent::Made(made) => made_event(made.clone(), Timestamp(given.at)),
        };
        let overlay = given.state.iter().map(|(key, value)| (key.clone(), Some(value.to_string())));
        let occasion = Occasion { event: Arc::new(event), overlay: Arc::new(overlay.collect()) };
        let report = self.caller.handle(plugin, &reporter.config, occasion).await;
        Ok(Answered::of(report, |effects| Answer::effects(&effects, &reporter.grants)))
    }

    /// The last event of this topic, as the reporter asked for it.
    async fn event(&self, topic: &str, reporter: &Reporter) -> anyhow::Result<ReporterEvent> {
        let mut log = bus::subscribe(&self.store, reporter.patterns(), Seq(0));
        let mut last = None;
        while let Some(page) = log.next_page().await? {
            last = page.into_iter().rfind(|matched| matched.event.topics.iter().any(|other| other == topic)).or(last);
        }
        let Some(found) = last else { bail!(self.missing(topic, reporter).await?) };
        Ok(self.data.reporter_event(found.event, found.topic, reporter.wanted(&found.patterns)).await?)
    }

    /// Why there is no event of this topic.
    async fn missing(&self, topic: &str, reporter: &Reporter) -> anyhow::Result<String> {
        let (mut there, mut at) = (BTreeSet::new(), Seq(0));
        loop {
            let events = self.store.events_after(at, PAGE).await?;
            let Some(last) = events.last() else { break };
            at = last.seq;
            there.extend(events.iter().flat_map(|event| event.topics.iter().cloned()));
        }
        if there.contains(topic) {
            let asked: Vec<String> = reporter.patterns().iter().map(Pattern::to_string).collect();
            return Ok(format!("event: the reporter did not ask to be told of {topic}, but of {}", asked.join(", ")));
        }
        let there: Vec<String> = there.into_iter().take(NAMED).collect();
        Ok(format!("event: `data` causes no {topic}, but {}", there.join(", ")))
    }
}

impl Answered {
    fn at_once(answer: Answer) -> Self {
        Self { answer, log: Vec::new() }
    }

    fn of<T>(report: CallReport<Result<T, Failure>>, answer: impl FnOnce(T) -> Answer) -> Self {
        let answer = match report.outcome {
            Ok(Ok(value)) => answer(value),
            Ok(Err(failure)) => Answer::failure(&failure),
            Err(error) => Answer::error(&error),
        };
        Self { answer, log: report.log }
    }
}

async fn happen(store: &Store, story: &Story, at: Timestamp) -> anyhow::Result<()> {
    for batch in story.batches() {
        let calls =
            batch.into_iter().map(|call| Call::parse(call.method, &Value::Object(call.params).to_string(), None));
        let calls: Vec<Call> = calls.collect::<Result<_, _>>()?;
        store.write(move |tx: &mut Tx<'_>| apply_batch(calls, tx, at)).await?;
    }
    Ok(())
}

/// What the settings allow, and `allow` besides.
fn grants(checked: &Checked, allow: &[String]) -> Result<Grants, Vec<Problem>> {
    let marks: Vec<Mark> = checked.marks.iter().filter_map(app::granting).collect();
    // The defaults of a plugin that does not come with the host grant nothing.
    Grants::new(&marks, false, allow)
}

fn made_event(made: MadeEvent, at: Timestamp) -> ReporterEvent {
    let (topic, body) = match made {
        MadeEvent::Wake(key) => (format!("wake/{key}"), EventBody::Wake(key)),
        MadeEvent::Receipt(receipt) => (format!("receipt/{}", receipt.key), EventBody::Receipt(receipt.into())),
        MadeEvent::Chat(chat) => ("chat".to_owned(), EventBody::Chat(chat.into())),
    };
    ReporterEvent { seq: Seq(1), topic, at, body }
}

fn about(path: &str) -> anyhow::Result<About> {
    let (kind, id) = path.split_once('/').unwrap_or((path, ""));
    Ok(match (kind, id.parse::<i64>()) {
        ("builds", Ok(id)) => About::Build(BuildId(id)),
        ("buildsets", Ok(id)) => About::Buildset(BuildsetId(id)),
        ("buildrequests", Ok(id)) => About::Request(BuildRequestId(id)),
        ("workers", Ok(id)) => About::Worker(WorkerId(id)),
        _ => bail!("context: {path:?} is no path such as builds/1, buildsets/1, buildrequests/1 or workers/1"),
    })
}
