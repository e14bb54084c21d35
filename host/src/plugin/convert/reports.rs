//! Resources of the data API, towards a guest: texts are lent by the model, lists are laid out in an arena.

use crate::model;
use crate::plugin::bindings::wit::types as wit;
use crate::plugin::convert::small;
use crate::plugin::convert::unsigned;
use bumpalo::Bump;
use serde_json::Value;

pub(in crate::plugin) fn build_report<'a>(
    arena: &'a Bump,
    report: &'a model::BuildReport,
) -> wit::BuildReportParam<'a> {
    let parent = report
        .parent
        .as_ref()
        .map(|parent| wit::ParentBuildParam { build: build(&parent.build), builder: builder(arena, &parent.builder) });
    wit::BuildReportParam {
        build: build(&report.build),
        builder: builder(arena, &report.builder),
        request: request(&report.request),
        buildset: buildset(arena, &report.buildset),
        parent,
        url: &report.url,
        properties: properties(arena, &report.properties),
        steps: list(arena, &report.steps, |step| self::step(arena, &step.step, &step.logs)),
        previous: report.previous.as_ref().map(build),
        changes: list(arena, &report.changes, |change| self::change(arena, change)),
        users: words(arena, &report.users),
    }
}

pub(super) fn buildset_report<'a>(arena: &'a Bump, report: &'a model::BuildsetReport) -> wit::BuildsetReportParam<'a> {
    wit::BuildsetReportParam {
        buildset: buildset(arena, &report.buildset),
        builds: list(arena, &report.builds, |report| build_report(arena, report)),
    }
}

pub(super) fn request_report<'a>(arena: &'a Bump, report: &'a model::RequestReport) -> wit::RequestReport<'a> {
    wit::RequestReport {
        request: request(&report.request),
        builder: builder(arena, &report.builder),
        buildset: buildset(arena, &report.buildset),
        url: &report.url,
        properties: properties(arena, &report.properties),
    }
}

pub(super) fn step_report<'a>(arena: &'a Bump, report: &'a model::StepReport) -> wit::StepReport<'a> {
    wit::StepReport {
        step: step(arena, &report.step, &[]),
        build: build(&report.build),
        builder: builder(arena, &report.builder),
    }
}

pub(super) fn worker_report<'a>(arena: &'a Bump, report: &'a model::WorkerReport) -> wit::WorkerReport<'a> {
    let worker = &report.worker;
    wit::WorkerReport {
        worker: wit::Worker {
            id: unsigned(worker.workerid.0),
            name: &worker.name,
            admin: worker.workerinfo.get("admin").and_then(Value::as_str),
        },
        last_connection: report.last_connection.map(time),
        notify: words(arena, &report.notify),
    }
}

pub(super) fn change<'a>(arena: &'a Bump, change: &'a model::Change) -> wit::ChangeParam<'a> {
    wit::ChangeParam {
        id: unsigned(change.changeid.0),
        author: &change.author,
        committer: change.committer.as_deref(),
        comments: &change.comments,
        files: words(arena, &change.files),
        at: time(change.when_timestamp),
        branch: change.branch.as_deref(),
        revision: change.revision.as_deref(),
        revlink: change.revlink.as_deref(),
        category: change.category.as_deref(),
        repository: &change.repository,
        project: &change.project,
        codebase: &change.codebase,
        properties: properties(arena, &change.properties),
    }
}

pub(super) fn time(at: model::Timestamp) -> u64 {
    unsigned(at.0)
}

pub(super) fn build(build: &model::Build) -> wit::BuildParam<'_> {
    wit::BuildParam {
        id: unsigned(build.buildid.0),
        number: small(build.number),
        builder_id: unsigned(build.builderid.0),
        request_id: unsigned(build.buildrequestid.0),
        worker_id: build.workerid.map(|id| unsigned(id.0)),
        started_at: time(build.started_at),
        complete_at: build.complete_at.map(time),
        results: build.results.map(results),
        state_string: &build.state_string,
    }
}

fn builder<'a>(arena: &'a Bump, builder: &'a model::Builder) -> wit::BuilderParam<'a> {
    wit::BuilderParam {
        id: unsigned(builder.builderid.0),
        name: &builder.name,
        description: builder.description.as_deref(),
        tags: words(arena, &builder.tags),
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

fn buildset<'a>(arena: &'a Bump, buildset: &'a model::Buildset) -> wit::BuildsetParam<'a> {
    wit::BuildsetParam {
        id: unsigned(buildset.bsid.0),
        external_id: buildset.external_idstring.as_deref(),
        reason: &buildset.reason,
        submitted_at: time(buildset.submitted_at),
        complete_at: buildset.complete_at.map(time),
        results: buildset.results.map(results),
        parent_build_id: buildset.parent_buildid.map(|id| unsigned(id.0)),
        source_stamps: list(arena, &buildset.sourcestamps, source_stamp),
    }
}

fn source_stamp(stamp: &model::SourceStamp) -> wit::SourceStampParam<'_> {
    wit::SourceStampParam {
        id: unsigned(stamp.ssid.0),
        branch: stamp.branch.as_deref(),
        revision: stamp.revision.as_deref(),
        repository: &stamp.repository,
        project: &stamp.project,
        codebase: &stamp.codebase,
        patch: stamp.patch.as_ref().map(|patch| wit::PatchParam {
            id: unsigned(patch.patchid.0),
            level: small(patch.level),
            subdir: patch.subdir.as_deref(),
            author: &patch.author,
            comment: &patch.comment,
        }),
    }
}

fn step<'a>(arena: &'a Bump, step: &'a model::Step, logs: &'a [model::LogReport]) -> wit::StepParam<'a> {
    wit::StepParam {
        id: unsigned(step.stepid.0),
        number: small(step.number),
        name: &step.name,
        started_at: step.started_at.map(time),
        complete_at: step.complete_at.map(time),
        results: step.results.map(results),
        state_string: &step.state_string,
        hidden: step.hidden,
        urls: list(arena, &step.urls, |url| wit::LinkParam { name: &url.name, url: &url.url }),
        logs: list(arena, logs, log),
    }
}

fn log(report: &model::LogReport) -> wit::LogParam<'_> {
    let log = &report.log;
    wit::LogParam {
        id: unsigned(log.logid.0),
        name: &log.name,
        slug: &log.slug,
        kind: match log.kind {
            model::LogKind::Stdio => wit::LogKind::Stdio,
            model::LogKind::Text => wit::LogKind::Text,
            model::LogKind::Html => wit::LogKind::Html,
            model::LogKind::Deleted => wit::LogKind::Deleted,
        },
        complete: log.complete,
        num_lines: small(log.num_lines),
        url: &report.url,
    }
}

fn properties<'a>(arena: &'a Bump, properties: &'a model::Properties) -> &'a [wit::PropertyParam<'a>] {
    arena.alloc_slice_fill_iter(properties.iter().map(|(name, (value, source))| wit::PropertyParam {
        name,
        value: json(arena, value),
        source,
    }))
}

fn json<'a>(arena: &'a Bump, value: &Value) -> &'a str {
    bumpalo::format!(in arena, "{}", value).into_bump_str()
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

fn list<'a, T, U>(arena: &'a Bump, items: &'a [T], each: impl FnMut(&'a T) -> U) -> &'a [U] {
    arena.alloc_slice_fill_iter(items.iter().map(each))
}

fn words<'a>(arena: &'a Bump, words: &'a [String]) -> &'a [&'a str] {
    list(arena, words, String::as_str)
}
