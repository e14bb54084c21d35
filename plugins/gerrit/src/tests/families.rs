//! Nothing is voted before all that belongs to a buildset is over.

use super::*;
use campanile_sdk::contract::BuildsetReport;
use campanile_sdk::testing::a_complete_buildset;
use campanile_sdk::testing::skipped;

fn set(id: Id, parent: Option<Id>, builds: impl IntoIterator<Item = GivenBuild>) -> BuildsetReport {
    let EventBody::Buildset(mut report) = a_complete_buildset(Results::Success, builds).body else {
        panic!("it is a buildset")
    };
    (report.buildset.id, report.buildset.parent_build_id) = (id, parent);
    for build in &mut report.builds {
        build.buildset.id = id;
        build.buildset.parent_build_id = parent;
    }
    report
}

fn complete(report: &BuildsetReport) -> Event {
    let topic = format!("buildsets/{}/complete", report.buildset.id);
    Event { seq: 1, topic, at: 20, body: EventBody::Buildset(report.clone()) }
}

/// Buildset 1 with build 21, which triggered buildset 2 with build 22.
fn family(child_is_over: bool) -> (Given, BuildsetReport, BuildsetReport) {
    let parent = set(1, None, [build("parent").id(21)]);
    let child = set(2, Some(21), [a_build("child").id(22).results(Results::Failure)]);
    let triggered = json!({"buildsets": [{"bsid": 2, "complete": child_is_over}]});
    let given = given((3, 9), json!({}))
        .answers("buildsets?parent_buildid=21&field=bsid&field=complete&field=parent_buildid&field=rebuilt_buildid&order=bsid", triggered)
        .build(parent.builds[0].clone())
        .buildset(parent.clone())
        .buildset(child.clone());
    (given, parent, child)
}

#[test]
fn a_buildset_waits_for_what_it_triggered() {
    let (given, parent, _) = family(false);
    assert_eq!(effects(&given, &complete(&parent)), []);
}

#[test]
fn whichever_ends_last_tells_it_all_once() {
    let (given, parent, child) = family(true);
    let told = effects(&given, &complete(&child));
    let words = commands(&told).remove(0);
    assert!(
        words[7].starts_with("Builder child failed") && words[7].contains("\n\nBuilder parent succeeded"),
        "{words:?}"
    );
    assert_eq!(words[9..], ["Verified=-1", "d34db33f"]);
    let given = given.remembers(&told);
    assert_eq!(effects(&given, &complete(&parent)), [], "both ended at once");
}

#[test]
fn a_triggered_buildset_is_told_by_itself_where_what_triggered_it_is_of_no_change() {
    let parent = set(1, None, [a_build("parent").id(21)]);
    let child = set(2, Some(21), [build("child").id(22)]);
    let given = given((3, 9), json!({})).build(parent.builds[0].clone()).buildset(parent);
    assert!(commands(&effects(&given, &complete(&child)))[0][7].starts_with("Builder child succeeded"));
}

#[test]
fn what_was_tried_again_does_not_count() {
    let again = build("a").id(20).results(Results::Retry);
    let told = effects(&given((3, 9), json!({})), &complete(&set(1, None, [again, build("a").id(21)])));
    assert_eq!(commands(&told)[0][9], "Verified=1");
    assert_eq!(commands(&told)[0][7].matches("Builder").count(), 1);
}

#[test]
fn callbacks_are_told_what_belongs_together() {
    let (_, parent, child) = family(true);
    let settings =
        json!({"summaryCB": {"plugin": "votes", "label": "CI"}, "summaryArg": [1], "builders": ["parent", "child"]});
    let triggered = json!({"buildsets": [{"bsid": 2, "complete": true}]});
    let given = given((3, 9), settings)
        .answers("buildsets?parent_buildid=21&field=bsid&field=complete&field=parent_buildid&field=rebuilt_buildid&order=bsid", triggered)
        .buildset(child)
        .reviewed(Ok(Answer::message("m").vote_by_results()));
    let told = effects(&given, &complete(&parent));
    assert_eq!(commands(&told)[0][7..10], ["m", "--label", "Verified=-1"], "by the results of all");
    let asked = given.asked().concat();
    for part in [
        r#""plugin":"votes""#,
        r#""label":"CI""#,
        r#""ctx":{"arg":[1]}"#,
        r#""builders":["parent","child"]"#,
        r#""buildsets":[2]"#,
        "at Moment::Summary about buildset 1",
    ] {
        assert!(asked.contains(part), "{part}: {asked}");
    }
}

