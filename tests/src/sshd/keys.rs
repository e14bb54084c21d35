//! The keys of an sshd and of those who log in, as `ssh-keygen` makes them.

use super::said;
use std::fs;
use std::path::Path;
use std::process::Command;

/// A kind of key, and how `ssh-keygen` makes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key {
    Ed25519,
    Ecdsa,
    Rsa,
    /// RSA in the form of old files, PKCS#1.
    RsaPem,
    /// With a passphrase.
    Encrypted,
    /// One that the server does not know.
    Stranger,
}

impl Key {
    const ALL: [Self; 6] = [Self::Ed25519, Self::Ecdsa, Self::Rsa, Self::RsaPem, Self::Encrypted, Self::Stranger];

    pub(super) fn file(self) -> &'static str {
        match self {
            Self::Ed25519 => "id_ed25519",
            Self::Ecdsa => "id_ecdsa",
            Self::Rsa => "id_rsa",
            Self::RsaPem => "id_rsa_pem",
            Self::Encrypted => "id_encrypted",
            Self::Stranger => "id_stranger",
        }
    }

    fn options(self) -> &'static [&'static str] {
        match self {
            Self::Ed25519 | Self::Encrypted | Self::Stranger => &["-t", "ed25519"],
            Self::Ecdsa => &["-t", "ecdsa", "-b", "384"],
            Self::Rsa => &["-t", "rsa", "-b", "2048"],
            Self::RsaPem => &["-t", "rsa", "-b", "2048", "-m", "PEM"],
        }
    }
}

/// Makes one of each kind, and returns the public halves of those that the server knows.
pub(super) fn make_keys(folder: &Path) -> anyhow::Result<String> {
    let mut authorized = String::new();
    for key in Key::ALL {
        let passphrase = if key == Key::Encrypted { "open sesame" } else { "" };
        make_key(&folder.join(key.file()), key.options(), passphrase)?;
        if key != Key::Stranger {
            authorized += &fs::read_to_string(folder.join(key.file()).with_extension("pub"))?;
        }
    }
    Ok(authorized)
}

/// Makes the keys of the server, in place of those that it has.
pub(super) fn make_host_keys(folder: &Path) -> anyhow::Result<()> {
    for (kind, options) in [("ed25519", Key::Ed25519), ("ecdsa", Key::Ecdsa), ("rsa", Key::Rsa)] {
        make_key(&folder.join(format!("host_{kind}")), options.options(), "")?;
    }
    Ok(())
}

fn make_key(file: &Path, options: &[&str], passphrase: &str) -> anyhow::Result<()> {
    if file.exists() {
        fs::remove_file(file)?;
    }
    let mut command = Command::new("/usr/bin/ssh-keygen");
    said(command.args(options).args(["-q", "-N", passphrase, "-C", "", "-f"]).arg(file)).map(|_| ())
}
