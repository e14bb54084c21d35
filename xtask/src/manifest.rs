//! The two names in a guest's `Cargo.toml`: the package's, for cargo, and the library's, which names its file.
//!
//! Read line by line: a parser of TOML would be most of what xtask takes to compile.

use anyhow::Context;
use std::path::Path;

#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Names {
    pub(crate) package: String,
    pub(crate) library: String,
}

pub(crate) fn read(folder: &Path) -> anyhow::Result<Names> {
    let file = folder.join("Cargo.toml");
    let text = std::fs::read_to_string(&file).with_context(|| format!("reading {}", file.display()))?;
    parse(&text).with_context(|| format!("{} has no package name", file.display()))
}

fn parse(text: &str) -> Option<Names> {
    let package = name_in(text, "[package]")?;
    let library = name_in(text, "[lib]").unwrap_or_else(|| package.replace('-', "_"));
    Some(Names { package, library })
}

fn name_in(text: &str, section: &str) -> Option<String> {
    let within = text.lines().map(str::trim).skip_while(|line| *line != section).skip(1);
    let mut within = within.take_while(|line| !line.starts_with('['));
    let value = within.find_map(|line| line.strip_prefix("name")?.trim_start().strip_prefix('='))?;
    Some(value.trim().trim_matches('"').to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, package: &str, library: &str) {
        let names = Names { package: package.to_owned(), library: library.to_owned() };
        assert_eq!(parse(text), Some(names), "{text}");
    }

    #[test]
    fn the_library_is_named_after_the_package_unless_it_says_otherwise() {
        check("[package]\nname = \"campanile-mail\"\n[lib]\nname = \"mail\"\n", "campanile-mail", "mail");
        check("[package]\nname = \"spins-forever\"\n", "spins-forever", "spins_forever");
        check("[lib]\ncrate-type = [\"cdylib\"]\n\n[package]\nname=\"a\"\n[features]\nname = []\n", "a", "a");
    }
}
