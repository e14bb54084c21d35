//! A running host, and what a test does with it.

use crate::Setup;
use crate::journal;
use campanile::app::Running;
use campanile::model::Seq;
use reqwest::Client;
use reqwest::StatusCode;
use rusqlite::Connection;
use rusqlite::OpenFlags;
use serde_json::Value;
use std::time::Duration;
use tokio::sync::watch;

/// A host that does not settle within this time fails its test.
const PATIENCE: Duration = Duration::from_secs(60);

/// A host in this process. When it is dropped, a delivery that is not settled and an error that was logged fail the test.
pub struct TestHost {
    pub setup: Setup,
    pub url: String,
    pub client: Client,
    running: Option<Running>,
    expected: Vec<String>,
    may_owe: bool,
}

impl TestHost {
    pub(crate) fn new(setup: Setup, running: Running) -> Self {
        let client = Client::builder().no_proxy().build().expect("an HTTP client");
        let url = format!("http://{}", running.address);
        Self { setup, url, client, running: Some(running), expected: Vec::new(), may_owe: false }
    }

    fn running(&self) -> &Running {
        self.running.as_ref().expect("the host runs")
    }

    /// An error with this in it may be logged.
    pub fn expect_error(&mut self, part: &str) {
        self.expected.push(part.to_owned());
    }

    /// Deliveries may be left over.
    pub fn may_owe(&mut self) {
        self.may_owe = true;
    }

    /// One update call: its status and its answer.
    pub async fn try_update(&self, method: &str, params: Value) -> (StatusCode, Value) {
        self.post(&format!("updates/{method}"), &params).await
    }

    /// The result of an update call that is taken.
    pub async fn update(&self, method: &str, params: Value) -> Value {
        let (status, mut body) = self.try_update(method, params).await;
        assert_eq!(status, StatusCode::OK, "{method}: {body}");
        body["result"].take()
    }

    pub async fn post(&self, path: &str, body: &Value) -> (StatusCode, Value) {
        let request = self.client.post(format!("{}/api/v2/{path}", self.url)).body(body.to_string());
        answer(request.header("content-type", "application/json").send().await).await
    }

    pub async fn try_get(&self, path: &str) -> (StatusCode, Value) {
        answer(self.client.get(format!("{}/api/v2/{path}", self.url)).send().await).await
    }

    pub async fn get(&self, path: &str) -> Value {
        let (status, body) = self.try_get(path).await;
        assert_eq!(status, StatusCode::OK, "{path}: {body}");
        body
    }

    /// All deliveries, the oldest first, with attempts and message.
    pub async fn deliveries(&self) -> Vec<Value> {
        let listed = self.get("deliveries?limit=1000").await;
        let mut deliveries = Vec::new();
        for listed in listed["deliveries"].as_array().expect("a list").iter().rev() {
            let mut found = self.get(&format!("deliveries/{}", listed["deliveryid"])).await;
            deliveries.push(found["deliveries"][0].take());
        }
        deliveries
    }

    /// Returns when every reporter has seen everything and nothing is owed.
    pub async fn settle(&self) {
        if tokio::time::timeout(PATIENCE, self.running().settled()).await.is_err() {
            panic!("not settled after {PATIENCE:?}: {}", self.get("health").await);
        }
    }

    /// Returns when every reporter has seen everything; what they owe may still be on its way.
    pub async fn rendered(&self) {
        let mut moved = self.running().progress().bell();
        let last = |health: Value| health["events"].as_i64().expect("a position");
        while !self.running().progress().reached(Seq(last(self.get("health").await))) {
            let rung = tokio::time::timeout(PATIENCE, moved.changed()).await;
            rung.expect("the reporters come on").expect("the bell hangs");
        }
    }

    /// Returns when so many clients listen to live events.
    pub async fn listened(&self, count: usize) {
        let mut listeners = self.running().listeners();
        let reached = tokio::time::timeout(PATIENCE, listeners.wait_for(|listeners| *listeners == count)).await;
        assert!(reached.is_ok(), "{} listen, not {count}", *self.running().listeners().borrow());
    }

    /// Returns when something is told after what `bell` has seen.
    pub async fn told(&self, bell: &mut watch::Receiver<Seq>) {
        let rung = tokio::time::timeout(PATIENCE, bell.changed()).await;
        rung.expect("something is told").expect("the bell hangs");
    }

