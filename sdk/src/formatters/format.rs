//! Asking a formatter.
//!
//! Invariant: whatever is wrong with a formatter, there is a message. What went wrong stands in it, so that nobody
//! misses a broken build.

use super::Before;
use super::Formatter;
use super::Template;
use super::template::Templates;
use crate::contract::About;
use crate::contract::BodyKind;
use crate::contract::BuildReport;
use crate::contract::BuildsetReport;
use crate::contract::Contents;
use crate::contract::Failure;
use crate::contract::Grounds;
use crate::contract::Json;
use crate::contract::Level;
use crate::contract::RequestReport;
use crate::contract::Scope;
use crate::contract::Want;
use crate::contract::WorkerReport;
use crate::generators::Modes;
use crate::host::Host;
use crate::interpolate::Sources;
use crate::message;
use crate::plugin::Site;

/// What a message says.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) body: Option<String>,
    pub(crate) kind: BodyKind,
    pub(crate) subject: Option<String>,
    pub(crate) extra: Option<Json>,
    /// Whether the subject is one that nobody asked for.
    pub(crate) default_subject: bool,
    /// Why the formatter failed that was asked.
    pub(crate) failure: Option<String>,
}

/// What a message is about.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Topic<'e> {
    Build(&'e BuildReport),
    BuildInSet(&'e BuildReport),
    Buildset(&'e BuildsetReport),
    Request(&'e RequestReport),
    Worker(&'e WorkerReport),
}

/// Why there is a message, and where.
pub(crate) struct Occasion<'e> {
    pub(crate) topic: Topic<'e>,
    pub(crate) modes: Modes,
    pub(crate) site: Site<'e>,
    /// Logs that the message comes with; a template sees what they say.
    pub(crate) contents: Contents,
    /// What a build is compared with.
    pub(crate) before: Before,
}

impl Topic<'_> {
    fn about(self) -> About {
        match self {
            Self::Build(report) => About::Build(report.build.id),
            Self::BuildInSet(report) => About::BuildInSet(report.build.id),
            Self::Buildset(report) => About::Buildset(report.buildset.id),
            Self::Request(report) => About::Request(report.request.id),
            Self::Worker(report) => About::Worker(report.worker.id),
        }
    }

    fn sources(&self) -> Sources<'_> {
        match self {
            Self::Build(report) | Self::BuildInSet(report) => Sources::build(report),
            Self::Buildset(report) => Sources::buildset(report),
            Self::Request(report) => Sources::request(report),
            Self::Worker(_) => Sources::default(),
        }
    }
}

impl Occasion<'_> {
    /// What the formatter says, or the default message if it says nothing.
    ///
    /// # Errors
    /// The cause passes by itself.
    pub(crate) fn ask(&self, formatter: &Formatter, host: &impl Host) -> Result<Said, Failure> {
        let (said, kind) = match formatter {
            Formatter::Empty => return Ok(said(None, BodyKind::Plain, None)),
            Formatter::Renderable { template, subject } => {
                let fill = |text: &Option<crate::Renderable>| {
                    let text = text.as_ref()?.read().ok()?;
                    Some(text.fill_plain(self.topic.sources()))
                };
                return Ok(said(fill(template), BodyKind::Plain, fill(subject)));
            }
            Formatter::Message(template) | Formatter::MissingWorker(template) => {
                if template.template.is_none() && template.subject.is_none() {
                    return Ok(self.default(template.kind));
                }
                (self.render(template, host), template.kind)
            }
            Formatter::Plugin(setting) => (self.plugin(setting, host), BodyKind::Plain),
        };
        match said {
            Err(Failure::GiveUp(reason)) => Ok(self.marked(kind, &reason, host)),
            said => said,
        }
    }

    fn grounds(&self) -> Grounds {
        Grounds { mode: self.modes.names(), previous: self.before.told() }
    }

    fn plugin(&self, setting: &str, host: &impl Host) -> Result<Said, Failure> {
        let formatted = host.format(setting, &self.topic.about(), &self.grounds())?;
        let formatted = formatted.ok_or_else(|| Failure::GiveUp(String::from("it has nothing to say")))?;
        Ok(Said { extra: formatted.extra, ..said(Some(formatted.body), formatted.kind, formatted.subject) })
    }

    fn render(&self, template: &Template, host: &impl Host) -> Result<Said, Failure> {
        let scope = match &self.contents {
            Contents::None => template.scope.clone(),
            contents => Scope { contents: contents.clone(), ..template.scope.clone() },
        };
        let context = host.context(&self.topic.about(), &self.grounds(), &scope)?;
        let templates = Templates::new(&context, &template.context).map_err(Failure::GiveUp)?;
        let rendered = |name: &str, source: &Option<String>, kind| {
            let source = source.as_ref()?;
            let rendered = templates.render(source, kind);
            Some(rendered.map_err(|reason| Failure::GiveUp(format!("the template of the {name}, {reason}"))))
        };
        let body = rendered("body", &template.template, template.kind).transpose()?;
        let subject = rendered("subject", &template.subject, BodyKind::Plain).transpose()?;
        let default = if body.is_none() || subject.is_none() { Some(self.default(template.kind)) } else { None };
        let default_subject = subject.is_none();
        let (default_body, default_line) = default.map_or((None, None), |said| (said.body, said.subject));
        Ok(Said { default_subject, ..said(body.or(default_body), template.kind, subject.or(default_line)) })
    }

    fn default(&self, kind: BodyKind) -> Said {
        let (site, modes) = (self.site, self.modes);
        let build_body = |report| match kind {
            BodyKind::Html => message::html_body(&self.before.put_into(report), site.title, modes),
            BodyKind::Plain | BodyKind::Json => message::plain_body(&self.before.put_into(report), site.title, modes),
        };
        let (body, subject) = match self.topic {
            Topic::Build(report) => (build_body(report), Some(message::default_subject(report, site.title))),
            Topic::BuildInSet(report) => (build_body(report), Some(message::subject_in_set(report, site.title))),
            Topic::Buildset(report) => (message::buildset_body(report, kind), None),
            Topic::Request(report) => {
                (message::request_body(report, kind), Some(message::request_subject(report, site.title)))
            }
            Topic::Worker(report) => {
                (message::worker_body(report, kind), Some(message::worker_subject(report, site.title)))
            }
        };
        Said { default_subject: true, ..said(Some(body), kind, subject) }
    }

    /// The default message, and why it is.
    fn marked(&self, kind: BodyKind, reason: &str, host: &impl Host) -> Said {
        let about = format!("{:?}", self.topic.about());
        host.log(
            Level::Warn,
            "the message formatter failed; the default message goes out",
            &[("about", &about), ("reason", reason)],
        );
        let mark = format!("The message formatter failed, so this is the default message. The reason: {reason}");
        let mark = match kind {
            BodyKind::Html => ["<p><strong>", &message::escape(&mark), "</strong></p>\n"].concat(),
            BodyKind::Plain | BodyKind::Json => mark + "\n\n",
        };
        let default = self.in_full(host, |occasion| occasion.default(kind));
        Said { body: Some(mark + &default.body.unwrap_or_default()), failure: Some(reason.to_owned()), ..default }
    }

    /// With all that the default message tells, which was not wanted along.
    fn in_full(&self, host: &impl Host, default: impl FnOnce(&Occasion<'_>) -> Said) -> Said {
        let want = Want::PROPERTIES | Want::STEPS | Want::LOGS | Want::USERS | Want::PREVIOUS;
        let (Topic::Build(report) | Topic::BuildInSet(report)) = self.topic else { return default(self) };
        let Ok(mut full) = host.build(report.build.id, want) else { return default(self) };
        // As the event says.
        full.build = report.build.clone();
        let topic = if matches!(self.topic, Topic::Build(_)) { Topic::Build(&full) } else { Topic::BuildInSet(&full) };
        let (modes, site, before) = (self.modes, self.site, self.before.clone());
        default(&Occasion { topic, contents: Contents::None, modes, site, before })
    }
}

fn said(body: Option<String>, kind: BodyKind, subject: Option<String>) -> Said {
    Said { body, kind, subject, extra: None, default_subject: false, failure: None }
}
