//! Whether the far side is who it should be: host keys held against files of known hosts.
//!
//! The files are those of OpenSSH: names with `*`, `?` and `!`, `[host]:port` for any port but 22, hashed names, and
//! `@revoked`. Authorities (`@cert-authority`) are not supported: a host of which only such a line is known is refused,
//! with that reason.
//!
//! Invariants: a key that differs from a known one is never taken; a new one only where the operator asked for it, and
//! then it is on disk before anything is sent.

use hmac::Hmac;
use hmac::KeyInit;
use hmac::Mac;
use russh::Preferred;
use russh::keys::Algorithm;
use russh::keys::HashAlg;
use russh::keys::PublicKey;
use russh::keys::ssh_key::known_hosts::Entry;
use russh::keys::ssh_key::known_hosts::HostPatterns;
use russh::keys::ssh_key::known_hosts::Marker;
use sha1::Sha1;
use std::fs::File;
use std::fs::OpenOptions;
use std::io;
use std::io::Read;
use std::io::Seek;
use std::io::SeekFrom;
use std::io::Write;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::PoisonError;
use thiserror::Error;

/// The most of a file of known hosts that is read.
const MAX_FILE_BYTES: u64 = 4 * 1024 * 1024;

/// Which hosts are known.
#[derive(Clone, Debug, Default)]
pub struct KnownHosts {
    /// Files of the operator's, read each time and never written. One that is not there knows nobody.
    pub files: Vec<PathBuf>,
    /// The host's own file, with the keys that it learned.
    pub learned: Option<PathBuf>,
    pub new: NewHosts,
}

/// What becomes of a host that is not known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum NewHosts {
    #[default]
    Refused,
    /// The key that it shows first is believed, and kept.
    Learned,
}

#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub(super) enum HostError {
    #[error(
        "the host key of {host} is not known: {key}; if that is its key, add it to {file}, as `{scan} >> {file}` does, \
         or set accept_new = true under [ssh] of the configuration", scan = .host.scan()
    )]
    Unknown { host: HostName, key: String, file: String },
    #[error(
        "the host key of {host} has changed: it shows {key}, and {known} is known by {place}; somebody may stand in \
         between. If it was changed on purpose, take that line out and add the new key, as `{scan} >> {file}` does",
        scan = .host.scan(), file = .place.file
    )]
    Changed { host: HostName, key: String, known: String, place: Place },
    #[error("the host key of {host} is revoked by {place}: {key}; give the host another key")]
    Revoked { host: HostName, key: String, place: Place },
    #[error(
        "{host} is known by an authority only (@cert-authority, {place}), and certificates of hosts are not supported: add \
         its own key, as `{scan} >> {file}` does", scan = .host.scan(), file = .place.file
    )]
    Authority { host: HostName, place: Place },
    #[error("{0} begins with a marker and does not read; mend it or take it out")]
    Marked(Place),
    #[error("reading {file}: {why}")]
    Read { file: String, why: String },
    #[error("keeping the host key of {host} in {file}: {why}")]
    Keep { host: HostName, file: String, why: String },
}

/// Where something stands.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("line {line} of {file}")]
pub(super) struct Place {
    file: String,
    line: usize,
}

/// How a host is called in files of known hosts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct HostName {
    host: String,
    port: u16,
}

/// The files, and who writes the last of them.
#[derive(Debug)]
pub(super) struct Hosts {
    known: KnownHosts,
    /// Held while a key is looked for and kept, so that two connections never keep two keys.
    keeping: Mutex<()>,
}

/// A line that speaks of the host.
struct Line {
    place: Place,
    marker: Option<Marker>,
    key: PublicKey,
}

impl Hosts {
    pub(super) fn new(known: KnownHosts) -> Self {
        Self { known, keeping: Mutex::new(()) }
    }

