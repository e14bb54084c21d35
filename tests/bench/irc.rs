//! The bundled chat bot: how long a command takes to its answer, against a client that answers by itself on the same
//! server; and notices to 1,000 channels a second, from the update calls of the builds to the lines on the wire, against
//! ready-made lines that are written to the same server. The budget of lines is off.

use crate::host;
use crate::host::Host;
use crate::irc_sink::IrcSink;
use crate::rounds;
use crate::rounds::percentile;
use crate::table::Goal;
use crate::table::Row;
use crate::table::per_second;
use crate::table::seconds;
use campanile_tests::Setup;
use campanile_tests::finished_build;
use serde_json::Value;
use serde_json::json;
use std::time::Instant;
use tokio::io::AsyncBufReadExt;
use tokio::io::AsyncWriteExt;
use tokio::io::BufReader;
use tokio::net::TcpStream;
use tokio::runtime::Runtime;

const CHANNELS: usize = 1000;

/// Each is told of in all channels.
const BUILDS: usize = 4;

const COMMANDS: usize = 1000;

pub(crate) fn run(runtime: &Runtime) -> Vec<Row> {
    answers(runtime).into_iter().chain([notices(runtime)]).collect()
}

fn answers(runtime: &Runtime) -> Vec<Row> {
    let mut sink = runtime.block_on(IrcSink::start());
    let host = Host::start(runtime, &talking(&sink, 1));
    runtime.block_on(sink.entered(1));
    let figure = runtime.block_on(asked(&mut sink));
    host.settled();
    host.stop();
    let mut sink = runtime.block_on(IrcSink::start());
    let bare = runtime.spawn(bare(sink.port));
    let limit = runtime.block_on(async {
        sink.entered(1).await;
        asked(&mut sink).await
    });
    bare.abort();
    let row = |what: &str, part: f64| {
        let (figure, limit) = (percentile(figure.clone(), part), percentile(limit.clone(), part));
        let told = (format!("a client that answers by itself {}", seconds(limit)), figure / limit);
        Row::new(&format!("chat command to its answer, {what}"), seconds(figure), told, Goal::None)
    };
    vec![row("p50", 0.5), row("p99", 0.99)]
}

async fn asked(sink: &mut IrcSink) -> Vec<f64> {
    let mut times = Vec::with_capacity(COMMANDS);
    for _ in 0..COMMANDS {
        times.push(sink.ask().await);
    }
    times
}

/// What any bot has to do: read a line, write a line.
async fn bare(port: u16) {
    let mut stream = connected(port, "#c0").await;
    let (reader, mut writer) = stream.split();
    let mut lines = BufReader::new(reader).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        if line.contains(" PRIVMSG ") {
            writer.write_all(b"PRIVMSG ada :Hello, ada!\r\n").await.expect("the server runs");
        }
    }
}

async fn connected(port: u16, channels: &str) -> TcpStream {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).await.expect("a connection");
    stream.set_nodelay(true).expect("a socket");
    let login = format!("NICK bot\r\nUSER bot 0 * :bot\r\nJOIN {channels}\r\n");
    stream.write_all(login.as_bytes()).await.expect("the server runs");
    stream
}

fn notices(runtime: &Runtime) -> Row {
    let sink = runtime.block_on(IrcSink::start());
    let figure = || told(runtime, &sink);
    let (figure, limit, ratio) = rounds::in_turns(figure, || runtime.block_on(ready_made(&sink)));
    let limit = (format!("ready-made lines {}", per_second(limit)), ratio);
    Row::new("notices to 1,000 channels, builds to lines", per_second(figure), limit, Goal::None)
}

fn told(runtime: &Runtime, sink: &IrcSink) -> f64 {
    let host = Host::start(runtime, &talking(sink, CHANNELS));
    runtime.block_on(sink.entered(CHANNELS));
    let before = sink.count();
    let started = Instant::now();
    runtime.block_on(async {
        let client = reqwest::Client::builder().no_proxy().build().expect("a client");
        let url = format!("http://{}/api/v2/updates", host.address());
        let post = async |path: &str, body: &Value| -> Value {
            let request = client.post(format!("{url}{path}")).header("content-type", "application/json");
            let answer = request.body(body.to_string()).send().await.expect("an answer");
            serde_json::from_str(&answer.text().await.expect("a text")).expect("JSON")
        };
        let builder = post("/findBuilderId", &json!({"name": "linux"})).await["result"].as_i64().expect("an id");
        for _ in 0..BUILDS {
            post("", &finished_build(builder, 0)).await;
        }
        sink.until(before + BUILDS * CHANNELS).await;
    });
    let rate = (BUILDS * CHANNELS) as f64 / started.elapsed().as_secs_f64();
    host.settled();
    host.stop();
    rate
}

async fn ready_made(sink: &IrcSink) -> f64 {
    let mut stream = connected(sink.port, "#c0").await;
    sink.entered(1).await;
    let (before, started) = (sink.count(), Instant::now());
    for _ in 0..BUILDS {
        for channel in 0..CHANNELS {
            let line = format!("NOTICE #c{channel} :build 1 finished\r\n");
            stream.write_all(line.as_bytes()).await.expect("the server runs");
        }
    }
    sink.until(before + BUILDS * CHANNELS).await;
    (BUILDS * CHANNELS) as f64 / started.elapsed().as_secs_f64()
}

/// Buildbot's bot as it is bundled, in so many channels, each of which is told of each build.
fn talking(sink: &IrcSink, channels: usize) -> Setup {
    let names: Vec<String> = (0..channels).map(|number| format!("#c{number}")).collect();
    let settings = format!(
        "host = \"127.0.0.1\"\nport = {}\nnick = \"bot\"\nchannels = {names:?}\nnotify_events = [\"finished\"]\n\
         noticeOnChannel = true\nfloodSeconds = 0\n",
        sink.port
    );
    let setup = host::setup().plugins(&["irc"]).allow(format!("127.0.0.1:{}", sink.port));
    setup.reporter("chat", "irc", &settings)
}
