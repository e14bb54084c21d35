//! The examples, in every language, as components in `target/examples`.
//!
//! Those in Rust are guests like others. Here are the rest: a folder below `examples` with a `formatter.py` or a
//! `formatter.js` is a message formatter, one with a `callbacks.py` or a `callbacks.js` is review callbacks. Each is named
//! after its folder: `short-python.wasm` of `short-formatter-python`.

use crate::componentizers::Language;
use crate::guests;
use crate::packages;
use crate::tree::Tree;
use crate::tree::copy_changed;
use anyhow::Context;
use std::fs;
use std::hash::DefaultHasher;
use std::hash::Hash;
use std::hash::Hasher;
use std::path::Path;
use std::path::PathBuf;
use xshell::cmd;

/// What the source is called, and the world of the contract that it is made for.
const WORLDS: [(&str, &str); 2] = [("formatter", "message-formatter"), ("callbacks", "review-callbacks")];

struct Example {
    name: String,
    folder: PathBuf,
    language: Language,
    module: &'static str,
    world: &'static str,
}

/// Builds all, and says where they are.
pub(crate) fn run(tree: &Tree) -> anyhow::Result<()> {
    guests::build_shelved(tree)?;
    build_scripts(tree)?;
    let mut built: Vec<_> = tree
        .shell
        .read_dir(shelf(tree))?
        .into_iter()
        .filter(|path| path.extension() == Some("wasm".as_ref()))
        .collect();
    built.sort();
    for component in built {
        println!("{}", component.display());
    }
    Ok(())
}

/// Builds those that are no Rust and have changed, and leaves them with the other guests, where the suite looks.
pub(crate) fn build_scripts(tree: &Tree) -> anyhow::Result<()> {
    packages::install_tools(tree)?;
    for language in Language::ALL {
        language.install_missing(tree)?;
    }
    for example in all(tree)? {
        let file = format!("{}.wasm", example.name);
        let component = tree.guests().join(&file);
        let (stamp, made_of) = (component.with_extension("made-of"), made_of(tree, &example)?);
        if !component.is_file() || !fs::read_to_string(&stamp).is_ok_and(|old| old == made_of) {
            build(tree, &example, &component)?;
            fs::write(&stamp, made_of).with_context(|| format!("writing {}", stamp.display()))?;
        }
        copy_changed(&component, &shelf(tree).join(&file))?;
    }
    Ok(())
}

fn build(tree: &Tree, example: &Example, component: &Path) -> anyhow::Result<()> {
    let (program, folder, wit) = (example.language.program(tree), &example.folder, tree.path("wit"));
    let (module, world) = (example.module, example.world);
    tree.shell.create_dir(tree.guests())?;
    let command = match example.language {
        Language::Python => {
            cmd!(tree.shell, "{program} -d {wit} -w {world} componentize {module} -p {folder} -o {component}")
                .env("PYTHONPATH", example.language.folder(tree))
        }
        Language::JavaScript => {
            let script = folder.join(format!("{module}.js"));
            // `--sync`: the host does not speak the asynchronous calls that it would otherwise make.
            cmd!(tree.shell, "{program} --wit {wit} --world {world} --js {script} --sync -o {component}")
        }
    };
    command.ignore_stdout().run().with_context(|| format!("building {}", folder.display()))
}

fn all(tree: &Tree) -> anyhow::Result<Vec<Example>> {
    let mut found = Vec::new();
    for folder in tree.shell.read_dir(tree.path("examples"))? {
        let Some((language, module, world)) = source(&folder) else { continue };
        let name = folder.file_name().context("a folder has a name")?.to_string_lossy().replace("-formatter", "");
        found.push(Example { name, folder, language, module, world });
    }
    found.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(found)
}

/// What a folder holds, if it is an example that is no Rust.
fn source(folder: &Path) -> Option<(Language, &'static str, &'static str)> {
    let languages = [(Language::Python, "py"), (Language::JavaScript, "js")];
    let sources = WORLDS.into_iter().flat_map(|world| languages.map(|language| (language, world)));
    sources.into_iter().find_map(|((language, extension), (module, world))| {
        folder.join(format!("{module}.{extension}")).is_file().then_some((language, module, world))
    })
}

/// A number that is another one when the source, the contract or the tool is another.
fn made_of(tree: &Tree, example: &Example) -> anyhow::Result<String> {
    let mut hasher = DefaultHasher::new();
    example.language.package().hash(&mut hasher);
    for folder in [&example.folder, &tree.path("wit")] {
        let mut files: Vec<_> = tree.shell.read_dir(folder)?.into_iter().filter(|path| path.is_file()).collect();
        files.sort();
        for file in files {
            fs::read(&file).with_context(|| format!("reading {}", file.display()))?.hash(&mut hasher);
        }
    }
    Ok(format!("{:016x}\n", hasher.finish()))
}

fn shelf(tree: &Tree) -> PathBuf {
    tree.path("target/examples")
}
