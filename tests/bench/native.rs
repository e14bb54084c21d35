//! The mail reporter called natively, from the host's event to the host's effects: what the sandbox is compared with.
//!
//! The same conversions as in `host/src/plugin/convert`, into the SDK's types and back, and the settings are parsed at
//! each call as the guest does it; only the sandbox is left out.

use campanile::model;
use campanile_sdk::contract as sdk;
use campanile_sdk::export;
use campanile_sdk::testing::Given;
use mail::MailNotifier;

/// One call.
pub(crate) fn handle(config: &model::ReporterConfig, event: &model::ReporterEvent, host: &Given) -> Vec<model::Effect> {
    let config = sdk::RawConfig {
        name: config.name.clone(),
        title: config.title.clone(),
        url: config.url.clone(),
        settings: config.settings.clone(),
    };
    let event = self::event(event);
    let effects = export::handle::<MailNotifier>(config, &event, host).expect("the reporter handles it");
    effects.into_iter().map(effect).collect()
}

pub(crate) fn event(event: &model::ReporterEvent) -> sdk::Event {
    let model::EventBody::Build(report) = &event.body else { panic!("the event is a build's") };
    let body = sdk::EventBody::Build(build_report(report));
    sdk::Event { seq: id(event.seq.0), topic: event.topic.clone(), at: id(event.at.0), body }
}

fn id(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(0)
}

fn build_report(report: &model::BuildReport) -> sdk::BuildReport {
    sdk::BuildReport {
        build: build(&report.build),
        builder: builder(&report.builder),
        request: request(&report.request),
        buildset: buildset(&report.buildset),
        parent: report
            .parent
            .as_ref()
            .map(|parent| sdk::ParentBuild { build: build(&parent.build), builder: builder(&parent.builder) }),
        url: report.url.clone(),
        properties: properties(&report.properties),
        steps: report.steps.iter().map(step).collect(),
        previous: report.previous.as_ref().map(build),
        changes: Vec::new(),
        users: report.users.clone(),
    }
}

fn build(build: &model::Build) -> sdk::Build {
    sdk::Build {
        id: id(build.buildid.0),
        number: id(build.number) as u32,
        builder_id: id(build.builderid.0),
        request_id: id(build.buildrequestid.0),
        worker_id: build.workerid.map(|worker| id(worker.0)),
        started_at: id(build.started_at.0),
        complete_at: build.complete_at.map(|at| id(at.0)),
        results: build.results.map(results),
        state_string: build.state_string.clone(),
    }
}

fn builder(builder: &model::Builder) -> sdk::Builder {
    sdk::Builder {
        id: id(builder.builderid.0),
        name: builder.name.clone(),
        description: builder.description.clone(),
        tags: builder.tags.clone(),
    }
}

fn request(request: &model::BuildRequest) -> sdk::BuildRequest {
    sdk::BuildRequest {
        id: id(request.buildrequestid.0),
        buildset_id: id(request.buildsetid.0),
        builder_id: id(request.builderid.0),
        priority: request.priority as i32,
        submitted_at: id(request.submitted_at.0),
        complete_at: request.complete_at.map(|at| id(at.0)),
        results: model::Results::from_code(request.results).map(results),
        waited_for: request.waited_for,
    }
}

fn buildset(buildset: &model::Buildset) -> sdk::Buildset {
    let stamp = |stamp: &model::SourceStamp| sdk::SourceStamp {
        id: id(stamp.ssid.0),
        branch: stamp.branch.clone(),
        revision: stamp.revision.clone(),
        repository: stamp.repository.clone(),
        project: stamp.project.clone(),
        codebase: stamp.codebase.clone(),
        patch: None,
    };
    sdk::Buildset {
        id: id(buildset.bsid.0),
        external_id: buildset.external_idstring.clone(),
        reason: buildset.reason.clone(),
        submitted_at: id(buildset.submitted_at.0),
        complete_at: buildset.complete_at.map(|at| id(at.0)),
        results: buildset.results.map(results),
        parent_build_id: buildset.parent_buildid.map(|parent| id(parent.0)),
        source_stamps: buildset.sourcestamps.iter().map(stamp).collect(),
    }
}

fn step(with_logs: &model::StepWithLogs) -> sdk::Step {
    let step = &with_logs.step;
    let log = |report: &model::LogReport| sdk::Log {
        id: id(report.log.logid.0),
        name: report.log.name.clone(),
        slug: report.log.slug.clone(),
        kind: sdk::LogKind::Stdio,
        complete: report.log.complete,
        num_lines: id(report.log.num_lines) as u32,
        url: report.url.clone(),
    };
    sdk::Step {
        id: id(step.stepid.0),
        number: id(step.number) as u32,
        name: step.name.clone(),
        started_at: step.started_at.map(|at| id(at.0)),
        complete_at: step.complete_at.map(|at| id(at.0)),
        results: step.results.map(results),
        state_string: step.state_string.clone(),
        hidden: step.hidden,
        urls: step.urls.iter().map(|url| sdk::Link { name: url.name.clone(), url: url.url.clone() }).collect(),
        logs: with_logs.logs.iter().map(log).collect(),
    }
}

fn properties(properties: &model::Properties) -> Vec<sdk::Property> {
    let property = |(name, (value, source)): (&String, &(serde_json::Value, String))| sdk::Property {
        name: name.clone(),
        value: value.to_string(),
        source: source.clone(),
    };
    properties.iter().map(property).collect()
}

fn results(results: model::Results) -> sdk::Results {
    match results {
        model::Results::Success => sdk::Results::Success,
        model::Results::Warnings => sdk::Results::Warnings,
        model::Results::Failure => sdk::Results::Failure,
        model::Results::Skipped => sdk::Results::Skipped,
        model::Results::Exception => sdk::Results::Exception,
        model::Results::Retry => sdk::Results::Retry,
        model::Results::Cancelled => sdk::Results::Cancelled,
    }
}

fn effect(effect: sdk::Effect) -> model::Effect {
    let sdk::Effect::Deliver(delivery) = effect else { panic!("a mail reporter delivers") };
    let sdk::Message::Mail(mail) = delivery.message else { panic!("a mail reporter sends mails") };
    let message = model::Message::Mail(model::Mail {
        relay: model::SmtpRelay {
            host: mail.relay.host,
            port: mail.relay.port,
            security: model::SmtpSecurity::Plain,
            login: None,
        },
        sender: mail.sender,
        to: mail.to,
        cc: mail.cc,
        bcc: mail.bcc,
        subject: mail.subject,
        kind: model::BodyKind::Plain,
        body: mail.body,
        thread: mail.thread,
        headers: Vec::new(),
        attachments: Vec::new(),
    });
    model::Effect::Deliver(model::NewDelivery {
        key: delivery.key,
        lane: delivery.lane,
        replace: delivery.replace,
        resend: model::Resend::Blind,
        ttl_seconds: delivery.ttl_seconds,
        receipt: delivery.receipt,
        message,
    })
}
