//! Reports as answers of imports, which must own what is in them: copies of those that are lent to exports.

use crate::model;
use crate::plugin::bindings::wit::types as wit;
use crate::plugin::convert::reports;
use bumpalo::Bump;

/// The same, with texts and lists of its own.
trait Own {
    type Owned;

    fn own(&self) -> Self::Owned;
}

macro_rules! owned {
    ($($lent:ident => $owned:ident { $($field:ident),* })*) => {
        $(impl Own for wit::$lent<'_> {
            type Owned = wit::$owned;

            fn own(&self) -> wit::$owned {
                wit::$owned { $($field: self.$field.own()),* }
            }
        })*
    };
}

macro_rules! copied {
    ($($kind:ty),*) => {
        $(impl Own for $kind {
            type Owned = $kind;

            fn own(&self) -> $kind {
                *self
            }
        })*
    };
}

owned! {
    BuildReportParam => BuildReportResult {
        build, builder, request, buildset, parent, url, properties, steps, previous, changes, users
    }
    BuildsetReportParam => BuildsetReportResult { buildset, builds }
    ParentBuildParam => ParentBuildResult { build, builder }
    BuildParam => BuildResult {
        id, number, builder_id, request_id, worker_id, started_at, complete_at, results, state_string
    }
    BuilderParam => BuilderResult { id, name, description, tags }
    BuildsetParam => BuildsetResult {
        id, external_id, reason, submitted_at, complete_at, results, parent_build_id, source_stamps
    }
    SourceStampParam => SourceStampResult { id, branch, revision, repository, project, codebase, patch }
    PatchParam => PatchResult { id, level, subdir, author, comment }
    StepParam => StepResult {
        id, number, name, started_at, complete_at, results, state_string, hidden, urls, logs
    }
    LinkParam => LinkResult { name, url }
    LogParam => LogResult { id, name, slug, kind, complete, num_lines, url }
    PropertyParam => PropertyResult { name, value, source }
    ChangeParam => ChangeResult {
        id, author, committer, comments, files, at, branch, revision, revlink, category, repository, project, codebase,
        properties
    }
}

copied!(bool, u32, u64, wit::BuildRequest, wit::LogKind, wit::Results);

impl Own for &str {
    type Owned = String;

    fn own(&self) -> String {
        (*self).to_owned()
    }
}

impl<T: Own> Own for &[T] {
    type Owned = Vec<T::Owned>;

    fn own(&self) -> Self::Owned {
        self.iter().map(Own::own).collect()
    }
}

impl<T: Own> Own for Option<T> {
    type Owned = Option<T::Owned>;

    fn own(&self) -> Self::Owned {
        self.as_ref().map(Own::own)
    }
}

pub(in crate::plugin) fn build(build: &model::Build) -> wit::BuildResult {
    reports::build(build).own()
}

pub(in crate::plugin) fn build_report(report: &model::BuildReport) -> wit::BuildReportResult {
    reports::build_report(&Bump::new(), report).own()
}

pub(in crate::plugin) fn buildset_report(report: &model::BuildsetReport) -> wit::BuildsetReportResult {
    reports::buildset_report(&Bump::new(), report).own()
}

/// About the bytes of what can be large in it.
pub(in crate::plugin) fn build_report_size(report: &wit::BuildReportResult) -> usize {
    let properties: usize = report.properties.iter().map(|p| p.name.len() + p.value.len()).sum();
    let change = |c: &wit::ChangeResult| c.comments.len() + c.files.iter().map(String::len).sum::<usize>();
    let changes: usize = report.changes.iter().map(change).sum();
    let links = |step: &wit::StepResult| step.urls.iter().map(|link| link.url.len()).sum::<usize>();
    let steps: usize = report.steps.iter().map(|step| step.state_string.len() + links(step)).sum();
    properties + changes + steps
}
