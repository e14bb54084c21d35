//! A plugin's project, as `campanile plugin new` makes it: built and tested as its author would.

use crate::process::Ended;
use crate::process::campanile_in;
use std::path::Path;
use std::path::PathBuf;
use tempfile::TempDir;
use tokio::process::Command;

/// Where `cargo xtask test` leaves what makes components of Python and JavaScript.
const COMPONENTIZERS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../target/componentizers");

/// What Rust projects are compiled in: all of them share their dependencies.
const TARGET: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../target/projects");

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

/// A folder in a temporary one.
pub struct Project {
    place: TempDir,
    pub name: String,
}

impl Project {
    /// Makes one.
    pub async fn new(name: &str, kind: &str, language: &str) -> Self {
        let place = TempDir::with_prefix("campanile-project-").expect("a temporary folder");
        let sdk = format!("{ROOT}/sdk");
        let mut arguments = vec!["plugin", "new", name, "--kind", kind, "--lang", language];
        if language == "rust" {
            arguments.extend(["--sdk", &sdk]);
        }
        campanile_in(place.path(), &[], &arguments).await.succeeds();
        let project = Self { place, name: name.to_owned() };
        if language == "rust" {
            // Of the versions that are compiled already, and without the network.
            std::fs::copy(format!("{ROOT}/Cargo.lock"), project.folder().join("Cargo.lock")).expect("a lock file");
        }
        project
    }

    /// Where the project's folder lies.
    pub fn place(&self) -> &Path {
        self.place.path()
    }

    pub fn folder(&self) -> PathBuf {
        self.place.path().join(&self.name)
    }

    /// Writes a file of the project.
    pub fn write(&self, file: &str, text: &str) {
        std::fs::write(self.folder().join(file), text).expect("a file is written");
    }

    pub fn read(&self, file: &str) -> String {
        std::fs::read_to_string(self.folder().join(file)).expect("a file is read")
    }

    /// Runs `build.sh`, and returns the component.
    pub async fn build(&self) -> PathBuf {
        let mut script = Command::new(self.folder().join("build.sh"));
        script.env("CARGO_TARGET_DIR", TARGET).env("CARGO_NET_OFFLINE", "true");
        // Where there is none, the script would fetch one from the network.
        if self.folder().join("app.py").is_file() {
            let python = componentizer("componentize-py");
            script.env("COMPONENTIZE_PY", python.join("bin/componentize-py")).env("PYTHONPATH", python);
        }
        if self.folder().join("app.js").is_file() {
            let javascript = componentizer("componentize-qjs");
            script.env("COMPONENTIZE_QJS", javascript.join("node_modules/.bin/componentize-qjs"));
        }
        let output = script.kill_on_drop(true).output().await.expect("the script runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let component = self.folder().join(format!("{}.wasm", self.name));
        assert!(component.is_file(), "{} is built", component.display());
        component
    }

    /// Runs `campanile plugin test` beside the project's folder.
    pub async fn test(&self, flags: &[&str]) -> Ended {
        let caches = Self::caches().display().to_string();
        let arguments = [&["plugin", "test", &self.name], flags].concat();
        campanile_in(self.place(), &[("XDG_CACHE_HOME", &caches)], &arguments).await
    }

    /// Where compiled plugins are kept, so that a host need not compile again what was tested.
    pub fn cache() -> PathBuf {
        Self::caches().join("campanile/plugins")
    }

    fn caches() -> PathBuf {
        std::env::temp_dir().join("campanile-test-projects")
    }
}

/// The folder of this tool. There is one version of it: `xtask` removes the others.
fn componentizer(name: &str) -> PathBuf {
    let folders = std::fs::read_dir(COMPONENTIZERS).into_iter().flatten();
    let mut folders = folders.filter_map(|entry| Some(entry.ok()?.path()));
    let found = folders.find(|folder| folder.file_name().is_some_and(|file| file.to_string_lossy().starts_with(name)));
    found.unwrap_or_else(|| panic!("there is no {name} in target/componentizers: run `cargo xtask examples`"))
}
