//! Which mails stand together in a mail reader.

use campanile_sdk::contract::SourceStamp;
use campanile_sdk::generators::Report;
use campanile_sdk::generators::SubjectMatter;

/// Those of one CI about a builder and what it builds: the branch, or the branches of several codebases. Those about
/// whole buildsets stand together by what is built, those about a worker by the worker.
pub(crate) fn of(report: &Report<'_>, url: &str) -> String {
    let about = |kind: &str, name: &str, stamps: &[SourceStamp]| [url, kind, name, &branches(stamps)].join("\n");
    match &report.subject_matter {
        SubjectMatter::Build(build) => about("builder", &build.builder.name, &build.buildset.source_stamps),
        SubjectMatter::Request(request) => about("builder", &request.builder.name, &request.buildset.source_stamps),
        SubjectMatter::Buildset(set, _) => about("buildset", "", &set.buildset.source_stamps),
        SubjectMatter::Worker(worker) => about("worker", &worker.worker.name, &[]),
    }
}

/// In an order of their own: that of a buildset's stamps may change.
fn branches(stamps: &[SourceStamp]) -> String {
    let branch = |stamp: &SourceStamp| {
        [stamp.codebase.as_str(), &stamp.repository, stamp.branch.as_deref().unwrap_or_default()].join("\t")
    };
    let mut branches: Vec<String> = stamps.iter().map(branch).collect();
    branches.sort_unstable();
    branches.join("\n")
}