    /// Rings at each event from now on.
    pub fn bell(&self) -> watch::Receiver<Seq> {
        self.running().committed()
    }

    /// Returns when a reporter is in trouble.
    pub async fn troubled(&self) {
        let mut moved = self.running().progress().bell();
        while self.running().progress().reporters().values().all(|progress| progress.trouble.is_none()) {
            let rung = tokio::time::timeout(PATIENCE, moved.changed()).await;
            rung.expect("trouble comes").expect("the bell hangs");
        }
    }

    /// Returns how the first chat connection of the first reporter stands, as soon as it is what is wanted.
    pub async fn chat(&self, wanted: impl Fn(&Value) -> bool) -> Value {
        let mut moved = self.running().progress().bell();
        let end = tokio::time::Instant::now() + PATIENCE;
        loop {
            let state = self.get("reporters").await["reporters"][0]["connections"][0].take();
            if wanted(&state) {
                return state;
            }
            let rung = tokio::time::timeout_at(end, moved.changed()).await;
            assert!(rung.is_ok(), "the chat connection stays {state}");
        }
    }

    /// Returns when so many deliveries are claimed for an attempt.
    pub async fn claimed(&self, count: usize) {
        let mut moved = self.running().progress().bell();
        while self.leased() != count {
            let rung = tokio::time::timeout(PATIENCE, moved.changed()).await;
            assert!(rung.is_ok(), "{} deliveries are claimed, not {count}", self.leased());
        }
    }

    /// Returns when so many attempts of a delivery have ended.
    pub async fn attempted(&self, delivery: i64, count: usize) {
        let mut moved = self.running().progress().bell();
        let ended = || -> usize {
            let ended = "SELECT count(*) FROM attempts WHERE deliveryid = ? AND ended_at IS NOT NULL";
            self.database().query_row(ended, [delivery], |row| row.get(0)).expect("a count")
        };
        while ended() < count {
            let rung = tokio::time::timeout(PATIENCE, moved.changed()).await;
            assert!(rung.is_ok(), "{} attempts have ended, not {count}", ended());
        }
    }

    /// Returns when a reporter remembers nothing under keys that begin so.
    pub async fn forgotten(&self, reporter: &str, prefix: &str) {
        let mut moved = self.running().progress().bell();
        let kept = || -> usize {
            let kept = "SELECT count(*) FROM reporter_state WHERE reporter = ?1 AND substr(key, 1, length(?2)) = ?2";
            self.database().query_row(kept, [reporter, prefix], |row| row.get(0)).expect("a count")
        };
        while kept() > 0 {
            let rung = tokio::time::timeout(PATIENCE, moved.changed()).await;
            assert!(rung.is_ok(), "{reporter} remembers {} of {prefix:?}", kept());
        }
    }

    /// Stops in order, and leaves the set-up for the next host.
    pub async fn stop(mut self) -> Setup {
        self.running.take().expect("the host runs").stop().await.expect("the host stops in order");
        self.setup.clone()
    }

    /// A look into the database, from the side.
    pub fn database(&self) -> Connection {
        let path = self.setup.folder().join("campanile.db");
        Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY).expect("the database opens")
    }

    fn leased(&self) -> usize {
        let leased = "SELECT count(*) FROM deliveries WHERE state = 'leased'";
        self.database().query_row(leased, [], |row| row.get(0)).expect("a count")
    }

    fn owed(&self) -> i64 {
        let owed = "SELECT count(*) FROM deliveries WHERE state IN ('ready', 'waiting', 'leased', 'unknown')";
        self.database().query_row(owed, [], |row| row.get(0)).expect("a count")
    }
}

async fn answer(answer: reqwest::Result<reqwest::Response>) -> (StatusCode, Value) {
    let answer = answer.expect("the host answers");
    let status = answer.status();
    let text = answer.text().await.expect("the answer is whole");
    (status, serde_json::from_str(&text).unwrap_or_else(|_| panic!("{status}: no JSON: {text}")))
}

impl Drop for TestHost {
    fn drop(&mut self) {
        if std::thread::panicking() {
            return;
        }
        let errors = journal::unexpected(&self.expected);
        assert!(errors.is_empty(), "errors were logged: {errors:#?}");
        if !self.may_owe {
            assert_eq!(self.owed(), 0, "deliveries are not settled");
        }
    }
}
