//! From an update that is on disk to its mail at the relay, at 200 builds a second.
//!
//! The moment of the commit is when the answer came to the client, which is a little late; so from the sending of the
//! update is told too, which is early by the commit. The mail's is its first line at the relay, `MAIL FROM`.

use crate::clients::Client;
use crate::clients::here;
use crate::host;
use crate::host::Host;
use crate::mix;
use crate::rounds::percentile;
use crate::table::Row;
use crate::table::seconds;
use campanile_sinks::ReceivedMail;
use campanile_sinks::SmtpOptions;
use campanile_sinks::SmtpSink;
use campanile_tests::finished_build;
use serde_json::Value;
use std::collections::HashMap;
use std::net::SocketAddr;
use std::time::Duration;
use std::time::Instant;
use tokio::runtime::Runtime;
use tokio::task::JoinSet;

const CLIENTS: u32 = 8;

/// When an update was sent, and when its answer came.
pub(crate) type Told = (Instant, Instant);

/// How many builds there are, and how many a second.
#[derive(Clone, Copy)]
pub(crate) struct Pace {
    pub(crate) builds: u32,
    pub(crate) rate: u32,
}

const PACE: Pace = Pace { builds: 2000, rate: 200 };

pub(crate) fn run(runtime: &Runtime) -> Vec<Row> {
    let sink = runtime.block_on(SmtpSink::start(SmtpOptions::default())).expect("a sink");
    let host = Host::start(runtime, &host::setup().mail("mails", sink.port(), "mode = \"all\""));
    let told = here(tell(host.address(), PACE));
    host.settled();
    let mails = sink.received();
    assert_eq!(mails.len(), PACE.builds as usize, "each build is a mail");
    let builds = builds(&host);
    let (mut answered, mut sent) = (Vec::new(), Vec::new());
    for mail in &mails {
        let (sending, answer) = told[&builds[&uid(mail)]];
        answered.push(mail.began.saturating_duration_since(answer).as_secs_f64());
        sent.push(mail.began.saturating_duration_since(sending).as_secs_f64());
    }
    host.stop();
    vec![
        Row::told("committed to the mail's first byte, p50, p99", p50_p99(&answered)),
        Row::told("update sent to the same, p50, p99", p50_p99(&sent)),
    ]
}

pub(crate) fn p50_p99(times: &[f64]) -> String {
    [0.5, 0.99].map(|part| seconds(percentile(times.to_vec(), part))).join(", ")
}

/// Tells of the builds, each at its time by the clock, whatever became of the one before.
pub(crate) async fn tell(address: SocketAddr, pace: Pace) -> HashMap<i64, Told> {
    tell_each(address, pace, |builder, _| finished_build(builder, 0)).await
}

/// The same of builds that differ: what tells of a build of this builder, by its number.
pub(crate) async fn tell_each(address: SocketAddr, pace: Pace, tells: fn(i64, usize) -> Value) -> HashMap<i64, Told> {
    let builder = mix::builder(&mut Client::connect(address).await).await;
    let started = Instant::now() + Duration::from_millis(50);
    let mut tasks = JoinSet::new();
    for place in 0..CLIENTS {
        tasks.spawn_local(async move {
            let mut client = Client::connect(address).await;
            let mut told = Vec::new();
            for number in (place..pace.builds).step_by(CLIENTS as usize) {
                let body = tells(builder, number as usize).to_string();
                tokio::time::sleep_until((started + Duration::from_secs(1) / pace.rate * number).into()).await;
                let sending = Instant::now();
                let answer: Vec<u8> = client.post("updates", &body).await.to_vec();
                let answered = Instant::now();
                let answer: Value = serde_json::from_slice(&answer).expect("JSON");
                told.push((answer["results"][1]["buildid"].as_i64().expect("an id"), (sending, answered)));
            }
            told
        });
    }
    let mut told = HashMap::new();
    while let Some(done) = tasks.join_next().await {
        told.extend(done.expect("a client"));
    }
    told
}

/// Which build a delivery is about, by the delivery's uid.
pub(crate) fn builds(host: &Host<'_>) -> HashMap<String, i64> {
    let sql = "SELECT uid, json_extract(body, '$.buildid') FROM deliveries JOIN events USING (seq)";
    let database = host.database();
    let mut select = database.prepare(sql).expect("a statement");
    let rows = select.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).expect("rows");
    rows.collect::<Result<_, _>>().expect("rows")
}

/// The delivery's uid is in the mail's Message-ID.
fn uid(mail: &ReceivedMail) -> String {
    let text = mail.text();
    let id = text.lines().find_map(|line| line.strip_prefix("Message-ID: <")).expect("a Message-ID");
    id.split_once('@').expect("a domain").0.to_owned()
}
