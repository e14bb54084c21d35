//! A host that finds rows in its database which no update wrote: many of them, or of kinds that take many calls.

use crate::Setup;
use crate::TestHost;
use rusqlite::Connection;

impl Setup {
    /// Starts a host on a database in which `sql` was run before, as one transaction.
    pub async fn start_filled(self, sql: &str) -> TestHost {
        // The first host makes the tables.
        let setup = self.start().await.stop().await;
        setup.fill(sql);
        setup.start().await
    }

    /// Runs `sql` as one transaction, while no host is running.
    pub fn fill(&self, sql: &str) {
        let database = Connection::open(self.folder().join("campanile.db")).expect("the database opens");
        let sql = format!("PRAGMA foreign_keys = ON; BEGIN; {sql}; COMMIT;");
        database.execute_batch(&sql).expect("the database takes the rows");
    }
}
