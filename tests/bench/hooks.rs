//! Change hooks a second: pushes of three commits to GitHub, signed, on 32 connections, each on disk when it is answered,
//! against axum that looks at the signature of the same bodies and nothing more.

use crate::clients::Client;
use crate::clients::here;
use crate::host;
use crate::host::Host;
use crate::rounds;
use crate::table::Goal;
use crate::table::Row;
use crate::table::per_second;
use axum::Router;
use axum::body::Bytes;
use axum::http::HeaderMap;
use axum::http::StatusCode;
use axum::routing::post;
use hmac::Hmac;
use hmac::KeyInit;
use hmac::Mac;
use serde_json::Value;
use serde_json::json;
use sha2::Sha256;
use std::net::SocketAddr;
use std::time::Duration;
use std::time::Instant;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio::task::JoinSet;

const CONNECTIONS: usize = 32;

const TIME: Duration = Duration::from_millis(1500);

const KEY: &str = "It's a Secret to Everybody";

const HEADER: &str = "x-hub-signature-256";

pub(crate) fn run(runtime: &Runtime) -> Vec<Row> {
    let hook = "[[change_hook]]\ndialect = \"github\"\nsecret = \"key\"\n";
    let setup = host::setup().plugins(&["github-hook"]).secret("key", KEY).toml(hook);
    let host = Host::start(runtime, &setup);
    let bare = runtime.block_on(bare());
    let body = push();
    let (figure, limit, ratio) = rounds::in_turns(|| load(host.address(), &body), || load(bare, &body));
    host.stop();
    let limit = (format!("axum, signature alone {}", per_second(limit)), ratio);
    let what = format!("github hooks, {} bytes, 3 changes, {CONNECTIONS} connections", body.len());
    vec![Row::new(&what, per_second(figure), limit, Goal::AtLeast(0.05))]
}

/// The same server as the host's, with a handler that only looks at the signature.
async fn bare() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let router = Router::new().route("/change_hook/github", post(signed));
    tokio::spawn(async move { axum::serve(listener, router).await });
    address
}

async fn signed(headers: HeaderMap, body: Bytes) -> (StatusCode, &'static str) {
    let given = headers.get(HEADER).map(|given| given.as_bytes());
    match given == Some(signature(&body).as_bytes()) {
        true => (StatusCode::ACCEPTED, "3 change found"),
        false => (StatusCode::UNAUTHORIZED, ""),
    }
}

fn signature(body: &[u8]) -> String {
    let mac = <Hmac<Sha256> as KeyInit>::new_from_slice(KEY.as_bytes()).expect("any key will do").chain_update(body);
    let digest: String = mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256={digest}")
}

/// Answered requests a second. Without the id of a delivery each is another push.
fn load(address: SocketAddr, body: &str) -> f64 {
    let head = format!(
        "POST /change_hook/github HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\nx-github-event: push\r\n\
         {HEADER}: {}\r\ncontent-length: {}\r\n\r\n",
        signature(body.as_bytes()),
        body.len()
    );
    let request = format!("{head}{body}");
    here(async {
        let mut clients = Vec::new();
        for _ in 0..CONNECTIONS {
            clients.push(Client::connect(address).await);
        }
        let (started, mut tasks) = (Instant::now(), JoinSet::new());
        for mut client in clients {
            let request = request.clone();
            tasks.spawn_local(async move {
                let mut requests = 0;
                while started.elapsed() < TIME {
                    assert_eq!(client.raw(&request).await, b"3 change found");
                    requests += 1;
                }
                requests
            });
        }
        let mut requests = 0;
        while let Some(done) = tasks.join_next().await {
            requests += done.expect("a client");
        }
        f64::from(requests) / started.elapsed().as_secs_f64()
    })
}

/// As GitHub sends it, with the repository and the sender that each payload has.
fn push() -> String {
    let commit = |id: u32| -> Value {
        let sha = format!("{id:040x}");
        json!({"id": sha, "tree_id": sha, "distinct": true, "message": format!("Oil the bells ({id})\n\nAll of them."),
            "timestamp": "2026-11-20T14:05:09+01:00", "url": format!("https://github.com/ada/belfry/commit/{sha}"),
            "author": {"name": "Ada", "email": "ada@example.org", "username": "ada"},
            "committer": {"name": "GitHub", "email": "noreply@github.com", "username": "web-flow"},
            "added": [], "removed": [], "modified": ["belfry/bells.py", "belfry/ropes.py"]})
    };
    let urls = [
        "forks",
        "keys",
        "teams",
        "hooks",
        "events",
        "branches",
        "tags",
        "blobs",
        "trees",
        "statuses",
        "languages",
        "stargazers",
        "contributors",
        "subscribers",
        "commits",
        "comments",
        "contents",
        "compare",
        "merges",
        "archive",
    ];
    let mut repository = json!({"id": 1, "node_id": "R_1", "name": "belfry", "full_name": "ada/belfry", "private": false,
        "html_url": "https://github.com/ada/belfry", "description": "Rings.", "default_branch": "main"});
    for name in urls {
        repository[format!("{name}_url")] = json!(format!("https://api.github.com/repos/ada/belfry/{name}{{/id}}"));
    }
    let user =
        json!({"login": "ada", "id": 1, "avatar_url": "https://avatars.githubusercontent.com/u/1?v=4", "type": "User"});
    json!({"ref": "refs/heads/main", "before": format!("{:040x}", 0xb0), "after": format!("{:040x}", 3), "repository": repository,
        "pusher": {"name": "ada", "email": "ada@example.org"}, "sender": user, "created": false, "deleted": false, "forced": false,
        "base_ref": null, "compare": "https://github.com/ada/belfry/compare/b0...c3",
        "commits": [commit(1), commit(2), commit(3)], "head_commit": commit(3)})
    .to_string()
}
