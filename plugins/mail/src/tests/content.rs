//! What a mail says.

use campanile_sdk::contract::Mail;
use campanile_sdk::prelude::*;
use campanile_sdk::testing::a_build;
use campanile_sdk::testing::only_mail;
use serde_json::Value;
use serde_json::json;

use super::given;
use crate::MailNotifier;

const EVERYTHING: &str = "\
A new failure has been detected on builder linux while building proj.

Full details are available at:
    https://ci.example/#/builders/80/builds/7

Build state: failed compile
Revision: d34db33f
Worker: worker-1
Build Reason: because
Blamelist: Ann <ann@example.net>, bob@example.net

Steps:

- 0: checkout ( success )

- 1: compile ( failure )
    Logs:
        - stdio: https://ci.example/#/builders/80/builds/7/steps/1/logs/stdio
        - errors: https://ci.example/#/builders/80/builds/7/steps/1/logs/errors

- 2: clean-up ( )


";

const LITTLE: &str = "\
A passing build has been detected on builder linux while building Acme CI.

Full details are available at:
    https://ci.example/#/builders/80/builds/1

Build state: build successful
Revision: (unknown)
Worker: <unknown>
Build Reason: (unknown)
Blamelist: 

Steps:

- (no steps)


";

#[test]
fn the_default_body() {
    let event = a_build("linux")
        .number(7)
        .results(Results::Failure)
        .previous(Results::Success)
        .state("failed compile")
        .property("got_revision", "d34db33f")
        .user("bob@example.net")
        .user("Ann <ann@example.net>")
        .step("checkout", Results::Success)
        .step("compile", Results::Failure)
        .log("stdio")
        .log("errors")
        .running_step("clean-up")
        .finished();
    let mail = only_mail(
        given(json!({"mode": ["failing", "problem"], "messageFormatter": {}})).effects::<MailNotifier>(&event),
    );
    assert_eq!((mail.body.as_str(), mail.kind), (EVERYTHING, BodyKind::Plain));
    assert_eq!(mail.subject, "☠ Buildbot (Acme CI): linux - failed compile (main)");
}

#[test]
fn the_default_body_of_a_build_that_says_little() {
    let build = a_build("linux").stamps(Vec::new()).without_property("reason").without_property("workername");
    assert_eq!(
        only_mail(given(json!({"messageFormatter": {}})).effects::<MailNotifier>(&build.finished())).body,
        LITTLE
    );
}

#[track_caller]
fn check_subject(settings: Value, state: &str, subject: &str) {
    let event = a_build("linux").results(Results::Warnings).state(state).finished();
    assert_eq!(only_mail(given(settings).effects::<MailNotifier>(&event)).subject, subject);
}

#[test]
fn subjects() {
    check_subject(json!({}), "2 warnings", "☝ Buildbot (Acme CI): linux - 2 warnings (main)");
    check_subject(json!({}), "2\nwarnings\n", "☝ Buildbot (Acme CI): linux - 2 warnings (main)");
    check_subject(json!({"subject": "%(title)s: %(builder)s had %(result)s"}), "", "Acme CI: linux had warnings");
    check_subject(json!({"subject": "100%% %(builder)s%%(result)s"}), "", "100% linux%(result)s");
    check_subject(json!({"subject": "Builds"}), "", "Builds");
}

fn formatted(body: &str, subject: Option<&str>) -> Formatted {
    Formatted { body: body.into(), kind: BodyKind::Html, subject: subject.map(String::from), extra: None }
}

#[track_caller]
fn written(settings: Value, formatted: Formatted) -> Mail {
    let event = a_build("linux").results(Results::Failure).finished();
    only_mail(given(settings).formatted(Ok(Some(formatted))).effects::<MailNotifier>(&event))
}

#[test]
fn a_formatter_writes_the_message() {
    let mail = written(json!({"messageFormatter": "fancy"}), formatted("<p>Oh</p>", Some("Oh\nno")));
    assert_eq!((mail.subject.as_str(), mail.body.as_str(), mail.kind), ("Oh no", "<p>Oh</p>\n\n", BodyKind::Html));
    assert_eq!(written(json!({"messageFormatter": "fancy"}), formatted("ends\n\n", None)).body, "ends\n\n");
}

