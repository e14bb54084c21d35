//! Compiled components on disk, so that a start costs no compilation.
//!
//! A file's name says what it was made from and for: the component's digest, and the engine's compatibility hash
//! (which covers wasmtime's version, its settings and the machine's features). Anything that goes wrong is a miss.
//!
//! Invariant: a file is never written in place, since a running host has it mapped; a new one takes its name, when
//! all of it is on the disk: what stands under such a name is executed.

use sha2::Digest;
use sha2::Sha256;
use std::collections::BTreeSet;
use std::fs;
use std::fs::DirEntry;
use std::fs::File;
use std::hash::Hash;
use std::hash::Hasher;
use std::io;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::path::PathBuf;
use std::time::Duration;
use std::time::SystemTime;
use wasmtime::Engine;
use wasmtime::component::Component;

/// What no plugin needs now is kept for so long, for whoever goes back to an older version of one.
const KEPT: Duration = Duration::from_secs(30 * 24 * 60 * 60);

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
        // directory (`make_private`), files get their names when they are complete and synced (`keep`), so that
        // no crash leaves half of one, and wasmtime refuses those of another version or of other settings.
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

    /// Removes what another engine compiled, and what is old and of none of these digests.
    pub(super) fn prune<'d>(&self, loaded: impl Iterator<Item = &'d str>) {
        let Some((directory, engine)) = &self.place else { return };
        let Ok(entries) = fs::read_dir(directory) else { return };
        let (loaded, now): (BTreeSet<&str>, _) = (loaded.collect(), SystemTime::now());
        for entry in entries.flatten() {
            let name = entry.file_name();
            let Some((digest, made_by)) = name.to_str().and_then(parts) else { continue };
            let wanted = made_by == engine && (loaded.contains(digest) || !is_old(&entry, now));
            if !wanted && let Err(error) = fs::remove_file(entry.path()) {
                tracing::debug!(?name, %error, "old compiled plugin not removed");
            }
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
    file.as_file().sync_all()?;
    file.persist(path)?;
    File::open(directory)?.sync_all()
}

fn is_old(entry: &DirEntry, now: SystemTime) -> bool {
    let modified = entry.metadata().and_then(|metadata| metadata.modified());
    modified.is_ok_and(|modified| now.duration_since(modified).is_ok_and(|age| age > KEPT))
}

/// The digest and the engine that a name of ours is made of; nothing for the names of others.
fn parts(name: &str) -> Option<(&str, &str)> {
    let is_hex = |text: &str, length| text.len() == length && text.bytes().all(|b| b.is_ascii_hexdigit());
    let (digest, engine) = name.strip_suffix(".cwasm")?.split_once('-')?;
    (is_hex(digest, 64) && is_hex(engine, 16)).then_some((digest, engine))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_wants_is_removed() {
        let directory = tempfile::tempdir().unwrap();
        let cache = Cache { place: Some((directory.path().to_owned(), "ab".repeat(8))) };
        let (loaded, gone, days) =
            ("1".repeat(64), "2".repeat(64), |days: u64| Duration::from_secs(days * 24 * 60 * 60));
        let (this, other) = ("ab".repeat(8), "cd".repeat(8));
        let files = [
            (format!("{loaded}-{this}.cwasm"), days(90), true),
            (format!("{gone}-{this}.cwasm"), days(31), false),
            (format!("{gone}1-{this}.cwasm"), days(31), true),
            (format!("{}-{this}.cwasm", "3".repeat(64)), days(29), true),
            (format!("{loaded}-{other}.cwasm"), days(0), false),
            (format!("{gone}-{this}.wasm"), days(90), true),
            ("notes.cwasm".to_owned(), days(90), true),
        ];
        for (name, age, _) in &files {
            let file = File::create(directory.path().join(name)).unwrap();
            file.set_modified(SystemTime::now() - *age).unwrap();
        }
        cache.prune([loaded.as_str()].into_iter());
        for (name, _, stays) in &files {
            assert_eq!(directory.path().join(name).exists(), *stays, "{name}");
        }
    }
}
