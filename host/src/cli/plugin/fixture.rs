//! A fixture: what a plugin is given, and what it is expected to answer. One JSON object a file, written by people.
//!
//! The file's text is kept as it was written, but for the answer, which `--update` puts in its place.

use super::answer::Answer;
use super::request::GivenFetched;
use super::request::GivenRequest;
use super::story::Story;
use crate::model::ChatManner;
use crate::model::ChatMessage;
use crate::model::Moment;
use crate::model::Outcome;
use crate::model::Receipt;
use anyhow::Context;
use anyhow::bail;
use serde::Deserialize;
use serde::Deserializer;
use serde::de::IgnoredAny;
use serde::de::MapAccess;
use serde::de::Visitor;
use serde_json::Map;
use serde_json::Value;
use serde_json::value::RawValue;
use std::fmt;
use std::path::Path;

/// The largest fixture.
const MOST_BYTES: u64 = 16 * 1024 * 1024;

/// When it all happens, unless the fixture says otherwise: seconds since 1970.
const USUAL_TIME: i64 = 1_700_000_000;

/// What a plugin is given.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Given {
    /// As the operator would write them.
    #[serde(default)]
    pub(super) settings: Map<String, Value>,
    /// For a reporter: what it may reach besides what its settings say.
    #[serde(default)]
    pub(super) allow: Vec<String>,
    /// What happened in the CI system.
    #[serde(default)]
    pub(super) data: Story,
    /// When.
    #[serde(default = "usual_time")]
    pub(super) at: i64,
    /// For a reporter: what it is told.
    pub(super) event: Option<GivenEvent>,
    /// For a reporter: what it remembers.
    #[serde(default)]
    pub(super) state: Map<String, Value>,
    /// For a formatter or callbacks: what they are told.
    pub(super) context: Option<GivenContext>,
    /// For a formatter: why there is a message.
    #[serde(default)]
    pub(super) mode: Vec<String>,
    /// For callbacks: when the review is said.
    pub(super) moment: Option<GivenMoment>,
    /// For a lookup: whose addresses are asked for.
    #[serde(default)]
    pub(super) users: Vec<String>,
    /// For a getter of previous builds: which of the builds of the data is asked about.
    pub(super) build: Option<i64>,
    /// For a change hook: what is sent to it, and what came back of what it wanted to read.
    pub(super) request: Option<GivenRequest>,
    #[serde(default)]
    pub(super) fetched: Vec<GivenFetched>,
    /// What is expected, whose shape is its own (`Answer`): it stands here so that the file is parsed as it was written,
    /// and an error says the right line.
    #[serde(
        default,
        rename = "effects",
        alias = "formatted",
        alias = "review",
        alias = "addresses",
        alias = "previous",
        alias = "changes",
        alias = "poke",
        alias = "fetch",
        alias = "refused",
        alias = "problems",
        alias = "fails"
    )]
    _expected: IgnoredAny,
}

