//! Compiled components on disk, so that a start costs no compilation.
//!
//! A file's name says what it was made from and for: the component's digest, and the engine's compatibility hash
//! (which covers wasmtime's version, its settings and the machine's features). Anything that goes wrong is a miss.
//!
//! Invariant: a file is never written in place, since a running host has it mapped; a new one takes its name.

use sha2::Digest;
use sha2::Sha256;
use std::fs;
use std::hash::Hash;
use std::hash::Hasher;
use std::io;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::path::PathBuf;
use wasmtime::Engine;
use wasmtime::component::Component;

pub(super) struct Cache {
    /// The directory and the engine's part of the names; none if there is no cache.
    place: Option<(PathBuf, String)>,
}

impl Cache {
    pub(super) fn open(engine: &Engine, directory: Option<PathBuf>) -> Self {
        let place = directory.and_then(|directory| match make_private(&directory) {
            Ok(()) => Some((directory, engine_hash(engine))),
            Err(error) => {
                tracing::warn!(%error, ?directory, "cannot use the cache of compiled plugins");
                None
            }
        });
        Self { place }
    }

    /// The compiled form of the component with this digest, if it is there and fits.
    pub(super) fn find(&self, engine: &Engine, digest: &str) -> Option<Component> {
        let path = self.path(digest)?;
        if !path.exists() {
            return None;
        }
        // SAFETY: the file must be what `Component::serialize` wrote. Only this host's user can write to the
        // directory (`make_private`), files get their names when they are complete (`keep`), and wasmtime
        // refuses those of another version or of other settings.
        let found = unsafe { Component::deserialize_file(engine, &path) };
        found.inspect_err(|error| tracing::debug!(?path, "unusable compiled plugin: {error:#}")).ok()
    }

    /// Keeps the compiled form for the next start.
    pub(super) fn keep(&self, component: &Component, digest: &str) {
        let Some(path) = self.path(digest) else { return };
        let kept = component.serialize().map_err(io::Error::other).and_then(|bytes| write(&path, &bytes));
        if let Err(error) = kept {
            tracing::debug!(?path, %error, "compiled plugin not kept");
        }
    }

    fn path(&self, digest: &str) -> Option<PathBuf> {
        let (directory, engine) = self.place.as_ref()?;
        Some(directory.join(format!("{digest}-{engine}.cwasm")))
    }
}

fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let directory = path.parent().unwrap_or(Path::new("."));
    let mut file = tempfile::NamedTempFile::new_in(directory)?;
    file.write_all(bytes)?;
    file.persist(path)?;
    Ok(())
}

/// Makes the directory if need be. Fails when somebody else owns it, for then its mode cannot be set.
fn make_private(directory: &Path) -> io::Result<()> {
    fs::create_dir_all(directory)?;
    fs::set_permissions(directory, fs::Permissions::from_mode(0o700))
}

fn engine_hash(engine: &Engine) -> String {
    let mut hasher = Stable(Sha256::new());
    engine.precompile_compatibility_hash().hash(&mut hasher);
    hex(&hasher.0.finalize()[..8])
}

pub(super) fn digest(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A hasher whose result is the same in each version of Rust.
struct Stable(Sha256);

impl Hasher for Stable {
    fn write(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    fn finish(&self) -> u64 {
        let hash = self.0.clone().finalize();
        hash[..8].iter().fold(0, |value, byte| (value << 8) | u64::from(*byte))
    }
}
