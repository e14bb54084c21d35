//! `campanile token create | list | revoke`.
//!
//! Without `--server` it works on the machine of the host, for who may read the database's folder: over HTTP with the
//! key that a running host leaves there, or on the database itself while none is running.

use super::client::Key;
use super::client::Server;
use super::client::encoded;
use super::say;
use crate::api::Tokens;
use crate::app;
use crate::config::Config;
use crate::model::Scope;
use crate::model::Scopes;
use crate::model::Timestamp;
use crate::model::TokenName;
use crate::store::InUse;
use crate::store::Options;
use crate::store::Store;
use anyhow::Context;
use anyhow::bail;
use clap::Args;
use clap::Subcommand;
use serde_json::Value;
use serde_json::json;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::SystemTime;
use std::time::UNIX_EPOCH;

/// Said with the first token.
const FIRST: &str = "it is the first: from now on everybody needs a token, on this machine too, except for reading where \
    [server] anonymous_read allows it; where [server] listen names another address than loopback, it is taken up when the \
    host is started again";

#[derive(Subcommand)]
pub(crate) enum Token {
    /// Make a token, and show it this once
    Create {
        /// What it is called, and who control calls are done by
        name: TokenName,
        /// What it allows: read, update, import, control, admin
        #[arg(long, required = true, value_delimiter = ',', value_name = "SCOPES")]
        scope: Vec<Scope>,
        #[command(flatten)]
        place: Place,
    },
    /// The tokens, and those that were revoked
    List {
        #[command(flatten)]
        place: Place,
    },
    /// Let a token open nothing from now on
    Revoke {
        name: TokenName,
        #[command(flatten)]
        place: Place,
    },
}

/// Whose tokens.
#[derive(Args)]
pub(crate) struct Place {
    /// The configuration of a host on this machine
    #[arg(long, short, value_name = "FILE", default_value = "campanile.toml", env = "CAMPANILE_CONFIG")]
    config: PathBuf,
    /// A host elsewhere, asked with a token that has the scope admin
    #[arg(long, value_name = "URL", env = "CAMPANILE_SERVER")]
    server: Option<String>,
    #[command(flatten)]
    key: Key,
}

/// How they are reached.
enum Reached {
    /// A running host.
    Host(Server),
    /// The database of a host that does not run.
    Database(Store, Tokens),
}

pub(super) async fn run(token: Token) -> anyhow::Result<ExitCode> {
    match token {
        Token::Create { name, scope, place } => {
            let scopes = Scopes::new(scope);
            let reached = place.reach().await?;
            let first = reached.list().await.is_ok_and(|tokens| tokens.is_empty());
            let made = reached.create(&name, &scopes).await;
            reached.leave().await;
            say!("{}", made?);
            eprintln!("this is the token {name} ({scopes}); it is kept nowhere and shown only this once");
            if first {
                eprintln!("{FIRST}");
            }
        }
        Token::List { place } => {
            let reached = place.reach().await?;
            let listed = reached.list().await;
            reached.leave().await;
            show(&listed?);
        }
        Token::Revoke { name, place } => {
            let reached = place.reach().await?;
            let revoked = reached.revoke(&name).await;
            reached.leave().await;
            revoked?;
            say!("the token {name} opens nothing any more");
        }
    }
    Ok(ExitCode::SUCCESS)
}

impl Place {
    async fn reach(self) -> anyhow::Result<Reached> {
        if let Some(server) = self.server {
            return Ok(Reached::Host(Server::new(server, self.key)));
        }
        let config = Config::load(&self.config)?;
        if !config.problems.is_empty() {
            bail!("the configuration has problems; `campanile check --config {}` tells them", self.config.display());
        }
        match Store::open(&Options::new(&config.store.path)) {
            Ok(store) => {
                let tokens = Tokens::load(store.clone(), None).await?;
                Ok(Reached::Database(store, tokens))
            }
            Err(error) if error.is::<InUse>() => {
                let key = app::read_local_key(&config.store.path)?;
                Ok(Reached::Host(Server::new(key.url, Key::of(key.token))))
            }
            Err(error) => Err(error),
        }
    }
}

impl Reached {
    async fn create(&self, name: &TokenName, scopes: &Scopes) -> anyhow::Result<String> {
        match self {
            Self::Host(server) => {
                let made = server.post("tokens", &json!({"name": name, "scopes": scopes})).await?;
                Ok(made["token"].as_str().context("the host's answer holds no token")?.to_owned())
            }
            Self::Database(_, tokens) => {
                Ok(tokens.create(name.clone(), scopes.clone(), now()).await?.reveal().to_owned())
            }
        }
    }

    async fn list(&self) -> anyhow::Result<Vec<Value>> {
        match self {
            Self::Host(server) => {
                let mut found = server.get("tokens", &[]).await?;
                serde_json::from_value(found["tokens"].take()).context("the host's answer holds no tokens")
            }
            Self::Database(_, tokens) => {
                let rows = tokens.list().await?.into_iter();
                let row = |row: crate::store::TokenRow| json!({"name": row.name, "scopes": row.scopes, "revoked_at": row.revoked_at});
                Ok(rows.map(row).collect())
            }
        }
    }

    async fn revoke(&self, name: &TokenName) -> anyhow::Result<()> {
        match self {
            Self::Host(server) => {
                server.delete(&format!("tokens/{}", encoded(name.as_str()))).await?;
                Ok(())
            }
            Self::Database(_, tokens) => Ok(tokens.revoke(name.clone(), now()).await?),
        }
    }

    async fn leave(self) {
        if let Self::Database(store, _) = self {
            store.close().await;
        }
    }
}

fn show(tokens: &[Value]) {
    say!("{:<24} {:<8} SCOPES", "NAME", "STATE");
    for token in tokens {
        let state = if token["revoked_at"].is_null() { "live" } else { "revoked" };
        let scopes: Vec<&str> = token["scopes"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        say!("{:<24} {state:<8} {}", token["name"].as_str().unwrap_or_default(), scopes.join(" "));
    }
}

fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp(i64::try_from(since.as_secs()).unwrap_or(i64::MAX))
}
