//! Folders and files that only their owner reads: what commands print is nobody else's business.
//!
//! The modes are said at the making, so that no umask opens them; a link in a file's place is not followed.

use anyhow::Context;
use anyhow::ensure;
use std::fs::DirBuilder;
use std::fs::File;
use std::fs::OpenOptions;
use std::os::fd::OwnedFd;
use std::os::unix::fs::DirBuilderExt;
use std::os::unix::fs::MetadataExt;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

const FOLDER_MODE: u32 = 0o700;

const FILE_MODE: u32 = 0o600;

/// Makes a folder, and those above it, where they are not there.
pub(super) fn folder(path: &Path) -> anyhow::Result<()> {
    let made = DirBuilder::new().recursive(true).mode(FOLDER_MODE).create(path);
    made.with_context(|| format!("making the folder {}", path.display()))
}

/// Makes a folder that is not there yet.
pub(super) fn new_folder(path: &Path) -> anyhow::Result<()> {
    let made = DirBuilder::new().mode(FOLDER_MODE).create(path);
    made.with_context(|| format!("making the folder {}", path.display()))
}

/// Makes a file that is not there yet.
pub(super) fn new_file(path: &Path) -> anyhow::Result<File> {
    open(OpenOptions::new().write(true).create_new(true), path)
}

/// Opens a file, or makes it.
pub(super) fn file(options: &mut OpenOptions, path: &Path) -> anyhow::Result<File> {
    open(options.create(true), path)
}

fn open(options: &mut OpenOptions, path: &Path) -> anyhow::Result<File> {
    let opened = options.mode(FILE_MODE).custom_flags(nix::libc::O_NOFOLLOW).open(path);
    opened.with_context(|| format!("opening {}", path.display()))
}

/// That a folder is ours: its owner could read and change all that is put there.
pub(super) fn is_ours(path: &Path) -> anyhow::Result<()> {
    let owner = std::fs::metadata(path).with_context(|| format!("looking at {}", path.display()))?.uid();
    // A pipe belongs to who makes it.
    let (pipe, _) = std::io::pipe().context("asking who we are")?;
    let us = File::from(OwnedFd::from(pipe)).metadata().context("asking who we are")?.uid();
    ensure!(owner == us, "{} belongs to another user: take a folder of your own", path.display());
    Ok(())
}
