//! Resources of the data API, towards a guest.

use crate::model;
use crate::plugin::bindings::wit::types as wit;
use crate::plugin::convert::small;
use crate::plugin::convert::unsigned;
use serde_json::Value;

pub(in crate::plugin) fn build_report(report: &model::BuildReport) -> wit::BuildReport {
    wit::BuildReport {
        build: build(&report.build),
        builder: builder(&report.builder),
        request: request(&report.request),
        buildset: buildset(&report.buildset),
        parent: report
            .parent
            .as_ref()
            .map(|parent| wit::ParentBuild { build: build(&parent.build), builder: builder(&parent.builder) }),
        url: report.url.clone(),
        properties: properties(&report.properties),
        steps: report.steps.iter().map(|step| self::step(&step.step, &step.logs)).collect(),
        previous: report.previous.as_ref().map(build),
        changes: report.changes.iter().map(change).collect(),
        users: report.users.clone(),
    }
}

/// About the bytes of what can be large in it.
pub(in crate::plugin) fn build_report_size(report: &wit::BuildReport) -> usize {
    let properties: usize = report.properties.iter().map(|p| p.name.len() + p.value.len()).sum();
    let change = |c: &wit::Change| c.comments.len() + c.files.iter().map(String::len).sum::<usize>();
    let changes: usize = report.changes.iter().map(change).sum();
    let links = |step: &wit::Step| step.urls.iter().map(|link| link.url.len()).sum::<usize>();
    let steps: usize = report.steps.iter().map(|step| step.state_string.len() + links(step)).sum();
    properties + changes + steps
}

pub(in crate::plugin) fn buildset_report(report: &model::BuildsetReport) -> wit::BuildsetReport {
    wit::BuildsetReport {
        buildset: buildset(&report.buildset),
        builds: report.builds.iter().map(build_report).collect(),
    }
}

pub(super) fn request_report(report: &model::RequestReport) -> wit::RequestReport {
    wit::RequestReport {
        request: request(&report.request),
        builder: builder(&report.builder),
        buildset: buildset(&report.buildset),
        url: report.url.clone(),
        properties: properties(&report.properties),
    }
}

pub(super) fn step_report(report: &model::StepReport) -> wit::StepReport {
    wit::StepReport { step: step(&report.step, &[]), build: build(&report.build), builder: builder(&report.builder) }
}

pub(super) fn worker_report(report: &model::WorkerReport) -> wit::WorkerReport {
    let worker = &report.worker;
    wit::WorkerReport {
        worker: wit::Worker {
            id: unsigned(worker.workerid.0),
            name: worker.name.clone(),
            admin: worker.workerinfo.get("admin").and_then(Value::as_str).map(str::to_owned),
        },
        last_connection: report.last_connection.map(time),
        notify: report.notify.clone(),
    }
}

pub(super) fn change(change: &model::Change) -> wit::Change {
    wit::Change {
        id: unsigned(change.changeid.0),
        author: change.author.clone(),
        committer: change.committer.clone(),
        comments: change.comments.clone(),
        files: change.files.clone(),
        at: time(change.when_timestamp),
        branch: change.branch.clone(),
        revision: change.revision.clone(),
        revlink: change.revlink.clone(),
        category: change.category.clone(),
        repository: change.repository.clone(),
        project: change.project.clone(),
        codebase: change.codebase.clone(),
        properties: properties(&change.properties),
    }
}

pub(super) fn time(at: model::Timestamp) -> u64 {
    unsigned(at.0)
}

pub(in crate::plugin) fn build(build: &model::Build) -> wit::Build {
    wit::Build {
        id: unsigned(build.buildid.0),
        number: small(build.number),
        builder_id: unsigned(build.builderid.0),
        request_id: unsigned(build.buildrequestid.0),
        worker_id: build.workerid.map(|id| unsigned(id.0)),
        started_at: time(build.started_at),
        complete_at: build.complete_at.map(time),
        results: build.results.map(results),
        state_string: build.state_string.clone(),
    }
}

