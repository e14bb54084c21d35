//! The folder of an sshd: its keys, the script that stands in for commands, and what it is told of them.

use super::keys::make_host_keys;
use super::keys::make_keys;
use super::said;
use anyhow::Context;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

/// Where sshd wants a folder to be when root starts it.
const SEPARATION: &str = "/run/sshd";

/// Makes words of the command and records them, then behaves. It is done in this order, so that who hears of the
/// command finds its words; and how it behaves is settled before, whatever who hears of it says then.
const SCRIPT: &str = r#"folder=$1
printf '%s' "$SSH_ORIGINAL_COMMAND" > "$folder/raw/$$"
eval "set -- $SSH_ORIGINAL_COMMAND"
if [ $# -gt 0 ]; then printf '%s\0' "$@" > "$folder/words/$$"; else : > "$folder/words/$$"; fi
behaviour=$(cat "$folder/behaviour")
echo "$$" >> "$folder/record"
echo "$$ $PPID" > "$folder/begun"
eval "$behaviour"
"#;

/// Makes all that it finds there.
pub(super) fn prepare(folder: &Path) -> anyhow::Result<()> {
    // It refuses to start without.
    if said(Command::new("/usr/bin/id").arg("-u"))? == "0" {
        fs::create_dir_all(SEPARATION).context("making the folder that sshd wants")?;
    }
    fs::set_permissions(folder, fs::Permissions::from_mode(0o755))?;
    fs::create_dir(folder.join("words"))?;
    fs::create_dir(folder.join("raw"))?;
    fs::write(folder.join("script"), SCRIPT)?;
    fs::write(folder.join("behaviour"), "")?;
    said(Command::new("/usr/bin/mkfifo").arg(folder.join("begun")))?;
    make_host_keys(folder)?;
    Ok(fs::write(folder.join("authorized_keys"), make_keys(folder)?)?)
}

/// What it is started with.
pub(super) fn options(folder: &Path, port: u16) -> Vec<String> {
    let path = |name: &str| folder.join(name).display().to_string();
    let mut options = vec![
        format!("Port={port}"),
        "ListenAddress=127.0.0.1".to_owned(),
        format!("AuthorizedKeysFile={}", path("authorized_keys")),
        // What the user's shell reads at its start is not ours to run.
        format!("SetEnv=HOME={}", folder.display()),
    ];
    options.extend(["ed25519", "ecdsa", "rsa"].map(|kind| format!("HostKey={}", path(&format!("host_{kind}")))));
    // The folder is in /tmp, which is anybody's.
    let fixed = [
        "StrictModes=no",
        "UsePAM=no",
        "PidFile=none",
        "PasswordAuthentication=no",
        "KbdInteractiveAuthentication=no",
        "PermitRootLogin=yes",
        "UseDNS=no",
        "MaxStartups=100",
        "LogLevel=VERBOSE",
        "PermitUserRC=no",
        "PrintMotd=no",
    ];
    options.extend(fixed.map(str::to_owned));
    options
}
