//! `campanile delivery list | show | retry`.

use super::client::Server;
use super::say;
use clap::Subcommand;
use serde_json::Value;
use serde_json::json;
use std::process::ExitCode;

#[derive(Subcommand)]
pub(crate) enum Delivery {
    /// The newest deliveries
    List {
        #[command(flatten)]
        server: Server,
        /// Only those of this reporter
        #[arg(long, value_name = "NAME")]
        reporter: Option<String>,
        /// Only those in this state: ready, waiting, leased, unknown, delivered, superseded, skipped, expired, dead,
        /// cancelled
        #[arg(long)]
        state: Option<String>,
        /// At most so many
        #[arg(long, default_value_t = 20)]
        limit: u32,
    },
    /// One delivery: its message and each attempt
    Show {
        #[command(flatten)]
        server: Server,
        id: u64,
    },
    /// Send a delivery again that is dead, expired or cancelled
    Retry {
        #[command(flatten)]
        server: Server,
        id: u64,
    },
}

pub(super) async fn run(delivery: &Delivery) -> anyhow::Result<ExitCode> {
    match delivery {
        Delivery::List { server, reporter, state, limit } => {
            let mut query = vec![("limit", limit.to_string())];
            query.extend(reporter.iter().map(|name| ("reporter", name.clone())));
            query.extend(state.iter().map(|name| ("state", name.clone())));
            list(&server.get("deliveries", &query).await?);
        }
        Delivery::Show { server, id } => {
            let found = server.get(&format!("deliveries/{id}"), &[]).await?;
            say!("{}", serde_json::to_string_pretty(&found["deliveries"][0])?);
        }
        Delivery::Retry { server, id } => {
            server.control(&format!("deliveries/{id}"), "retry", &json!({})).await?;
            say!("delivery {id} is on its way again");
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn list(found: &Value) {
    let none = Vec::new();
    let deliveries = found["deliveries"].as_array().unwrap_or(&none);
    say!("{:>6}  {:<11} {:>5}  {:<16} {:<32} REASON", "ID", "STATE", "TRIES", "REPORTER", "DESTINATION");
    for delivery in deliveries {
        let text = |key: &str| delivery[key].as_str().unwrap_or_default();
        // JSON's numbers take no width.
        let number = |key: &str| delivery[key].to_string();
        let line = format!(
            "{:>6}  {:<11} {:>5}  {:<16} {:<32} {}",
            number("deliveryid"),
            text("state"),
            number("tries"),
            text("reporter"),
            text("destination"),
            text("reason")
        );
        say!("{}", line.trim_end());
    }
    say!("{} of {}", deliveries.len(), found["meta"]["total"]);
}
