//! Given this context and these logs, expect this HTML.

use campanile_sdk::testing::Given;
use serde_json::Value;
use serde_json::json;

use super::*;

fn build(steps: Value) -> Value {
    json!({
        "results": 2,
        "workername": "worker-1",
        "blamelist": ["Ann <ann@example.org>", "Bob"],
        "build": {
            "results": 2,
            "url": "https://ci.example.org/#/builders/1/builds/7",
            "buildset": {"reason": "a push", "sourcestamps": [
                {"codebase": "", "branch": "main", "revision": "abc123", "patch": null},
                {"codebase": "docs", "branch": null, "revision": null, "patch": {"comment": "<try>"}},
            ]},
            "changes": [{
                "author": "Ann <ann@example.org>", "comments": "Mend & bend", "files": ["src/a.c", "<b>.c"],
                "when_timestamp": 951_782_399, "repository": "https://example.org/r.git", "project": "belfry",
            }],
            "steps": steps,
        },
    })
}

fn log(id: u64, name: &str, num_lines: u32) -> Value {
    json!({"logid": id, "name": name, "num_lines": num_lines, "url": format!("https://ci.example.org/#/logs/{id}")})
}

#[track_caller]
fn body(given: &Given, context: Value) -> String {
    let formatted = given.format::<Html>(context).expect("formats").expect("has something to say");
    assert_eq!(formatted.kind, BodyKind::Html);
    formatted.body
}

#[test]
fn what_comes_from_outside_is_escaped() {
    let steps = json!([{"name": "<compile>", "complete": true, "logs": [log(3, "stdio", 2)]}]);
    let given = Given::settings(json!({})).log_lines(3, &["cc -c a.c", "a.c:1: error: \"x\" < 'y' & z"]);
    let expected = r##"<h4>Build status: FAILURE</h4>
<table cellspacing="10">
<tr><td>Worker for this Build:</td><td><b>worker-1</b></td></tr>
<tr><td>Complete logs for all build steps:</td><td><a href="https://ci.example.org/#/builders/1/builds/7">https://ci.example.org/#/builders/1/builds/7</a></td></tr>
<tr><td>Build Reason:</td><td>a push</td></tr>
<tr><td>Build Source Stamp:</td><td><b>[branch main] abc123; docs: HEAD (plus patch) (&lt;try&gt;)</b></td></tr>
<tr><td>Blamelist:</td><td>Ann &lt;ann@example.org&gt;, Bob</td></tr>
</table>
<h4>Recent Changes:</h4>
<table cellspacing="10">
<tr><td>Repository:</td><td>https://example.org/r.git</td></tr>
<tr><td>Project:</td><td>belfry</td></tr>
<tr><td>Time:</td><td>2000-02-28 23:59:59 UTC</td></tr>
<tr><td>Changed by:</td><td>Ann &lt;ann@example.org&gt;</td></tr>
<tr><td>Comments:</td><td>Mend &amp; bend</td></tr>
</table>
<table cellspacing="10"><tr><th align="left">Files</th></tr>
<tr><td>src/a.c</td></tr>
<tr><td>&lt;b&gt;.c</td></tr>
</table>
<br>
<i>Detailed log of last build step:</i> <a href="https://ci.example.org/#/logs/3">https://ci.example.org/#/logs/3</a>
<br>
<h4>Last 80 lines of "&lt;compile&gt;.stdio"</h4>
<pre>
cc -c a.c
a.c:1: error: &#34;x&#34; &lt; &#39;y&#39; &amp; z
</pre>
<br><br>
<b>-The Buildbot</b>"##;
    assert_eq!(body(&given, build(steps)), expected);
}

#[test]
fn the_last_lines_of_the_last_log_are_shown() {
    let steps = json!([
        {"name": "compile", "complete": true, "logs": [log(3, "stdio", 1)]},
        {"name": "test", "complete": true, "logs": [log(4, "stdio", 3), log(5, "warnings", 1)]},
        {"name": "clean", "complete": true, "logs": []},
        {"name": "upload", "complete": false, "logs": [log(6, "stdio", 1)]},
    ]);
    let long = "é".repeat(2 * LINE_CHARS);
    let given = Given::settings(json!({"lines": 2})).log_lines(4, &["first", &long, "third"]);
    let cut = "é".repeat(LINE_CHARS);
    let shown = body(&given, build(steps));
    assert!(
        shown.contains(&format!("<h4>Last 2 lines of \"test.stdio\"</h4>\n<pre>\n{cut}\nthird\n</pre>")),
        "{shown}"
    );
}

#[test]
fn each_build_of_a_buildset_has_its_table() {
    let builds = json!([{"results": 0, "url": "https://ci.example.org/a"}, {"results": null}]);
    let shown = body(&Given::settings(json!({})), json!({"builds": builds, "results": 2}));
    assert!(shown.contains("<h4>Build status: SUCCESS</h4>"), "{shown}");
    assert!(shown.contains("<h4>Build status: NOT FINISHED</h4>") && shown.contains("&lt;unknown&gt;"), "{shown}");
}

#[test]
fn what_is_no_build_is_left_to_the_default_message() {
    assert_eq!(Given::settings(json!({})).format::<Html>(json!({"worker": {"name": "w"}})), Ok(None));
}