fn builder(builder: &model::Builder) -> wit::Builder {
    wit::Builder {
        id: unsigned(builder.builderid.0),
        name: builder.name.clone(),
        description: builder.description.clone(),
        tags: builder.tags.clone(),
    }
}

fn request(request: &model::BuildRequest) -> wit::BuildRequest {
    wit::BuildRequest {
        id: unsigned(request.buildrequestid.0),
        buildset_id: unsigned(request.buildsetid.0),
        builder_id: unsigned(request.builderid.0),
        priority: i32::try_from(request.priority).unwrap_or(if request.priority < 0 { i32::MIN } else { i32::MAX }),
        submitted_at: time(request.submitted_at),
        complete_at: request.complete_at.map(time),
        results: model::Results::from_code(request.results).map(results),
        waited_for: request.waited_for,
    }
}

fn buildset(buildset: &model::Buildset) -> wit::Buildset {
    wit::Buildset {
        id: unsigned(buildset.bsid.0),
        external_id: buildset.external_idstring.clone(),
        reason: buildset.reason.clone(),
        submitted_at: time(buildset.submitted_at),
        complete_at: buildset.complete_at.map(time),
        results: buildset.results.map(results),
        parent_build_id: buildset.parent_buildid.map(|id| unsigned(id.0)),
        source_stamps: buildset.sourcestamps.iter().map(source_stamp).collect(),
    }
}

fn source_stamp(stamp: &model::SourceStamp) -> wit::SourceStamp {
    wit::SourceStamp {
        id: unsigned(stamp.ssid.0),
        branch: stamp.branch.clone(),
        revision: stamp.revision.clone(),
        repository: stamp.repository.clone(),
        project: stamp.project.clone(),
        codebase: stamp.codebase.clone(),
        patch: stamp.patch.as_ref().map(|patch| wit::Patch {
            id: unsigned(patch.patchid.0),
            level: small(patch.level),
            subdir: patch.subdir.clone(),
            author: patch.author.clone(),
            comment: patch.comment.clone(),
        }),
    }
}

fn step(step: &model::Step, logs: &[model::LogReport]) -> wit::Step {
    wit::Step {
        id: unsigned(step.stepid.0),
        number: small(step.number),
        name: step.name.clone(),
        started_at: step.started_at.map(time),
        complete_at: step.complete_at.map(time),
        results: step.results.map(results),
        state_string: step.state_string.clone(),
        hidden: step.hidden,
        urls: step.urls.iter().map(|url| wit::Link { name: url.name.clone(), url: url.url.clone() }).collect(),
        logs: logs.iter().map(log).collect(),
    }
}

fn log(report: &model::LogReport) -> wit::Log {
    let log = &report.log;
    wit::Log {
        id: unsigned(log.logid.0),
        name: log.name.clone(),
        slug: log.slug.clone(),
        kind: match log.kind {
            model::LogKind::Stdio => wit::LogKind::Stdio,
            model::LogKind::Text => wit::LogKind::Text,
            model::LogKind::Html => wit::LogKind::Html,
            model::LogKind::Deleted => wit::LogKind::Deleted,
        },
        complete: log.complete,
        num_lines: small(log.num_lines),
        url: report.url.clone(),
    }
}

fn properties(properties: &model::Properties) -> Vec<wit::Property> {
    let property = |(name, (value, source)): (&String, &(Value, String))| wit::Property {
        name: name.clone(),
        value: value.to_string(),
        source: source.clone(),
    };
    properties.iter().map(property).collect()
}

fn results(results: model::Results) -> wit::Results {
    match results {
        model::Results::Success => wit::Results::Success,
        model::Results::Warnings => wit::Results::Warnings,
        model::Results::Failure => wit::Results::Failure,
        model::Results::Skipped => wit::Results::Skipped,
        model::Results::Exception => wit::Results::Exception,
        model::Results::Retry => wit::Results::Retry,
        model::Results::Cancelled => wit::Results::Cancelled,
    }
}
