//! Being an engine: a master and a worker for one builder, with a form by which builds are asked for.
//!
//! The master is our own, by a name that nobody else has: what others have told of themselves stays theirs, and a claimed
//! request belongs to one, also when two workers on different machines bear one name.

use super::calls;
use super::host::Fate;
use super::host::Host;
use super::host::Trouble;
use serde_json::Value;
use serde_json::json;
use std::time::Duration;
use tokio::task::JoinHandle;

/// How often it says that it is there; who says nothing for ten minutes may be held for gone.
const HEARTBEAT: Duration = Duration::from_secs(60);

/// The longest name of a form, in characters.
const LONGEST_FORM: usize = 50;

/// Who follows a builder. Cheap to clone.
#[derive(Clone)]
pub(super) struct Engine {
    host: Host,
    /// The master's name.
    name: String,
    pub(super) builder_name: String,
    pub(super) worker_name: String,
    pub(super) builder: i64,
    pub(super) master: i64,
    pub(super) worker: i64,
}

/// Says that the engine is there, until it is dropped.
pub(super) struct Heartbeat(JoinHandle<()>);

impl Drop for Heartbeat {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Engine {
    /// Finds out what the host calls it. `own`: what nobody else is called.
    pub(super) async fn find(host: &Host, (builder, worker, own): (&str, &str, &str)) -> Result<Self, Trouble> {
        let name = format!("{}:{builder}:{own}", calls::master(worker));
        Ok(Self {
            host: host.clone(),
            master: id(&host.update("findMasterId", &json!({"name": name})).await?)?,
            builder: id(&host.update("findBuilderId", &json!({"name": builder})).await?)?,
            worker: id(&host.update("findWorkerId", &json!({"name": worker})).await?)?,
            name,
            builder_name: builder.to_owned(),
            worker_name: worker.to_owned(),
        })
    }

    /// Makes itself known. What was left behind under our name is cleared up: who left it is gone, since its spool is ours.
    pub(super) async fn register(&self) -> Result<(), Trouble> {
        let Self { name, master, .. } = self;
        self.host.update("masterStopped", &json!({"name": name, "masterid": master})).await?;
        self.appear().await
    }

    /// It is there, from now on.
    async fn appear(&self) -> Result<(), Trouble> {
        self.alive().await?;
        let info = json!({"version": env!("CARGO_PKG_VERSION")});
        let Self { worker, master, builder, .. } = self;
        let params = json!({"workerid": worker, "masterid": master, "builderids": [builder]});
        self.host.update("workerConfigured", &params).await?;
        let params = json!({"workerid": worker, "masterid": master, "workerinfo": info});
        self.host.update("workerConnected", &params).await?;
        tracing::debug!(worker = self.worker_name, "connected");
        Ok(())
    }

    /// It is still there. The form is told again: another engine for the builder may have ended, and with it its form.
    async fn alive(&self) -> Result<(), Trouble> {
        let Self { name, master, builder_name, .. } = self;
        self.host.update("masterActive", &json!({"name": name, "masterid": master})).await?;
        self.host.update("updateBuilderList", &json!({"masterid": master, "builderNames": [builder_name]})).await?;
        let forms = json!({"masterid": master, "forceschedulers": [form(builder_name)]});
        self.host.update("updateForceSchedulers", &forms).await?;
        Ok(())
    }

    pub(super) fn heartbeat(&self) -> Heartbeat {
        let engine = self.clone();
        Heartbeat(tokio::spawn(async move {
            loop {
                tokio::time::sleep(HEARTBEAT).await;
                // While the host is away it holds nobody for gone.
                if let Err(trouble) = engine.beat().await {
                    tracing::debug!(%trouble, "not said to be alive");
                }
            }
        }))
    }

    async fn beat(&self) -> Result<(), Trouble> {
        let found = self.host.get(&format!("masters/{}", self.master)).await?;
        // Somebody held us for gone: then the worker is gone as well.
        if found["masters"][0]["active"] == true { self.alive().await } else { self.appear().await }
    }

    /// It goes: the worker, the form and what is still claimed are free. Builds that wait to be told keep their requests.
    pub(super) async fn leave(&self, untold: Untold) -> Result<(), Trouble> {
        let Self { name, master, worker, .. } = self;
        self.host.update("workerDisconnected", &json!({"workerid": worker, "masterid": master})).await?;
        match untold {
            Untold::Nothing => {
                self.host.update("masterStopped", &json!({"name": name, "masterid": master})).await?;
            }
            Untold::Builds => {
                self.host.update("updateForceSchedulers", &json!({"masterid": master, "forceschedulers": []})).await?;
                self.host.update("updateBuilderList", &json!({"masterid": master, "builderNames": []})).await?;
            }
        }
        Ok(())
    }
}

/// What an engine that goes has not told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Untold {
    Nothing,
    /// They wait in its spool for its coming back.
    Builds,
}

fn id(answer: &Value) -> Result<i64, Trouble> {
    let odd = || Trouble::Away { why: format!("the host answers {answer}, which is no id"), fate: Fate::Unknown };
    answer.as_i64().ok_or_else(odd)
}

/// The form by which builds of the builder are asked for, with the fields that Buildbot's has.
fn form(builder: &str) -> Value {
    let plain = |c: char| if c.is_ascii_alphanumeric() || "-_.".contains(c) { c } else { '_' };
    let name: String = "force-".chars().chain(builder.chars().map(plain)).take(LONGEST_FORM).collect();
    let field =
        |name: &str, kind: &str, label: &str| json!({"name": name, "fullName": name, "type": kind, "label": label});
    let sources = ["branch", "revision", "repository", "project"].map(|name| field(name, "text", name));
    json!({
        "name": name,
        "button_name": "force",
        "label": format!("Force a build of {builder}"),
        "builder_names": [builder],
        "all_fields": [
            field("username", "username", "your name"),
            field("reason", "text", "reason"),
            field("priority", "int", "priority"),
            {"name": "", "fullName": "", "type": "nested", "codebase": "", "fields": sources},
        ],
    })
}