    /// The kinds of keys to ask for, those by which the host is known first: it has several, and shows one.
    pub(super) fn kinds(&self, host: &HostName) -> Result<Vec<Algorithm>, HostError> {
        let files = self.read()?;
        let lines = lines(&files, host)?;
        // A key that is revoked, or an authority's, is none that the host is known by.
        let known = || lines.iter().filter(|line| line.marker.is_none());
        let is_known = |kind: &Algorithm| known().any(|line| same_kind(&line.key.algorithm(), kind));
        let mut kinds: Vec<Algorithm> = Preferred::DEFAULT
            .key
            .iter()
            .filter(|kind| !matches!(kind, Algorithm::Rsa { hash: None }))
            .cloned()
            .collect();
        kinds.sort_by_key(|kind| !is_known(kind));
        Ok(kinds)
    }

    /// Whether the host may go on with this key.
    pub(super) fn check(&self, host: &HostName, key: &PublicKey) -> Result<(), HostError> {
        let _keeping = self.keeping.lock().unwrap_or_else(PoisonError::into_inner);
        let files = self.read()?;
        let lines = lines(&files, host)?;
        let same = |line: &Line| line.key.key_data() == key.key_data();
        let host = host.clone();
        if let Some(line) = lines.iter().find(|line| line.marker == Some(Marker::Revoked) && same(line)) {
            return Err(HostError::Revoked { host, key: shown(key), place: line.place.clone() });
        }
        if lines.iter().any(|line| line.marker.is_none() && same(line)) {
            return Ok(());
        }
        if let Some(line) = lines.iter().find(|line| line.marker.is_none()) {
            let (key, known, place) = (shown(key), shown(&line.key), line.place.clone());
            return Err(HostError::Changed { host, key, known, place });
        }
        if let Some(line) = lines.iter().find(|line| line.marker == Some(Marker::CertAuthority)) {
            return Err(HostError::Authority { host, place: line.place.clone() });
        }
        match (self.known.new, &self.known.learned) {
            (NewHosts::Learned, Some(learned)) => {
                let wrong = |error: io::Error| (learned.display().to_string(), error.to_string());
                keep(learned, &host, key).map_err(wrong).map_err(|(file, why)| HostError::Keep { host, file, why })
            }
            (NewHosts::Refused, _) | (NewHosts::Learned, None) => {
                let file = self.known.files.first().or(self.known.learned.as_ref());
                let file = file.map_or_else(|| "known_hosts".to_owned(), |file| file.display().to_string());
                Err(HostError::Unknown { host, key: shown(key), file })
            }
        }
    }

    fn read(&self) -> Result<Vec<(&Path, String)>, HostError> {
        let all = self.known.files.iter().chain(&self.known.learned);
        all.filter_map(|path| read(path).map(|text| text.map(|text| (path.as_path(), text))).transpose()).collect()
    }
}

impl HostName {
    pub(super) fn new(host: &str, port: u16) -> Self {
        Self { host: host.to_owned(), port }
    }

    /// The command that asks the host for its keys.
    fn scan(&self) -> String {
        match self.port {
            22 => format!("ssh-keyscan {}", self.host),
            port => format!("ssh-keyscan -p {port} {}", self.host),
        }
    }

    fn is_among(&self, patterns: &HostPatterns) -> bool {
        let name = self.to_string();
        match patterns {
            HostPatterns::HashedName { salt, hash } => {
                Hmac::<Sha1>::new_from_slice(salt).is_ok_and(|hmac| hmac.chain_update(&name).verify_slice(hash).is_ok())
            }
            HostPatterns::Patterns(patterns) => {
                let name = name.to_ascii_lowercase();
                let is_like = |pattern: &str| like(&pattern.to_ascii_lowercase(), &name);
                let (not, yes): (Vec<&String>, Vec<&String>) = patterns.iter().partition(|p| p.starts_with('!'));
                yes.iter().any(|pattern| is_like(pattern)) && !not.iter().any(|pattern| is_like(&pattern[1..]))
            }
        }
    }
}