#[test]
fn a_formatter_without_a_subject() {
    let subject = |settings| written(settings, formatted("text", None)).subject;
    assert_eq!(subject(json!({"messageFormatter": "fancy"})), "Buildbot failure in Acme CI on linux");
    assert_eq!(subject(json!({"messageFormatter": "fancy", "subject": "%(result)s!"})), "failure!");
    let both = written(json!({"messageFormatter": "fancy", "subject": "%(result)s!"}), formatted("text", Some("mine")));
    assert_eq!(both.subject, "mine");
}

#[test]
fn a_formatter_is_asked_by_its_setting() {
    let settings = json!({"messageFormatter": {"plugin": "short", "width": 70}, "mode": ["warnings", "failing"]});
    let given = given(settings).formatted(Ok(Some(formatted("text", None))));
    let event = a_build("linux").results(Results::Failure).finished();
    assert_eq!(given.effects::<MailNotifier>(&event).len(), 1);
    assert_eq!(given.asked(), [r#"format {"plugin":"short","width":70} about build 21 with failing, warnings"#]);
}

#[test]
fn nobody_misses_a_broken_build_because_of_a_formatter() {
    let full = a_build("linux").results(Results::Failure).step("compile", Results::Failure).report();
    let event = a_build("linux").results(Results::Failure).finished();
    let mail = |answer: Result<Option<Formatted>, Failure>| {
        let given = given(json!({"messageFormatter": "fancy"})).build(full.clone()).formatted(answer);
        let mail = only_mail(given.effects::<MailNotifier>(&event));
        (mail.body, given.logged())
    };
    for (answer, reason) in
        [(Err(Failure::GiveUp("it crashed".into())), "it crashed"), (Ok(None), "it has nothing to say")]
    {
        let (body, logged) = mail(answer);
        let mark = format!("The message formatter failed, so this is the default message. The reason: {reason}\n\n");
        assert!(body.starts_with(&(mark + "A failed build has been detected on builder linux")), "{body}");
        assert!(body.contains("- 0: compile ( failure )"), "it is the whole default message: {body}");
        assert!(
            logged[0].starts_with("warn: the message formatter failed; the default message goes out"),
            "{logged:?}"
        );
    }
    let busy = Failure::Retry("busy".into());
    let asked = given(json!({"messageFormatter": "fancy"})).formatted(Err(busy.clone()));
    assert_eq!(asked.handle::<MailNotifier>(&event), Err(busy));
    let (body, _) = mail(Ok(Some(Formatted { body: "{}".into(), kind: BodyKind::Json, subject: None, extra: None })));
    assert_eq!(body, "The message formatter made JSON, not a text:\n\n{}\n\n");
}

const HTML: &str = "\
<p>A failed build has been detected on builder <a href=\"https://ci.example/#/builders/80/builds/1\">&lt;i&gt;linux</a> \
while building a&amp;b.</p>
<p>Information:</p>
<ul>
<li>Build state: &lt;script&gt;alert(&#34;x&#39;&#34;)&lt;/script&gt;</li>
<li>Revision: &lt;/li&gt;</li>
<li>Worker: worker-1</li>
<li>Build Reason: &lt;a href=&#39;https://evil.example&#39;&gt;</li>
<li>Blamelist: Ann &lt;ann@example.net&gt;</li>
</ul>
<p>Steps:</p>
<ul>
<li style=\"color: #f00; font-weight: bold;\">
0: &lt;b&gt; ( failure )
( <a href=\"https://ci.example/#/builders/80/builds/1/steps/0/logs/&#34;onclick=&#34;\">&lt;&#34;onclick=&#34;&gt;</a> )
</li>
</ul>


";

#[test]
fn in_the_default_html_everything_from_outside_is_escaped() {
    let mut stamps = a_build("x").report().buildset.source_stamps;
    stamps[0].project = "a&b".into();
    let event = a_build("<i>linux")
        .stamps(stamps)
        .results(Results::Failure)
        .state("<script>alert(\"x'\")</script>")
        .property("got_revision", "</li>")
        .property("reason", "<a href='https://evil.example'>")
        .user("Ann <ann@example.net>")
        .step("<b>", Results::Failure)
        .log("\"onclick=\"")
        .finished();
    let mail = only_mail(given(json!({})).effects::<MailNotifier>(&event));
    assert_eq!((mail.body.as_str(), mail.kind), (HTML, BodyKind::Html));
}

#[track_caller]
fn templated(formatter: Value, results: Results) -> (Mail, Vec<String>) {
    let context = json!({"build": {"properties": {"branch": ["main", "x"]}}, "summary": "a <b>", "mode": ["failing"]});
    let given = given(json!({"messageFormatter": formatter, "mode": ["failing"]})).context(context);
    let event = a_build("linux").results(results).state("failed").finished();
    (only_mail(given.effects::<MailNotifier>(&event)), given.asked())
}

#[test]
fn a_template_writes_the_message() {
    let formatter = json!({"template": "{{ summary }} on {{ build.properties.branch[0] }} {{ mine }}",
        "subject": "{{ summary }}!", "ctx": {"mine": 7}, "want_steps": true, "want_logs_content": ["stdio"]});
    let (mail, asked) = templated(formatter, Results::Failure);
    assert_eq!((mail.body.as_str(), mail.subject.as_str()), ("a <b> on main 7\n\n", "a <b>!"));
    assert_eq!(mail.kind, BodyKind::Plain);
    assert_eq!(asked, [r#"context of build 21 with failing: properties steps, Named(["stdio"])"#]);
    let formatter = json!({"template": "<p>{{ summary }}</p>", "template_type": "html", "want_properties": false});
    let (mail, asked) = templated(formatter, Results::Failure);
    assert_eq!((mail.body.as_str(), mail.kind), ("<p>a &lt;b&gt;</p>\n\n", BodyKind::Html));
    assert_eq!(mail.subject, "☠ Buildbot (Acme CI): linux - failed (main)");
    assert_eq!(asked, ["context of build 21 with failing: , None"]);
}

#[test]
fn a_template_that_fails_is_told_in_the_message() {
    let (mail, _) = templated(json!({"template": "a\n{{ b.c }}", "template_type": "html"}), Results::Failure);
    let mark = "<p><strong>The message formatter failed, so this is the default message. The reason: the template of the \
        body, line 2: undefined value";
    assert!(mail.body.starts_with(mark), "{}", mail.body);
    assert!(mail.body.contains("<p>A failed build has been detected on builder"), "{}", mail.body);
}

#[test]
fn other_formatters() {
    let renderable = json!({"kind": "MessageFormatterRenderable", "template": "on %(prop:branch)s of %(src::project)s",
        "subject": "%(prop:nothing:-none)s"});
    let (mail, asked) = templated(renderable, Results::Failure);
    assert_eq!((mail.body.as_str(), mail.subject.as_str()), ("on main of proj\n\n", "none"));
    assert!(asked.is_empty(), "{asked:?}");
    let (mail, _) = templated(json!({"kind": "MessageFormatterEmpty"}), Results::Failure);
    assert_eq!((mail.body.as_str(), mail.subject.as_str()), ("\n\n", "Buildbot failure in Acme CI on linux"));
}

#[test]
fn the_mail_stands_in_the_log_if_that_is_wanted() {
    let given = given(json!({"dumpMailsToLog": true, "messageFormatter": {"template": "text"}})).context(json!({}));
    let _ = only_mail(given.effects::<MailNotifier>(&a_build("linux").finished()));
    let subject = "☺ Buildbot (Acme CI): linux - build successful (main)";
    assert_eq!(given.logged(), [format!("info: a mail: to=builds@example.org: subject={subject}: body=text\n\n")]);
}
