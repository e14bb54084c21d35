//! `campanile plugin new`: a project's folder that builds with one command, and has tests to begin with.

use super::templates;
use super::templates::Template;
use crate::app::is_bundled;
use crate::cli::say;
use anyhow::Context;
use anyhow::bail;
use clap::Args;
use clap::ValueEnum;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::path::PathBuf;
use std::process::ExitCode;
use std::str::FromStr;

/// The longest name, in characters: it becomes that of a file and of a package.
const LONGEST_NAME: usize = 64;

#[derive(Args)]
pub(crate) struct New {
    /// What the plugin is called, and its folder
    name: Name,
    /// What it is
    #[arg(long, value_enum)]
    kind: Kind,
    /// What it is written in
    #[arg(long, value_enum)]
    lang: Language,
    /// For Rust, the folder `sdk` of Campanile's source [default: where the new folder lies in that source]
    #[arg(long, value_name = "PATH", env = "CAMPANILE_SDK")]
    sdk: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Kind {
    MessageFormatter,
    Reporter,
    ReviewCallbacks,
    AddressLookup,
    ChangeHook,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Language {
    Rust,
    Python,
    #[value(name = "js", alias = "javascript")]
    JavaScript,
}

/// A name that can be that of a file, a package and a plugin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Name(String);

impl FromStr for Name {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let legal = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        let starts = text.starts_with(|c: char| c.is_ascii_lowercase());
        if !starts || !text.chars().all(legal) || text.ends_with('-') || text.len() > LONGEST_NAME {
            return Err(format!(
                "expected small letters, digits and `-`, a letter first, at most {LONGEST_NAME}, such as `my-formatter`"
            ));
        }
        Ok(Self(text.to_owned()))
    }
}

impl Kind {
    /// Its world in the contract.
    fn world(self) -> &'static str {
        match self {
            Self::MessageFormatter => "message-formatter",
            Self::Reporter => "reporter",
            Self::ReviewCallbacks => "review-callbacks",
            Self::AddressLookup => "address-lookup",
            Self::ChangeHook => "change-hook",
        }
    }
}

impl Language {
    /// The file to begin with.
    fn source(self) -> &'static str {
        match self {
            Self::Rust => "src/lib.rs",
            Self::Python => "app.py",
            Self::JavaScript => "app.js",
        }
    }
}

pub(super) fn run(flags: &New) -> anyhow::Result<ExitCode> {
    let Name(name) = &flags.name;
    let folder = PathBuf::from(name);
    if is_bundled(name) {
        bail!(
            "`{name}` comes with the host, and yours would take its place with what it is granted; take another name"
        );
    }
    if folder.exists() {
        bail!("there is a {name} already; take another name, or another folder to run this in");
    }
    let sdk = match flags.lang {
        Language::Rust => sdk(flags.sdk.as_deref())?,
        Language::Python | Language::JavaScript => String::new(),
    };
    for template in templates::of(flags.kind, flags.lang) {
        write(&folder, template, &filled(template.text, flags, &sdk))?;
    }
    say!("made {name}/ ({}): begin with {}", flags.kind.world(), flags.lang.source());
    say!("  build it:  {name}/build.sh");
    say!("  test it:   campanile plugin test {name}");
    say!("  read on:   {name}/README.md");
    Ok(ExitCode::SUCCESS)
}

fn filled(text: &str, flags: &New, sdk: &str) -> String {
    let source = format!("see `{}`", flags.lang.source());
    text.replace("__NEEDS__", templates::needs(flags.lang))
        .replace("__GIVEN__", templates::given(flags.kind))
        .replace("__CONFIGURATION__", templates::configuration(flags.kind))
        .replace("__SOURCE__", &source)
        .replace("__KIND__", flags.kind.world())
        .replace("__NAME__", &flags.name.0)
        .replace("__SDK__", sdk)
}

fn write(folder: &Path, template: &Template, text: &str) -> anyhow::Result<()> {
    let file = folder.join(template.path);
    let within = || format!("writing {}", file.display());
    if let Some(parent) = file.parent() {
        fs::create_dir_all(parent).with_context(within)?;
    }
    fs::write(&file, text).with_context(within)?;
    if template.runs {
        fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).with_context(within)?;
    }
    Ok(())
}

/// Where the SDK lies: as told, or in the source that this is run in. As it stands in TOML, between quotation marks.
fn sdk(told: Option<&Path>) -> anyhow::Result<String> {
    let found = match told {
        Some(folder) => is_sdk(folder).then(|| folder.to_owned()),
        None => std::env::current_dir()?.ancestors().map(|folder| folder.join("sdk")).find(|folder| is_sdk(folder)),
    };
    let Some(folder) = found else {
        bail!(
            "there is no SDK{}: it is not published yet, so say by --sdk where the folder `sdk` of Campanile's source is \
             (Python and JavaScript need none)",
            told.map(|folder| format!(" in {}", folder.display())).unwrap_or_default()
        );
    };
    let folder = folder.canonicalize().with_context(|| format!("looking at {}", folder.display()))?;
    Ok(folder.to_string_lossy().replace('\\', "\\\\").replace('"', "\\\""))
}

fn is_sdk(folder: &Path) -> bool {
    fs::read_to_string(folder.join("Cargo.toml")).is_ok_and(|text| text.contains("name = \"campanile-sdk\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_can_be_those_of_files_and_packages() {
        let check = |text: &str, legal: bool| assert_eq!(text.parse::<Name>().is_ok(), legal, "{text}");
        check("my-formatter", true);
        check("a1", true);
        for wrong in ["", "-a", "a-", "1a", "My", "a_b", "a/b", "../a", "a.b", "ä", &"a".repeat(65)] {
            check(wrong, false);
        }
    }
}
