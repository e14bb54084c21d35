//! When a forge is told: the default generators, what they want to be told, and the one report of an event.

use std::collections::BTreeSet;

use crate::contract::Buildset;
use crate::contract::Event;
use crate::contract::EventBody;
use crate::contract::Failure;
use crate::contract::Id;
use crate::contract::Problem;
use crate::contract::RequestReport;
use crate::contract::Results;
use crate::contract::Subscription;
use crate::contract::Want;
use crate::formatters::FormatterChoice;
use crate::generators;
use crate::generators::Generator;
use crate::generators::GeneratorKind;
use crate::generators::Report;
use crate::host::Host;
use crate::interpolate::Renderable;
use crate::plugin::Site;

/// How the end of a request is told in the log.
const CANCELLED: &str = "buildrequests/*/cancel";
const OVER: &str = "buildrequests/*/complete";

/// Requests of a builder, the newest, among which the one is sought that took another along.
const LOOKED_AT: u32 = 20;

/// Of builds: that they start (`Build started.` unless it says otherwise), and how they ended (`Build done.`).
#[must_use]
pub fn start_end(start: Option<&Renderable>, end: Option<&Renderable>) -> Vec<Generator> {
    let text = |text: Option<&Renderable>| text.cloned().map(FormatterChoice::renderable);
    let mut generator = Generator::new(GeneratorKind::BuildStartEndStatusGenerator);
    (generator.start_formatter, generator.end_formatter) = (text(start), text(end));
    vec![generator]
}

/// The same, and before that, that they are asked for (`Build pending.`).
#[must_use]
pub fn request_start_end(start: Option<&Renderable>, end: Option<&Renderable>) -> Vec<Generator> {
    [vec![Generator::new(GeneratorKind::BuildRequestGenerator)], start_end(start, end)].concat()
}

/// What is wrong with the setting `generators`, which stands at the pointer `at`: also what is about no commit.
#[must_use]
pub fn problems(generators: &[Generator], at: &str) -> Vec<Problem> {
    let mut problems = generators::problems(generators, at);
    for (index, generator) in generators.iter().enumerate() {
        if generator.kind == GeneratorKind::WorkerMissingGenerator {
            let message = "a worker is no commit, so there is nothing to tell here: leave WorkerMissingGenerator out";
            problems.push(Problem::new(format!("{at}/{index}/kind"), message));
        }
    }
    problems
}

/// `subscribe` of such a reporter: what [`subscriptions`] says, unless something is wrong.
///
/// # Errors
/// The problems, if there are any.
pub fn subscribe(problems: Vec<Problem>, generators: &[Generator]) -> Result<Vec<Subscription>, Vec<Problem>> {
    if problems.is_empty() { Ok(subscriptions(generators)) } else { Err(problems) }
}

/// What is wrong with settings that have placeholders; each with the pointer at which it stands.
#[must_use]
pub fn text_problems(texts: &[(&str, Option<&Renderable>)]) -> Vec<Problem> {
    let problem = |(at, text): &(&str, Option<&Renderable>)| Some(Problem::new(*at, (*text)?.plain_problem()?));
    texts.iter().filter_map(problem).collect()
}

/// What is wrong with texts about starts and ends that stand beside `generators`, whose formatters say them.
#[must_use]
pub fn said_twice(texts: &[(&str, Option<&Renderable>)]) -> Vec<Problem> {
    let message = "the formatters of the `generators` say this where there are some";
    texts.iter().filter_map(|(at, text)| text.map(|_| Problem::new(*at, message))).collect()
}

/// What the generators want to be told. Of requests it is every end: one that another request takes along, or that an
/// engine gives up, is not cancelled, and would seem to wait for ever.
#[must_use]
pub fn subscriptions(generators: &[Generator]) -> Vec<Subscription> {
    let mut subscriptions = generators::subscriptions(generators, Want::empty());
    for subscription in &mut subscriptions {
        if let Subscription::Topic(filter) = subscription
            && filter.pattern == CANCELLED
        {
            OVER.clone_into(&mut filter.pattern);
        }
    }
    subscriptions
}

