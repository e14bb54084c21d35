//! Where the command line keeps compiled plugins, so that a second run of the same one begins at once.

use std::env;
use std::fs;
use std::path::Path;
use std::path::PathBuf;
use std::time::SystemTime;

/// Compiled plugins that are kept. One of Python has 35 MB, and each build makes another one.
const KEPT: usize = 8;

/// The folder in the user's own cache, tidied up; none where there is no such place.
pub(super) fn folder() -> Option<PathBuf> {
    let caches = env::var_os("XDG_CACHE_HOME").map(PathBuf::from).filter(|folder| folder.is_absolute());
    let caches = caches.or_else(|| Some(PathBuf::from(env::var_os("HOME")?).join(".cache")))?;
    let folder = caches.join("campanile/plugins");
    tidy(&folder);
    Some(folder)
}

/// Removes all but the newest. What cannot be removed stays; what another run still needs, it compiles again.
fn tidy(folder: &Path) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    let file = |entry: fs::DirEntry| Some((entry.metadata().ok()?.modified().ok()?, entry.path()));
    let compiled = |path: &Path| path.extension().is_some_and(|extension| extension == "cwasm");
    let mut files: Vec<(SystemTime, PathBuf)> = entries.flatten().filter_map(file).collect();
    files.retain(|(_, path)| compiled(path));
    files.sort();
    files.iter().rev().skip(KEPT).for_each(|(_, path)| drop(fs::remove_file(path)));
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn the_newest_are_kept() {
        let folder = tempfile::tempdir().unwrap();
        for number in 0..12 {
            let file = fs::File::create(folder.path().join(format!("{number}.cwasm"))).unwrap();
            file.set_modified(SystemTime::UNIX_EPOCH + Duration::from_secs(number)).unwrap();
        }
        fs::write(folder.path().join("notes"), "").unwrap();
        tidy(folder.path());
        let left = |name: &str| folder.path().join(name).exists();
        assert!(left("notes") && left("11.cwasm") && left("4.cwasm") && !left("3.cwasm") && !left("0.cwasm"));
    }
}
