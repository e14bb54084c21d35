//! Mails as Python's parser reads them: a second opinion on what we write.

use campanile_sinks::ReceivedMail;
use serde::Deserialize;
use std::path::Path;
use std::process::Command;

/// A mail, read.
#[derive(Debug, Deserialize)]
pub struct SecondOpinion {
    headers: Vec<(String, String)>,
    /// Such as `text/plain`.
    pub kind: String,
    pub body: String,
    /// Name, type and content of each.
    pub attachments: Vec<(String, String, String)>,
    defects: Vec<String>,
    longest: usize,
    bare: usize,
    nul: usize,
}

impl SecondOpinion {
    /// What is said of each mail. A defect of one fails the test: what the parser complains of, lines that are too long, line
    /// ends that are none, NUL, headers that stand there twice.
    pub fn of(mails: &[ReceivedMail]) -> Vec<Self> {
        let folder = tempfile::tempdir().expect("a folder");
        for (index, mail) in mails.iter().enumerate() {
            std::fs::write(folder.path().join(format!("{index:06}")), &mail.data).expect("a file is written");
        }
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("it/mail/second_opinion.py");
        let output = Command::new("python3").arg(script).arg(folder.path()).output().expect("python3 runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let opinions: Vec<Self> = serde_json::from_slice(&output.stdout).expect("JSON");
        assert_eq!(opinions.len(), mails.len());
        for opinion in &opinions {
            opinion.check();
        }
        opinions
    }

    fn check(&self) {
        assert!(self.defects.is_empty(), "{self:#?}");
        assert!(self.longest <= 998 && self.bare == 0 && self.nul == 0, "{self:#?}");
        let mut names: Vec<String> = self.headers.iter().map(|(name, _)| name.to_ascii_lowercase()).collect();
        names.sort_unstable();
        assert!(names.windows(2).all(|pair| pair[0] != pair[1]), "{names:?}");
        for name in ["message-id", "date", "from", "to", "subject", "mime-version", "auto-submitted", "list-id"] {
            assert!(names.iter().any(|one| one == name), "{name} is not in {names:?}");
        }
    }

    /// The header's value, decoded; empty if there is none.
    pub fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(one, _)| one.eq_ignore_ascii_case(name)).map_or("", |(_, value)| value)
    }
}