/// What the generators make of an event. A forge shows one state, so of several reports the first counts.
///
/// Nothing, where something else tells it: of a request that is over because its build is, where the generators tell
/// that build; of one that another request took along, which tells of both; and of a build that starts for a request
/// that somebody has cancelled.
///
/// # Errors
/// A formatter wants to be asked again later.
pub fn first_report<'e>(
    generators: &[Generator],
    site: Site<'e>,
    event: &'e Event,
    host: &impl Host,
) -> Result<Option<Report<'e>>, Failure> {
    let is_told = match &event.body {
        EventBody::Request(report) => match report.request.results {
            Some(results) => is_told_elsewhere(generators, (report, results), host)?,
            None => false,
        },
        EventBody::Build(report) => {
            report.build.results.is_none() && report.request.results == Some(Results::Cancelled)
        }
        _ => false,
    };
    if is_told {
        return Ok(None);
    }
    Ok(generators::reports(generators, site, event, host)?.into_iter().next())
}

/// Whether something else tells the end of a request: its build, or the request that took it along.
fn is_told_elsewhere(
    generators: &[Generator],
    (report, results): (&RequestReport, Results),
    host: &impl Host,
) -> Result<bool, Failure> {
    // Told twice is better than never.
    let Some(builds) = builds(report, host) else { return Ok(false) };
    for build in &builds {
        if generators::tell(generators, build.buildid, host)? {
            return Ok(true);
        }
    }
    // Nothing was built, so nothing went well.
    let is_good = matches!(results, Results::Success | Results::Warnings | Results::Skipped);
    Ok(builds.is_empty() && is_good && is_taken_along(report, host))
}

/// Whether another request of the builder is for the same source, and is built or will be: what that comes to is told in
/// the same place. One for another commit is not: of this one nobody would hear again.
fn is_taken_along(report: &RequestReport, host: &impl Host) -> bool {
    #[derive(serde::Deserialize)]
    struct Other {
        buildrequestid: Id,
        buildsetid: Id,
        complete: bool,
        results: i64,
    }
    #[derive(serde::Deserialize)]
    struct Others {
        buildrequests: Vec<Other>,
    }
    let path = format!("builders/{}/buildrequests?order=-buildrequestid&limit={LOOKED_AT}", report.builder.id);
    let others = host.get(&path).ok().and_then(|found| serde_json::from_str::<Others>(&found).ok());
    let is_built = |other: &Other| !other.complete || other.results != i64::from(Results::Skipped.code());
    let stamps = |set: &Buildset| set.source_stamps.iter().map(|stamp| stamp.id).collect::<BTreeSet<Id>>();
    let own = stamps(&report.buildset);
    others.into_iter().flat_map(|others| others.buildrequests).any(|other| {
        other.buildrequestid != report.request.id
            && is_built(&other)
            && host.buildset(other.buildsetid, Want::empty()).is_ok_and(|found| stamps(&found.buildset) == own)
    })
}

#[derive(serde::Deserialize)]
struct Build {
    buildid: Id,
    results: Option<u64>,
}

