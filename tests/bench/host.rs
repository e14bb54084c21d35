//! A host in this process, without the watch that tests keep on its log.

use campanile::app;
use campanile::app::Running;
use campanile::model::ReporterName;
use campanile::model::Seq;
use campanile_tests::Setup;
use rusqlite::Connection;
use rusqlite::OpenFlags;
use std::net::SocketAddr;
use tokio::runtime::Runtime;

pub(crate) struct Host<'r> {
    runtime: &'r Runtime,
    setup: Setup,
    running: Running,
}

impl<'r> Host<'r> {
    pub(crate) fn start(runtime: &'r Runtime, setup: &Setup) -> Self {
        let config = setup.config().expect("the configuration is good");
        let running = runtime.block_on(app::start(config)).expect("the host starts");
        Self { runtime, setup: setup.clone(), running }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.running.address
    }

    /// Returns when every reporter has seen the newest event, and their deliveries are written.
    pub(crate) fn rendered(&self) {
        let last = Seq(self.number("SELECT max(seq) FROM events"));
        let mut moved = self.running.progress().bell();
        self.runtime.block_on(async {
            while !self.running.progress().reached(last) {
                moved.changed().await.expect("the host runs");
            }
        });
    }

    /// Calls of the reporter's plugin so far.
    pub(crate) fn calls(&self, reporter: &str) -> u64 {
        self.running.progress().reporters().get(&ReporterName(reporter.to_owned())).map_or(0, |way| way.calls)
    }

    /// Returns when nothing is owed.
    pub(crate) fn settled(&self) {
        self.runtime.block_on(self.running.settled());
    }

    /// A look into the database, from the side.
    pub(crate) fn database(&self) -> Connection {
        let path = self.setup.folder().join("campanile.db");
        Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY).expect("the database opens")
    }

    pub(crate) fn number(&self, sql: &str) -> i64 {
        self.database().query_row(sql, [], |row| row.get(0)).expect("a number")
    }

    pub(crate) fn stop(self) {
        self.runtime.block_on(self.running.stop()).expect("the host stops in order");
    }
}

/// The parts of a configuration that all hosts here share. What is under way when one stops is not waited for.
pub(crate) fn setup() -> Setup {
    Setup::default().toml(
        "[server]\nlisten = \"127.0.0.1:0\"\nurl = \"https://ci.example.org/\"\ntitle = \"Example CI\"\ndrain_ms = 100\n",
    )
}

/// A mail reporter that begins with the first event of the log.
pub(crate) fn mail_from_start(setup: Setup, name: &str, port: u16) -> Setup {
    setup.plugins(&["mail"]).allow(format!("127.0.0.1:{port}")).toml(&format!(
        "[[reporter]]\nname = \"{name}\"\nplugin = \"mail\"\nfrom = \"start\"\n[reporter.settings]\n\
         fromaddr = \"ci@example.org\"\nrelayhost = \"127.0.0.1\"\nsmtpPort = {port}\n\
         extraRecipients = [\"builds@example.org\"]\nsendToInterestedUsers = false\n"
    ))
}
