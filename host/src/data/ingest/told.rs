//! What is posted: a build, or a request that nobody builds yet, with Buildbot's names. More fields than these may stand
//! there; of these, most may be missing.

use crate::data::logs::Prepared;
use crate::data::logs::prepare_text;
use crate::data::logs::unmarked;
use crate::data::updates::UpdateError;
use crate::model::*;
use serde::Deserialize;
use serde::Deserializer;
use serde_json::Value;
use serde_json::value::RawValue;

/// What an error calls the post.
const METHOD: &str = "buildbot";

/// The longest text that stands in one line, in bytes.
const LONGEST_LINE: usize = 4096;

/// A build, or a request.
#[derive(Debug, Deserialize)]
pub struct Told {
    pub(super) buildid: Option<i64>,
    pub(super) number: Option<i64>,
    pub(super) started_at: Option<Timestamp>,
    pub(super) complete_at: Option<Timestamp>,
    #[serde(default)]
    pub(super) complete: bool,
    #[serde(default)]
    pub(super) locks_duration_s: i64,
    pub(super) state_string: Option<String>,
    pub(super) results: Option<Results>,
    #[serde(default, deserialize_with = "fitting")]
    pub(super) properties: Option<Properties>,
    pub(super) builder: BuilderTold,
    pub(super) buildrequest: RequestTold,
    pub(super) buildset: BuildsetTold,
    pub(super) prev_build: Option<EarlierTold>,
    pub(super) steps: Option<Vec<StepTold>>,
    pub(super) changes: Option<Vec<ChangeTold>>,
    /// Its page.
    pub(super) url: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct BuilderTold {
    pub(super) builderid: i64,
    pub(super) name: String,
    pub(super) description: Option<String>,
    pub(super) description_format: Option<String>,
    pub(super) description_html: Option<String>,
    #[serde(default)]
    pub(super) tags: Vec<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct RequestTold {
    pub(super) buildrequestid: i64,
    #[serde(default)]
    pub(super) priority: i64,
    pub(super) claimed_at: Option<Timestamp>,
    pub(super) submitted_at: Option<Timestamp>,
    #[serde(default)]
    pub(super) waited_for: bool,
}

#[derive(Debug, Deserialize)]
pub(super) struct BuildsetTold {
    pub(super) bsid: i64,
    pub(super) external_idstring: Option<String>,
    pub(super) reason: Option<String>,
    pub(super) submitted_at: Option<Timestamp>,
    pub(super) parent_buildid: Option<i64>,
    pub(super) parent_relationship: Option<String>,
    pub(super) rebuilt_buildid: Option<i64>,
    #[serde(default)]
    pub(super) sourcestamps: Vec<StampTold>,
}

#[derive(Debug, Deserialize)]
pub(super) struct StampTold {
    pub(super) branch: Option<String>,
    pub(super) revision: Option<String>,
    #[serde(default)]
    pub(super) repository: String,
    #[serde(default)]
    pub(super) project: String,
    #[serde(default)]
    pub(super) codebase: String,
    pub(super) patch: Option<PatchTold>,
}

#[derive(Debug, Deserialize)]
pub(super) struct PatchTold {
    /// A Buildbot posts the bytes of a patch as null.
    pub(super) body: Option<String>,
    pub(super) level: Option<i64>,
    pub(super) author: Option<String>,
    pub(super) comment: Option<String>,
    pub(super) subdir: Option<String>,
}

/// The build before.
#[derive(Debug, Deserialize)]
pub(super) struct EarlierTold {
    pub(super) buildid: i64,
    #[serde(default)]
    pub(super) complete: bool,
    pub(super) complete_at: Option<Timestamp>,
    pub(super) results: Option<Results>,
}

#[derive(Debug, Deserialize)]
pub(super) struct StepTold {
    pub(super) stepid: i64,
    pub(super) number: i64,
    pub(super) name: String,
    pub(super) started_at: Option<Timestamp>,
    pub(super) locks_acquired_at: Option<Timestamp>,
    #[serde(default)]
    pub(super) complete: bool,
    pub(super) complete_at: Option<Timestamp>,
    #[serde(default)]
    pub(super) state_string: String,
    pub(super) results: Option<Results>,
    #[serde(default)]
    pub(super) urls: Vec<Url>,
    #[serde(default)]
    pub(super) hidden: bool,
    #[serde(default)]
    pub(super) logs: Vec<LogTold>,
}

#[derive(Debug, Deserialize)]
pub(super) struct LogTold {
    pub(super) logid: i64,
    pub(super) name: String,
    #[serde(rename = "type")]
    pub(super) kind: LogKind,
    #[serde(default)]
    pub(super) complete: bool,
    #[serde(default)]
    pub(super) num_lines: i64,
    pub(super) content: Option<ContentTold>,
}

#[derive(Debug, Deserialize)]
pub(super) struct ContentTold {
    #[serde(default)]
    pub(super) firstline: u32,
    pub(super) content: LinesTold,
}

/// Lines made ready for the writer, which has only to write them.
#[derive(Debug, Deserialize)]
#[serde(try_from = "String")]
pub(super) struct LinesTold {
    pub(super) prepared: Prepared,
    /// The first line that does not begin with a stream.
    pub(super) unmarked: Option<i64>,
}

impl TryFrom<String> for LinesTold {
    type Error = String;

    fn try_from(mut text: String) -> Result<Self, String> {
        if !text.is_empty() && !text.ends_with('\n') {
            text.push('\n');
        }
        let prepared = prepare_text(&text).map_err(|error| error.to_string())?;
        // No lines are none without a stream.
        let unmarked = text.strip_suffix('\n').and_then(unmarked).map(|(line, _)| line);
        Ok(Self { prepared, unmarked })
    }
}

#[derive(Debug, Deserialize)]
pub(super) struct ChangeTold {
    pub(super) changeid: i64,
    pub(super) author: Option<String>,
    pub(super) committer: Option<String>,
    pub(super) comments: Option<String>,
    pub(super) files: Option<Vec<String>>,
    pub(super) when_timestamp: Option<Timestamp>,
    pub(super) branch: Option<String>,
    pub(super) revision: Option<String>,
    pub(super) revlink: Option<String>,
    pub(super) category: Option<String>,
    pub(super) repository: Option<String>,
    pub(super) project: Option<String>,
    pub(super) codebase: Option<String>,
    pub(super) properties: Option<Value>,
}

impl Told {
    /// Reads a post: one, or a list of them. An error names the place in it.
    pub fn parse(body: &str) -> Result<Vec<Self>, UpdateError> {
        let refused = |message: String| UpdateError::Params { method: METHOD.to_owned(), message };
        if !body.trim_start().starts_with('[') {
            return Ok(vec![read_json(body).map_err(refused)?]);
        }
        let list: Vec<&RawValue> = serde_json::from_str(body).map_err(|error| refused(error.to_string()))?;
        let told = list.into_iter().enumerate();
        told.map(|(index, told)| {
            read_json(told.get()).map_err(|message: String| refused(format!("[{index}]: {message}")))
        })
        .collect()
    }

    /// The address of the pages of who tells: what stands in front of `#/`.
    pub(super) fn site(&self) -> Result<&str, UpdateError> {
        let site = self.url.split_once('#').map(|(site, _)| site);
        site.filter(|site| site.starts_with("http://") || site.starts_with("https://")).ok_or_else(|| {
            let message = format!(
                "{:?} is not the page of a build, such as https://ci.example.org/#/builders/1/builds/2",
                self.url
            );
            UpdateError::Params { method: METHOD.to_owned(), message: format!("url: {message}") }
        })
    }

    /// When it was asked for.
    pub(super) fn submitted_at(&self) -> Option<Timestamp> {
        self.buildrequest.submitted_at.or(self.buildset.submitted_at)
    }

    /// The text that a property is set to.
    pub(super) fn property(&self, name: &str) -> Option<&str> {
        self.properties.as_ref()?.get(name)?.0.as_str()
    }
}

/// Properties that can be kept: Buildbot bounds their names less than we do.
fn fitting<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Properties>, D::Error> {
    let all = Option::<Properties>::deserialize(deserializer)?;
    let fits = |name: &str, source: &str| !name.is_empty() && fit(name) == name && fit(source) == source;
    Ok(all.map(|all| all.into_iter().filter(|(name, (_, source))| fits(name, source)).collect()))
}

/// A text as one line that is not too long: Buildbot has no bound for most, and a post that is refused is lost.
pub(super) fn fit(text: &str) -> String {
    let end = (0..=text.len().min(LONGEST_LINE)).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(0);
    text[..end].chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}
