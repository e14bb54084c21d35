//! The sample site's records, as the data API would show them.

use crate::contract::Build;
use crate::contract::BuildRequest;
use crate::contract::Buildset;
use crate::contract::Change;
use crate::contract::Id;
use crate::contract::Results;
use crate::contract::SourceStamp;

pub(super) fn build(id: Id, number: u32, results: Option<Results>) -> Build {
    Build {
        id,
        number,
        builder_id: 80,
        request_id: 12,
        worker_id: Some(13),
        started_at: 10,
        complete_at: results.map(|_| 19),
        results,
        state_string: "build successful".to_owned(),
    }
}

pub(super) fn request() -> BuildRequest {
    BuildRequest {
        id: 12,
        buildset_id: 99,
        builder_id: 80,
        priority: 0,
        submitted_at: 9,
        complete_at: None,
        results: None,
        waited_for: false,
    }
}

pub(super) fn buildset() -> Buildset {
    Buildset {
        id: 99,
        external_id: None,
        reason: "because".to_owned(),
        submitted_at: 9,
        complete_at: None,
        results: None,
        parent_build_id: None,
        source_stamps: vec![source_stamp("proj")],
    }
}

fn source_stamp(project: &str) -> SourceStamp {
    SourceStamp {
        id: 234,
        branch: Some("main".to_owned()),
        revision: Some("d34db33f".to_owned()),
        repository: "https://git.example/proj".to_owned(),
        project: project.to_owned(),
        codebase: String::new(),
        patch: None,
    }
}

pub(super) fn change(id: Id, author: &str, comments: &str) -> Change {
    Change {
        id,
        author: author.to_owned(),
        committer: None,
        comments: comments.to_owned(),
        files: vec!["src/main.c".to_owned()],
        at: 8,
        branch: Some("main".to_owned()),
        revision: Some("d34db33f".to_owned()),
        revlink: None,
        category: None,
        repository: "https://git.example/proj".to_owned(),
        project: "proj".to_owned(),
        codebase: String::new(),
        properties: Vec::new(),
    }
}