/// A question for what these builds triggered.
fn question(builds: &[Id]) -> String {
    let parents: String = builds.iter().map(|id| format!("parent_buildid={id}&")).collect();
    format!("buildsets?{parents}field=bsid&field=complete&field=parent_buildid&field=rebuilt_buildid&order=bsid")
}

/// Buildset 1 with a build of a change, which triggered 2, which triggered 3, and so on: none of these is of a change.
fn line(count: Id) -> (Given, BuildsetReport) {
    let mut given = given((3, 9), json!({}));
    let first = set(1, None, [build("b1").id(101)]);
    let later = |id: Id| set(id, Some(99 + id), [a_build(&format!("b{id}")).id(100 + id)]);
    let sets: Vec<BuildsetReport> = std::iter::once(first).chain((2..=count).map(later)).collect();
    for set in &sets {
        let id = set.buildset.id;
        let below = if id < count { json!([{"bsid": id + 1, "complete": true}]) } else { json!([]) };
        given = given.answers(&question(&[100 + id]), json!({"buildsets": below}));
        given = given.build(set.builds[0].clone()).buildset(set.clone());
    }
    (given, sets.last().expect("there is one").clone())
}

#[test]
fn what_is_about_no_change_parts_no_family() {
    for count in [3, 30] {
        let (given, last) = line(count);
        let told = effects(&given, &complete(&last));
        assert_eq!(commands(&told)[0][7].matches("Builder").count(), usize::try_from(count).expect("it is small"));
    }
}

/// A buildset of a change, whose build 21 triggered these.
fn triggering(sets: Value) -> (Given, BuildsetReport) {
    let parent = set(1, None, [build("parent").id(21)]);
    (given((3, 9), json!({})).answers(&question(&[21]), sets), parent)
}

#[test]
fn nothing_is_voted_without_what_cannot_be_read() {
    let check = |(given, of): (Given, BuildsetReport), reason: &str| {
        let told = effects(&given, &complete(&of));
        assert_eq!((skipped(&told), told.len()), (vec![reason], 1));
    };
    let missing = "cannot find the builds of buildset 2: it is not there any more, so nothing is voted";
    check(triggering(json!({"buildsets": [{"bsid": 2, "complete": true}]})), missing);
    let odd = "cannot find what the builds of buildset 1 triggered: missing field `buildsets` at line 1 column 2, \
               so nothing is voted";
    check(triggering(json!({})), odd);
    let orphan = set(2, Some(21), [build("child").id(22)]);
    let above = "cannot find what triggered it: it is not there any more, so nothing is voted";
    check((given((3, 9), json!({})), orphan), above);
}

#[test]
fn nothing_is_voted_on_more_buildsets_than_are_looked_at() {
    let many = |count: Id, last: bool| {
        let sets: Vec<Value> = (2..=count).map(|id| json!({"bsid": id, "complete": last || id != count})).collect();
        let (given, parent) = triggering(json!({"buildsets": sets}));
        let child = |id: Id| set(id, Some(21), [a_build("child").id(100 + id)]);
        let given = (2..=count).map(child).fold(given, Given::buildset);
        effects(&given, &complete(&parent))
    };
    assert_eq!(commands(&many(101, true)).len(), 1);
    assert_eq!(many(102, false), [], "the last is still to come");
    let reason = "cannot find all that was triggered: it is more than 100 buildsets, so nothing is voted";
    assert_eq!((skipped(&many(102, true)), commands(&many(102, true)).len()), (vec![reason], 0));
}