fn usual_time() -> i64 {
    USUAL_TIME
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum GivenMoment {
    Start,
    End,
    Summary,
}

impl From<GivenMoment> for Moment {
    fn from(given: GivenMoment) -> Self {
        match given {
            GivenMoment::Start => Self::Start,
            GivenMoment::End => Self::End,
            GivenMoment::Summary => Self::Summary,
        }
    }
}

/// An event by its topic, of those that the data made; or one that no data makes.
#[derive(Debug, Deserialize)]
#[serde(
    untagged,
    expecting = "an event is a topic such as \"builds/1/finished\", or an object with `wake`, `receipt` or `chat`"
)]
pub(super) enum GivenEvent {
    Topic(String),
    Made(MadeEvent),
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum MadeEvent {
    Wake(String),
    Receipt(GivenReceipt),
    Chat(GivenChat),
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct GivenReceipt {
    pub(super) key: String,
    outcome: Outcome,
    status: Option<u16>,
    #[serde(default)]
    answer: String,
}

impl From<GivenReceipt> for Receipt {
    fn from(GivenReceipt { key, outcome, status, answer }: GivenReceipt) -> Self {
        Self { key, outcome, status, answer }
    }
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct GivenChat {
    connection: String,
    #[serde(default)]
    me: String,
    nick: String,
    channel: Option<String>,
    #[serde(default)]
    op: bool,
    account: Option<String>,
    #[serde(default)]
    acted: bool,
    text: String,
}

impl From<GivenChat> for ChatMessage {
    fn from(GivenChat { connection, me, nick, channel, op, account, acted, text }: GivenChat) -> Self {
        let manner = if acted { ChatManner::Acted } else { ChatManner::Said };
        Self { connection, me, nick, account, channel, op, manner, text }
    }
}

/// What the host would tell about this, such as `builds/1`; or just what stands here.
#[derive(Debug, Deserialize)]
#[serde(untagged, expecting = "a context is a path such as \"builds/1\", or the object that a formatter is told")]
pub(super) enum GivenContext {
    About(String),
    Told(Map<String, Value>),
}

/// A file that was read.
pub(super) struct Fixture {
    pub(super) given: Given,
    pub(super) expected: Option<Answer>,
    written: Written,
}

impl Fixture {
    pub(super) fn read(file: &Path) -> anyhow::Result<Self> {
        let size = std::fs::metadata(file).map(|metadata| metadata.len());
        if size.context("reading it")? > MOST_BYTES {
            bail!("it has more than {} MiB", MOST_BYTES >> 20);
        }
        Self::parse(&std::fs::read_to_string(file).context("reading it")?)
    }

    fn parse(text: &str) -> anyhow::Result<Self> {
        let mut written: Written = serde_json::from_str(text).context("it is no JSON object")?;
        let (answers, given) = written.0.drain(..).partition(|(key, _)| Answer::KEYS.contains(&key.as_str()));
        written.0 = given;
        let answers: Vec<(String, Box<RawValue>)> = answers;
        let expected = match answers.as_slice() {
            [] => None,
            [(key, value)] => Some(Answer::expected(key, serde_json::from_str(value.get())?)),
            _ => bail!("it expects several answers at once; one of {} is left", Answer::KEYS.join(", ")),
        };
        let given = serde_json::from_str(text)?;
        Ok(Self { given, expected, written })
    }

    /// The file's text with this answer in it.
    pub(super) fn with(&self, answer: &Answer) -> String {
        let shown = serde_json::to_string_pretty(&answer.value).unwrap_or_default().replace('\n', "\n  ");
        let mut members: Vec<String> = self.written.0.iter().map(member).collect();
        members.push(format!("  {:?}: {shown}", answer.key));
        format!("{{\n{}\n}}\n", members.join(",\n"))
    }
}

fn member((key, value): &(String, Box<RawValue>)) -> String {
    format!("  {}: {}", Value::from(key.as_str()), value.get())
}

/// The members of an object, in their order and as they were written.
struct Written(Vec<(String, Box<RawValue>)>);

impl<'de> Deserialize<'de> for Written {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Members)
    }
}

struct Members;

impl<'de> Visitor<'de> for Members {
    type Value = Written;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Written, A::Error> {
        let mut members = Vec::new();
        while let Some(member) = map.next_entry()? {
            members.push(member);
        }
        Ok(Written(members))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_update_leaves_what_a_person_wrote() {
        let text = "{\n  \"settings\": {\"b\": 1,   \"a\": 2},\n  \"effects\": [],\n  \"event\": {\"wake\": \"x\"}\n}";
        let fixture = Fixture::parse(text).unwrap();
        let updated = fixture.with(&Answer::expected("effects", json!([{"forget": "x"}])));
        let effects = "  \"effects\": [\n    {\n      \"forget\": \"x\"\n    }\n  ]";
        assert_eq!(
            updated,
            format!(
                "{{\n  \"settings\": {{\"b\": 1,   \"a\": 2}},\n  \"event\": {{\"wake\": \"x\"}},\n{effects}\n}}\n"
            )
        );
        assert_eq!(
            Fixture::parse(&updated).unwrap().with(&Answer::expected("effects", json!([{"forget": "x"}]))),
            updated
        );
    }

    #[test]
    fn what_is_wrong_is_said() {
        let check = |text: &str, part: &str| {
            let error = format!("{:#}", Fixture::parse(text).err().expect("it is refused"));
            assert!(error.contains(part), "{error}");
        };
        check("[]", "it is no JSON object");
        check("{\"event\": 7}", "an event is a topic");
        check("{\"evnet\": \"builds/1/new\"}", "unknown field `evnet`");
        check("{\"effects\": [], \"problems\": []}", "several answers at once");
        check("{\n\"effects\": [],\n\"at\":\n  \"noon\"}", "expected i64 at line 4 column 8");
        let log = |lines: &str| {
            format!("{{\"data\": {{\"builds\": [{{\"steps\": [{{\"name\": \"x\", \"logs\": {lines}}}]}}]}}}}")
        };
        check(&log("{\"stdio\": [\"a\", 7]}"), "the log \"stdio\": expected a text, or a list of lines");
        check(&log("{\"stdio\": [\"a\\nb\"]}"), "the log \"stdio\": expected a text, or a list of lines");
        check(&log("{\"stdio\": 7}"), "the log \"stdio\": expected a text, or a list of lines");
    }

    #[test]
    fn each_answer_may_stand_in_a_fixture() {
        for key in Answer::KEYS {
            let fixture = Fixture::parse(&format!("{{\"{key}\": null}}")).unwrap();
            assert!(fixture.expected.is_some(), "{key}");
        }
    }
}