/// The builds of a request, without those that are tried again; `None` where nobody knows.
fn builds(report: &RequestReport, host: &impl Host) -> Option<Vec<Build>> {
    #[derive(serde::Deserialize)]
    struct Builds {
        builds: Vec<Build>,
    }
    let path = format!("buildrequests/{}/builds?field=buildid&field=results", report.request.id);
    let mut builds = serde_json::from_str::<Builds>(&host.get(&path).ok()?).ok()?.builds;
    builds.retain(|build| build.results != Some(u64::from(Results::Retry.code())));
    Some(builds)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::contract::BuildsetReport;
    use crate::contract::SourceStamp;
    use crate::forges::Stage;
    use crate::testing::Given;
    use crate::testing::a_build;
    use crate::testing::a_new_request;
    use crate::testing::a_request_that_ended;

    const SITE: Site<'static> = Site { title: "Acme CI", url: "https://ci.example/" };

    fn given() -> Given {
        Given::settings(json!({}))
    }

    #[track_caller]
    fn check(given: &Given, event: &Event, expected: Option<(Stage, &str)>) {
        let report = first_report(&request_start_end(None, None), SITE, event, given).expect("nothing fails");
        let told = report.as_ref().map(|report| (Stage::of(report).expect("a stage"), report.body.as_deref()));
        assert_eq!(told, expected.map(|(stage, body)| (stage, Some(body))));
    }

    #[test]
    fn from_the_request_to_the_end() {
        check(&given(), &a_new_request("linux"), Some((Stage::Requested, "Build pending.")));
        check(&given(), &a_build("linux").started(), Some((Stage::Running, "Build started.")));
        for results in Results::ALL {
            let event = a_build("linux").results(results).finished();
            check(&given(), &event, Some((Stage::Ended(results), "Build done.")));
        }
    }

    fn with_builds(builds: &serde_json::Value) -> Given {
        given().answers("buildrequests/12/builds?field=buildid&field=results", json!({"builds": builds}))
    }

    #[test]
    fn a_request_that_ends_without_a_build_has_an_end_too() {
        let cancelled = Some((Stage::Ended(Results::Cancelled), "Build cancelled."));
        check(&given(), &a_request_that_ended("linux", Results::Cancelled), cancelled);
        let again = with_builds(&json!([{"buildid": 21, "results": 5}]));
        check(&again, &a_request_that_ended("linux", Results::Cancelled), cancelled);
    }

    /// Among other requests of the builder this one, of which the buildset has these source stamps.
    fn with_another(given: Given, other: &serde_json::Value, stamps: Vec<SourceStamp>) -> Given {
        let path = "builders/80/buildrequests?order=-buildrequestid&limit=20";
        let own = json!({"buildrequestid": 12, "buildsetid": 11, "complete": true, "results": 3});
        let report = a_build("linux").report();
        let buildset = Buildset { id: 99, source_stamps: stamps, ..report.buildset };
        given
            .answers(path, json!({"buildrequests": [other, own]}))
            .buildset(BuildsetReport { buildset, builds: Vec::new() })
    }

    fn stamps_of(event: &Event) -> Vec<SourceStamp> {
        match &event.body {
            EventBody::Request(report) => report.buildset.source_stamps.clone(),
            other => panic!("not a request: {other:?}"),
        }
    }

    #[test]
    fn what_another_request_for_the_same_source_took_along_that_one_tells() {
        for results in [Results::Skipped, Results::Success, Results::Warnings] {
            let event = a_request_that_ended("linux", results);
            for builds in [json!([]), json!([{"buildid": 21, "results": 5}])] {
                let waiting = json!({"buildrequestid": 13, "buildsetid": 99, "complete": false, "results": -1});
                check(&with_another(with_builds(&builds), &waiting, stamps_of(&event)), &event, None);
                let built = json!({"buildrequestid": 10, "buildsetid": 99, "complete": true, "results": 2});
                check(&with_another(with_builds(&builds), &built, stamps_of(&event)), &event, None);
            }
        }
    }

    #[test]
    fn what_was_not_built_and_nobody_builds_did_not_go_well() {
        let event = a_request_that_ended("linux", Results::Skipped);
        let told = Some((Stage::Ended(Results::Cancelled), "Build skipped."));
        check(&with_builds(&json!([])), &event, told);
        let waiting = json!({"buildrequestid": 13, "buildsetid": 99, "complete": false, "results": -1});
        let mut other = stamps_of(&event);
        other[0].id += 1;
        check(&with_another(with_builds(&json!([])), &waiting, other), &event, told);
        let skipped = json!({"buildrequestid": 13, "buildsetid": 99, "complete": true, "results": 3});
        check(&with_another(with_builds(&json!([])), &skipped, stamps_of(&event)), &event, told);
    }

    #[test]
    fn what_a_build_tells_is_told_once() {
        let event = a_request_that_ended("linux", Results::Failure);
        let (again, over) = (json!({"buildid": 21, "results": 5}), json!({"buildid": 22, "results": 2}));
        for builds in [json!([over]), json!([again, over]), json!([{"buildid": 22, "results": null}])] {
            check(&with_builds(&builds), &event, None);
        }
    }

    #[test]
    fn what_no_generator_tells_of_the_build_the_request_tells() {
        let ended = |generator: Generator, results: Results| {
            let generators = [Generator::new(GeneratorKind::BuildRequestGenerator), generator];
            let given = with_builds(&json!([{"buildid": 21, "results": results.code()}]));
            let given = given.build(a_build("linux").results(results).report());
            let event = a_request_that_ended("linux", results);
            let report = first_report(&generators, SITE, &event, &given).expect("nothing fails");
            report.map(|report| Stage::of(&report).expect("a stage"))
        };
        let generator = |json| serde_json::from_value::<Generator>(json).expect("a generator");
        let branches = |branch| generator(json!({"kind": "BuildStartEndStatusGenerator", "branches": [branch]}));
        let failing = || generator(json!({"kind": "BuildStatusGenerator", "mode": "failing"}));
        assert_eq!(ended(branches("main"), Results::Success), None);
        assert_eq!(ended(branches("other"), Results::Success), Some(Stage::Ended(Results::Success)));
        assert_eq!(ended(failing(), Results::Failure), None);
        assert_eq!(ended(failing(), Results::Success), Some(Stage::Ended(Results::Success)));
    }

    #[test]
    fn who_cancelled_does_not_wait_for_another_try() {
        let mut event = a_build("linux").results(Results::Retry).finished();
        if let EventBody::Build(report) = &mut event.body {
            report.request.results = Some(Results::Cancelled);
        }
        check(&given(), &event, Some((Stage::Ended(Results::Cancelled), "Build done.")));
    }

    #[test]
    fn nothing_starts_after_it_was_cancelled() {
        let mut event = a_build("linux").started();
        if let EventBody::Build(report) = &mut event.body {
            report.request.results = Some(Results::Cancelled);
        }
        check(&given(), &event, None);
    }

    #[test]
    fn a_worker_is_no_commit() {
        let generators = [
            Generator::new(GeneratorKind::BuildRequestGenerator),
            Generator::new(GeneratorKind::WorkerMissingGenerator),
        ];
        let places: Vec<String> = problems(&generators, "/generators").into_iter().map(|problem| problem.at).collect();
        assert_eq!(places, ["/generators/1/kind"]);
    }

    #[test]
    fn every_end_of_a_request_is_wanted() {
        let pattern = |subscription| match subscription {
            Subscription::Topic(filter) => filter.pattern,
            other => panic!("not a topic: {other:?}"),
        };
        let patterns: Vec<String> = subscriptions(&request_start_end(None, None)).into_iter().map(pattern).collect();
        assert_eq!(patterns, ["buildrequests/*/new", OVER, "builds/*/new", "builds/*/finished"]);
        assert_eq!(subscriptions(&start_end(None, None)).len(), 2);
    }

    #[test]
    fn the_words_can_be_others() {
        let (start, end) = (Renderable::from("%(prop:branch)s starts"), Renderable::from("over"));
        let body = |event: &Event| {
            let generators = start_end(Some(&start), Some(&end));
            first_report(&generators, SITE, event, &given()).expect("nothing fails").and_then(|report| report.body)
        };
        assert_eq!(body(&a_build("linux").started()).as_deref(), Some("main starts"));
        assert_eq!(body(&a_build("linux").finished()).as_deref(), Some("over"));
        assert_eq!(body(&a_new_request("linux")), None);
    }
}
