//! `force build`: asks for a build.

use campanile_sdk::contract::Control;
use campanile_sdk::contract::ForceBuild;
use campanile_sdk::contract::Json;
use serde_json::Value;

use super::Trouble;
use crate::acts;
use crate::acts::Act;
use crate::call::Call;
use crate::contact::Speaker;
use crate::data;
use crate::plain::plain;
use crate::plain::repeated;

pub(super) const USAGE: &str = "force build [--codebase=CODEBASE] [--branch=BRANCH] [--revision=REVISION] \
    [--project=PROJECT] [--props=PROP1=VAL1,PROP2=VAL2...] [--reason=REASON] _which_ _reason_ - Force a build";

/// Properties at most.
const MOST_PROPERTIES: usize = 100;

/// The words behind `force build`, told apart.
#[derive(Debug, Default, PartialEq, Eq)]
struct Asked {
    codebase: Option<String>,
    branch: Option<String>,
    revision: Option<String>,
    project: Option<String>,
    props: Option<String>,
    reason: Option<String>,
    /// The builder, and then the reason.
    rest: Vec<String>,
}

pub(super) fn run(call: &mut Call<'_>, who: &Speaker, words: &[String]) -> Result<(), Trouble> {
    let asked = match words.split_first() {
        Some((build, rest)) if build.eq_ignore_ascii_case("build") => read(rest)?,
        _ => return Err(wrong()),
    };
    let Some((name, rest)) = asked.rest.split_first() else {
        return Err(Trouble::Usage(format!("you must provide a Builder, {}", try_this())));
    };
    let properties = properties(asked.props.as_deref().unwrap_or_default())?;
    check("branch", asked.branch.as_deref(), is_branch)?;
    check("revision", asked.revision.as_deref(), is_revision)?;
    check("project", asked.project.as_deref(), is_branch)?;
    check("codebase", asked.codebase.as_deref(), is_branch)?;
    let builder = data::builder(call, name)?;
    let reason = [asked.reason.unwrap_or_default(), rest.join(" ")].join(" ");
    let force = ForceBuild {
        builder_id: builder.id,
        reason: format!("forced: by {}: {}", who.description(), plain(&reason)),
        owner: who.description(),
        branch: asked.branch,
        revision: asked.revision,
        project: asked.project,
        codebase: asked.codebase,
        properties,
    };
    let act = Act::Force { place: who.place().to_owned(), builder: acts::short(&builder.name) };
    acts::ask(call, &act, Control::Force(force));
    Ok(())
}

/// Options stand before the builder; behind it all is the reason.
fn read(words: &[String]) -> Result<Asked, Trouble> {
    let mut asked = Asked::default();
    let mut words = words.iter();
    while let Some(word) = words.next() {
        let Some(option) = word.strip_prefix("--") else {
            asked.rest.push(word.clone());
            asked.rest.extend(words.cloned());
            break;
        };
        let (name, value) = match option.split_once('=') {
            Some((name, value)) => (name, value.to_owned()),
            None => (option, words.next().ok_or_else(wrong)?.clone()),
        };
        let place = match name.to_lowercase().as_str() {
            "codebase" => &mut asked.codebase,
            "branch" => &mut asked.branch,
            "revision" => &mut asked.revision,
            "project" => &mut asked.project,
            "props" => &mut asked.props,
            "reason" => &mut asked.reason,
            _ => return Err(wrong()),
        };
        *place = Some(value).filter(|value| !value.is_empty());
    }
    Ok(asked)
}

fn properties(text: &str) -> Result<Vec<(String, Json)>, Trouble> {
    let mut found: Vec<(String, Json)> = Vec::new();
    for pair in text.split(',').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        if name.is_empty() || !pair.contains('=') || !name.chars().chain(value.chars()).all(is_of_property) {
            let (name, value) = (repeated(name), repeated(value));
            return Err(Trouble::Usage(format!("Sorry, bad property name='{name}', value='{value}'")));
        }
        found.retain(|(known, _)| known != name);
        found.push((name.to_owned(), Value::from(value).to_string()));
    }
    if found.len() > MOST_PROPERTIES {
        return Err(Trouble::Usage(format!("Sorry, {MOST_PROPERTIES} properties at most")));
    }
    Ok(found)
}

fn check(what: &str, value: Option<&str>, fits: fn(char) -> bool) -> Result<(), Trouble> {
    match value.filter(|value| !value.chars().all(fits)) {
        Some(value) => Err(Trouble::Usage(format!("Sorry, bad {what} '{}'", repeated(value)))),
        None => Ok(()),
    }
}

fn is_branch(char: char) -> bool {
    char.is_alphanumeric() || "_.+/~-".contains(char)
}

fn is_revision(char: char) -> bool {
    char.is_alphanumeric() || "_ .-/".contains(char)
}

fn is_of_property(char: char) -> bool {
    char.is_alphanumeric() || "_.-/~: ".contains(char)
}

fn wrong() -> Trouble {
    Trouble::Usage(try_this())
}

fn try_this() -> String {
    format!("Try '{USAGE}'")
}