/// As files of known hosts have it.
impl std::fmt::Display for HostName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.port {
            22 => f.write_str(&self.host),
            port => write!(f, "[{}]:{port}", self.host),
        }
    }
}

/// The kind of a key and its fingerprint, as `ssh-keygen -l` shows it.
pub(super) fn shown(key: &PublicKey) -> String {
    format!("{} {}", key.algorithm(), key.fingerprint(HashAlg::Sha256))
}

fn read(path: &Path) -> Result<Option<String>, HostError> {
    let mut bytes = Vec::new();
    let read = File::open(path).and_then(|file| file.take(MAX_FILE_BYTES + 1).read_to_end(&mut bytes));
    let wrong = |why: String| HostError::Read { file: path.display().to_string(), why };
    match read {
        Ok(_) if bytes.len() as u64 > MAX_FILE_BYTES => Err(wrong("longer than 4 MiB".to_owned())),
        Ok(_) => Ok(Some(String::from_utf8_lossy(&bytes).into_owned())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(wrong(error.to_string())),
    }
}

/// What the files say of the host. Keys of kinds that nobody uses any more do not read and say nothing; but a marker
/// takes something back, so it has to read.
fn lines(files: &[(&Path, String)], host: &HostName) -> Result<Vec<Line>, HostError> {
    let mut found = Vec::new();
    for (file, text) in files {
        for (index, line) in text.lines().enumerate() {
            let line = line.split_whitespace().collect::<Vec<_>>().join(" ");
            // The parser takes a comment for the first of several names.
            if line.starts_with('#') {
                continue;
            }
            let place = || Place { file: file.display().to_string(), line: index + 1 };
            match line.parse::<Entry>() {
                Ok(entry) if host.is_among(entry.host_patterns()) => {
                    let (marker, key) = (entry.marker().copied(), entry.public_key().clone());
                    found.push(Line { place: place(), marker, key });
                }
                Err(_) if line.starts_with('@') => return Err(HostError::Marked(place())),
                Ok(_) | Err(_) => {}
            }
        }
    }
    Ok(found)
}

fn same_kind(one: &Algorithm, other: &Algorithm) -> bool {
    one == other || matches!((one, other), (Algorithm::Rsa { .. }, Algorithm::Rsa { .. }))
}

/// `*` stands for anything, `?` for one sign.
fn like(pattern: &str, name: &str) -> bool {
    let Some(first) = pattern.chars().next() else { return name.is_empty() };
    let rest = &pattern[first.len_utf8()..];
    match (first, name.chars().next()) {
        ('*', _) => (0..=name.len()).filter(|&at| name.is_char_boundary(at)).any(|at| like(rest, &name[at..])),
        (_, None) => false,
        (sign, Some(next)) => (sign == '?' || sign == next) && like(rest, &name[next.len_utf8()..]),
    }
}

/// Adds a line, which is on disk when this returns.
fn keep(path: &Path, host: &HostName, key: &PublicKey) -> io::Result<()> {
    let line = PublicKey::from(key.key_data().clone()).to_openssh().map_err(io::Error::other)?;
    let mut file = OpenOptions::new().read(true).append(true).create(true).open(path)?;
    let new_line = if ends_within_a_line(&mut file)? { "\n" } else { "" };
    file.write_all(format!("{new_line}{host} {}\n", line.trim()).as_bytes())?;
    file.sync_all()?;
    tracing::info!(%host, key = shown(key), file = %path.display(), "a host key is believed at first sight, and kept");
    Ok(())
}

/// Whether what is added would become a part of the last line, as after a write that was cut off.
fn ends_within_a_line(file: &mut File) -> io::Result<bool> {
    if file.seek(SeekFrom::End(0))? == 0 {
        return Ok(false);
    }
    let mut last = [0];
    file.seek(SeekFrom::End(-1))?;
    file.read_exact(&mut last)?;
    Ok(last != *b"\n")
}
