//! Buildsets with what their builds triggered, several builds deep, and with what was made again.

use super::*;

/// A buildset of these builders that a build triggered, with its requests.
async fn triggered(host: &TestHost, parent: i64, builders: &[&str]) -> Vec<(i64, i64)> {
    let mut ids = Vec::new();
    for builder in builders {
        ids.push(host.builder(builder).await);
    }
    let source = acme_source("ssh://g:29418/gp", Some(REVISION));
    let set = json!({"waited_for": false, "builderids": ids, "sourcestamps": [source], "parent_buildid": parent,
        "parent_relationship": "Triggered from"});
    let added = host.update("addBuildset", set).await;
    let request = |id: &i64| added["brids"][id.to_string()].as_i64().expect("a request");
    ids.iter().map(|id| (*id, request(id))).collect()
}

/// A build of a request, which may still trigger.
async fn started(host: &TestHost, (builder, request): (i64, i64)) -> i64 {
    let build = host.update("addBuild", json!({"builderid": builder, "buildrequestid": request})).await;
    build["buildid"].as_i64().expect("an id")
}

async fn ended(host: &TestHost, (request, build): (i64, i64), results: i64) {
    host.update("finishBuild", json!({"buildid": build, "results": results})).await;
    host.update("completeBuildRequests", json!({"brids": [request], "results": results})).await;
}

/// The builders of a review and how they fared.
fn lines((message, _): &(String, Vec<String>)) -> Vec<&str> {
    message.split("\n\n").map(|line| line.split(" (").next().unwrap_or_default()).collect()
}

#[tokio::test]
async fn grandchildren_are_waited_for_and_a_build_that_was_made_again_counts_for_the_old_one() {
    let sshd = server("3.9.1").await;
    let host = host(&sshd, &[], "").await;
    let mut parent = host.acme_request(&[acme_source("ssh://g:29418/gp", Some(REVISION))], json!({})).await;
    host.acme_start(&mut parent, properties()).await;
    let children = triggered(&host, parent.build.expect("a build"), &["lib", "app"]).await;
    let (lib, app) = (started(&host, children[0]).await, started(&host, children[1]).await);
    let grandchild = triggered(&host, app, &["package"]).await[0];
    host.acme_end(&parent, 0).await;
    ended(&host, (children[0].1, lib), 2).await;
    ended(&host, (children[1].1, app), 0).await;
    host.settle().await;
    assert_eq!(sshd.commands().len(), 0, "the grandchild is still to come");
    let package = started(&host, grandchild).await;
    ended(&host, (grandchild.1, package), 0).await;
    host.settle().await;
    let first =
        ["Builder Builder1 succeeded", "Builder app succeeded", "Builder lib failed", "Builder package succeeded"];
    assert_eq!((lines(&said(&sshd)[0]), &said(&sshd)[0].1), (first.to_vec(), &vec!["Verified=-1".to_owned()]));
    let again = host.update("rebuildBuildrequest", json!({"buildrequestid": children[0].1})).await;
    let again = again["brids"][children[0].0.to_string()].as_i64().expect("a request");
    let lib = started(&host, (children[0].0, again)).await;
    ended(&host, (again, lib), 0).await;
    host.settle().await;
    let second =
        ["Builder Builder1 succeeded", "Builder app succeeded", "Builder lib succeeded", "Builder package succeeded"];
    assert_eq!((lines(&said(&sshd)[1]), &said(&sshd)[1].1), (second.to_vec(), &vec!["Verified=1".to_owned()]));
    assert_eq!(said(&sshd).len(), 2);
}

#[tokio::test]
async fn callbacks_are_not_told_of_a_build_that_was_made_again() {
    let sshd = server("3.9.1").await;
    let callbacks = "summaryCB = {plugin = \"gerrit_callbacks\", label = \"CI\"}";
    let host = host(&sshd, &["gerrit_callbacks"], callbacks).await;
    let mut parent = host.acme_request(&[acme_source("ssh://g:29418/gp", Some(REVISION))], json!({})).await;
    host.acme_start(&mut parent, properties()).await;
    let child = triggered(&host, parent.build.expect("a build"), &["lib"]).await[0];
    let lib = started(&host, child).await;
    host.acme_end(&parent, 0).await;
    ended(&host, (child.1, lib), 2).await;
    let again = host.update("rebuildBuildrequest", json!({"buildrequestid": child.1})).await;
    let again = again["brids"][child.0.to_string()].as_i64().expect("a request");
    let lib = started(&host, (child.0, again)).await;
    ended(&host, (again, lib), 0).await;
    host.settle().await;
    let last = said(&sshd).pop().expect("a review");
    assert_eq!(lines(&last), ["Builder Builder1 succeeded", "Builder lib succeeded"]);
    assert_eq!(last.1, ["CI=1"]);
}
