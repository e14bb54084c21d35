//! Which patch set is reviewed.

use super::*;
use campanile_sdk::testing::a_complete_buildset;
use campanile_sdk::testing::skipped;

/// The project and the revision that are reviewed, or why nothing is.
fn target(given: &Given, build: GivenBuild) -> Result<(String, String), String> {
    let told = effects(given, &a_complete_buildset(Results::Success, [build]));
    match (&commands(&told)[..], &skipped(&told)[..]) {
        ([words], []) => Ok((words[3].to_owned(), words[words.len() - 1].to_owned())),
        ([], [reason]) => Err((*reason).to_owned()),
        other => panic!("{other:?}"),
    }
}

#[track_caller]
fn check(build: GivenBuild, expected: Result<(&str, &str), &str>) {
    let given = given((3, 9), json!({}));
    match (target(&given, build), expected) {
        (Ok(found), Ok((project, revision))) => assert_eq!(found, (project.to_owned(), revision.to_owned())),
        (Err(found), Err(reason)) => assert!(found.contains(reason), "{found}"),
        (found, expected) => panic!("{found:?}, not {expected:?}"),
    }
}

fn event() -> GivenBuild {
    a_build("a").property("event.change.id", "I1").property("event.change.project", "g/p")
}

#[test]
fn the_event_of_gerrit_says() {
    check(event().property("event.patchSet.revision", "abc1"), Ok(("g/p", "abc1")));
    check(event().property("got_revision", "abc2").property("revision", "abc3"), Ok(("g/p", "abc2")));
    check(event().property("event.patchSet.revision", "").property("revision", "abc3"), Ok(("g/p", "abc3")));
    let several = event().property_json("got_revision", json!({"lib": "abc4", "": "abc5"}));
    check(several.clone(), Ok(("g/p", "abc5")));
    check(several.clone().property("codebase", "lib"), Ok(("g/p", "abc4")));
    check(several.property("codebase", "x"), Err("the property got_revision has no revision of the codebase \"x\""));
    check(event(), Err("there is no revision: no property event.patchSet.revision, got_revision or revision"));
    check(a_build("a").property("event.change.id", "I1"), Err("the property event.change.project is missing"));
    check(event().property_json("revision", json!(7)), Err("the property revision is no revision"));
}

fn repo(downloads: Value, downloaded: &str) -> GivenBuild {
    build("a").property_json("repo_downloads", downloads).property("repo_downloaded", downloaded)
}

#[test]
fn what_repo_downloaded_goes_first() {
    check(repo(json!(["p/q 12/3"]), "12/3 abc1 "), Ok(("p/q", "abc1")));
    check(repo(json!(["p 12/3", "r 13/1"]), "12/3 abc1 13/1 abc2"), Ok(("p", "abc1")));
    let odd = "the properties repo_downloads and repo_downloaded do not fit each other";
    for (downloads, downloaded) in [
        (json!(["p 12/3"]), "12/3"),
        (json!(["p 12/3"]), "12/4 abc1"),
        (json!(["p 12/3", "r 13/1"]), "12/3 abc1"),
        (json!(["p"]), "12/3 abc1"),
        (json!("p 12/3"), "12/3 abc1"),
        (json!([]), "12/3 abc1"),
    ] {
        check(repo(downloads, downloaded), Err(odd));
    }
    check(build("a").property_json("repo_downloads", json!(["p 12/3"])), Ok(("gp", "d34db33f")));
}

#[test]
fn changes_and_source_stamps_say_it_where_no_property_does() {
    let stamped = |branch: &str, revision: Option<&str>| {
        let mut stamp = a_build("a").report().buildset.source_stamps.remove(0);
        (stamp.branch, stamp.revision) = (Some(branch.to_owned()), revision.map(str::to_owned));
        a_build("a").stamps(vec![stamp])
    };
    check(stamped("refs/changes/45/12345/2", Some("abc1")), Ok(("proj", "abc1")));
    check(stamped("refs/changes/45/12345/2", None), Ok(("proj", "12345,2")));
    check(stamped("main", Some("abc1")), Err("it is of no change of Gerrit's"));
    check(stamped("refs/changes/45", None), Err("it is of no change of Gerrit's"));
    let properties = json!({"event.change.id": ["I1", "Change"], "event.change.project": ["g/q", "Change"]});
    let changes = json!({"changes": [{"revision": "abc9", "properties": properties}]});
    let given = given((3, 9), json!({})).answers("sourcestamps/234/changes", changes);
    assert_eq!(target(&given, a_build("a")), Ok(("g/q".into(), "d34db33f".into())), "the source stamp's own revision");
}

#[test]
fn what_can_be_no_name_is_none() {
    let named = |project: &str, revision: &str| {
        a_build("a")
            .property("event.change.id", "I1")
            .property("event.change.project", project)
            .property("event.patchSet.revision", revision)
    };
    for project in ["--abandon", "-p", "a\nb", "a\"b", "a}b", &"p".repeat(300)] {
        check(named(project, "abc1"), Err("is no name of a project, so there is nothing to review"));
    }
    for revision in ["--submit", "HEAD~1", "a b", "$(id)", "1,2,3", "x,1", ",", "12345678901,1"] {
        check(named("p", revision), Err("is no commit's id, so there is nothing to review"));
    }
    check(named("a b's/c", "7,1"), Ok(("a b's/c", "7,1")));
}