/// Buildsets that were triggered: which build did it, in place of which build, and the builds with their results.
type Triggered<'a> = (Id, Id, Option<Id>, &'a [(Id, &'a str, Results)]);

/// Buildset 1 of a change, with builds 11 and 12, and these.
fn grown(sets: &[Triggered<'_>], settings: Value) -> (Given, BuildsetReport) {
    let first = set(1, None, [build("a").id(11), build("b").id(12)]);
    let made = |&(id, parent, _, builds): &Triggered<'_>| {
        let build = |&(id, name, results): &(Id, &str, Results)| a_build(name).id(id).results(results);
        let mut made = set(id, Some(parent), builds.iter().map(build));
        // Each build by itself is asked for by a request of its own.
        made.builds.iter_mut().for_each(|build| build.request.id = 1_000 + build.build.id);
        made
    };
    let mut given = given((3, 9), settings).build(first.builds[0].clone()).build(first.builds[1].clone());
    let all: Vec<BuildsetReport> = std::iter::once(first.clone()).chain(sets.iter().map(made)).collect();
    for report in &all {
        let builds: Vec<Id> = report.builds.iter().map(|build| build.build.id).collect();
        let below = sets.iter().filter(|(_, parent, ..)| builds.contains(parent));
        let below = below.map(|(id, _, of, _)| json!({"bsid": id, "complete": true, "rebuilt_buildid": of}));
        given = given.answers(&question(&builds), json!({"buildsets": below.collect::<Vec<_>>()}));
        given = report.builds.iter().cloned().fold(given, Given::build).buildset(report.clone());
    }
    (given, all.last().cloned().unwrap_or(first))
}

/// The builders that are told of and how they fared, and the vote.
fn told_of(sets: &[Triggered<'_>]) -> (Vec<String>, String) {
    let (given, last) = grown(sets, json!({}));
    let told = effects(&given, &complete(&last));
    let words = commands(&told).remove(0);
    let line = |line: &str| line.split(" (").next().unwrap_or_default().replace("Builder ", "");
    (words[7].split("\n\n").map(line).collect(), words[9].to_owned())
}

const OK: Results = Results::Success;
const BAD: Results = Results::Failure;

#[test]
fn several_builds_each_with_what_they_triggered_are_told_as_one() {
    let sets: [Triggered<'_>; 3] = [
        (2, 11, None, &[(21, "c", OK), (22, "d", OK)]),
        (3, 12, None, &[(31, "e", OK)]),
        (4, 22, None, &[(41, "f", BAD), (42, "g", OK)]),
    ];
    let all = ["a succeeded", "b succeeded", "c succeeded", "d succeeded", "e succeeded", "f failed", "g succeeded"];
    assert_eq!(told_of(&sets), (all.map(str::to_owned).to_vec(), "Verified=-1".to_owned()));
}

#[test]
fn a_triggered_build_that_was_made_again_counts_in_place_of_the_old_one() {
    let old: Triggered<'_> = (2, 11, None, &[(21, "c", BAD), (22, "d", OK)]);
    let again: Triggered<'_> = (3, 11, Some(21), &[(31, "c", OK)]);
    let told = |names: &[&str], vote: i32| {
        (names.iter().map(|name| String::from(*name)).collect::<Vec<_>>(), format!("Verified={vote}"))
    };
    let good = told(&["a succeeded", "b succeeded", "c succeeded", "d succeeded"], 1);
    assert_eq!(told_of(&[old, again]), good);
    let bad_again: Triggered<'_> = (3, 11, Some(21), &[(31, "c", BAD)]);
    assert_eq!(told_of(&[old, bad_again, (4, 11, Some(21), &[(41, "c", OK)])]), good, "the last of several");
    let below: Triggered<'_> = (4, 21, None, &[(41, "e", BAD)]);
    let deeper: Triggered<'_> = (5, 41, None, &[(51, "f", BAD)]);
    assert_eq!(told_of(&[old, again, below, deeper]), good, "with what the old one triggered");
    let anew: Triggered<'_> = (4, 31, None, &[(41, "e", BAD)]);
    let names = ["a succeeded", "b succeeded", "c succeeded", "d succeeded", "e failed"];
    assert_eq!(told_of(&[old, again, anew]), told(&names, -1), "what the new one triggered counts");
    assert_eq!(told_of(&[old, (3, 11, Some(99), &[(31, "c", OK)])]).1, "Verified=-1", "of one that nobody knows");
}

#[test]
fn a_retried_request_that_was_made_again_is_gone_with_all_its_builds() {
    let tried: Triggered<'_> = (2, 11, None, &[(21, "c", Results::Retry), (22, "c", BAD)]);
    let (given, last) = grown(&[tried, (3, 11, Some(21), &[(31, "c", OK)])], json!({}));
    let mut both = set(2, Some(11), [a_build("c").id(21).results(Results::Retry), a_build("c").id(22).results(BAD)]);
    both.builds.iter_mut().for_each(|build| build.request.id = 7);
    let told = effects(&given.buildset(both), &complete(&last));
    assert_eq!(commands(&told)[0][9], "Verified=1");
}

#[test]
fn callbacks_are_told_which_builds_do_not_count() {
    let sets: [Triggered<'_>; 2] = [(2, 11, None, &[(21, "c", BAD)]), (3, 11, Some(21), &[(31, "c", OK)])];
    let (given, last) = grown(&sets, json!({"summaryCB": "votes"}));
    let given = given.reviewed(Ok(Answer::message("m").vote_by_results()));
    assert_eq!(commands(&effects(&given, &complete(&last)))[0][9], "Verified=1");
    let asked = given.asked().concat();
    assert!(asked.contains(r#""replaced":[21]"#) && asked.contains(r#""buildsets":[2,3]"#), "{asked}");
}
