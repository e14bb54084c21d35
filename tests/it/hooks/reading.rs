//! What dialects want to read: within their grants, a time, a size, and some of them at once.

use super::*;
use axum::Router;
use axum::extract::State;
use axum::routing::get;
use campanile_sinks::Answer;
use campanile_sinks::HttpFault;
use campanile_sinks::HttpSink;
use campanile_tests::logged;
use futures_util::future::join_all;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::sync::watch;

#[tokio::test]
async fn what_a_plugin_may_read_is_what_its_settings_grant() {
    let sink = HttpSink::start(None).await.expect("a server");
    sink.answer(Answer::default().body(vec![b'x'; 2_000_000]));
    let url = format!("settings = {{url = \"http://127.0.0.1:{}/here\"}}", sink.port());
    let host = misbehaving(&url).allow(format!("127.0.0.1:{}", sink.port())).start().await;
    assert_eq!(post(&host, "bad?do=fetch", &[], "").await, found("1"));
    assert_eq!(changes(&host).await[0]["comments"], "Some(200) None 2000000");
    assert!(logged().contains("http-origin http://127.0.0.1:9 is not granted"), "{}", logged());
    // What is closed to all is closed to hooks: the guard looks at each address.
    let closed = misbehaving(&url).start().await;
    assert_eq!(post(&closed, "bad?do=fetch", &[], "").await, found("1"));
    assert_eq!(changes(&closed).await[0]["comments"], "None None 0");
    assert_eq!(sink.count(), 1);
}

#[tokio::test]
async fn a_plugin_that_reads_for_ever_is_stopped() {
    let sink = HttpSink::start(None).await.expect("a server");
    let url = format!("settings = {{url = \"http://127.0.0.1:{}/\"}}", sink.port());
    let host = misbehaving(&url).allow(format!("127.0.0.1:{}", sink.port())).start().await;
    assert_eq!(post(&host, "bad?do=deeper", &[], "").await.0, 500);
    assert_eq!((sink.count(), changes(&host).await.len()), (2, 0));
    assert!(logged().contains("a change hook wants to read more than 2 times"), "{}", logged());
}

#[tokio::test]
async fn a_plugin_that_asks_again_for_what_it_was_told_is_stopped() {
    let sink = HttpSink::start(None).await.expect("a server");
    let url = format!("settings = {{url = \"http://127.0.0.1:{}/\"}}", sink.port());
    let host = misbehaving(&url).allow(format!("127.0.0.1:{}", sink.port())).start().await;
    assert_eq!(post(&host, "bad?do=ever", &[], "").await.0, 500);
    assert_eq!((sink.count(), changes(&host).await.len()), (1, 0));
    assert!(logged().contains("a change hook asks again for what it was told"), "{}", logged());
}

#[tokio::test]
async fn an_answer_that_does_not_end_is_not_waited_for() {
    let sink = HttpSink::start(None).await.expect("a server");
    sink.answer(Answer::default().body("x").fault(HttpFault::Endless));
    let url = format!("settings = {{url = \"http://127.0.0.1:{}/\"}}", sink.port());
    let host = misbehaving(&url).allow(format!("127.0.0.1:{}", sink.port())).start().await;
    assert_eq!(post(&host, "bad?do=fetch", &[], "").await, found("1"));
    assert_eq!(changes(&host).await[0]["comments"], "None None 0");
}

#[tokio::test]
async fn all_that_a_request_asks_for_shares_one_time() {
    let sink = HttpSink::start(None).await.expect("a server");
    sink.answer_always(Answer::default().body("x").fault(HttpFault::Endless));
    let url = format!("settings = {{url = \"http://127.0.0.1:{}/\"}}", sink.port());
    let host = misbehaving(&url).allow(format!("127.0.0.1:{}", sink.port())).start().await;
    assert_eq!(post(&host, "bad?do=deeper", &[], "").await.0, 500);
    // What is asked for when the time is over is not even begun.
    assert_eq!(sink.count(), 1);
}

#[tokio::test]
async fn what_is_too_much_altogether_is_left_out_and_the_log_says_so() {
    let sink = HttpSink::start(None).await.expect("a server");
    sink.answer_always(Answer::default().body(vec![b'x'; 4_000_000]));
    let url = format!("settings = {{url = \"http://127.0.0.1:{}/\"}}", sink.port());
    let host = misbehaving(&url).allow(format!("127.0.0.1:{}", sink.port())).start().await;
    assert_eq!(post(&host, "bad?do=much", &[], "").await, found("1"));
    assert_eq!(changes(&host).await[0]["comments"], "4000000 4000000 4000000 0");
    assert!(logged().contains("all that one request asks for has more than 12582912 bytes"), "{}", logged());
}

/// No test takes so long, however slow the machine is.
const FOREVER: Duration = Duration::from_secs(3600);

/// A server that answers nobody until it is told to.
#[derive(Clone)]
struct Reluctant {
    port: u16,
    arrived: watch::Sender<usize>,
    answers: Arc<Semaphore>,
}

impl Reluctant {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let server = Self { port, arrived: watch::Sender::new(0), answers: Arc::new(Semaphore::new(0)) };
        let router = Router::new().fallback(get(Self::answer)).with_state(server.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        server
    }

    async fn answer(State(server): State<Self>) -> &'static str {
        server.arrived.send_modify(|arrived| *arrived += 1);
        server.answers.acquire().await.expect("it is open").forget();
        "here"
    }
}

#[tokio::test]
async fn of_one_dialect_a_few_requests_are_looked_into_at_once_and_others_go_on() {
    let server = Reluctant::start().await;
    let url = format!("settings = {{url = \"http://127.0.0.1:{}/\"}}", server.port);
    let base = "[[change_hook]]\ndialect = \"base\"\n";
    let setup = misbehaving(&url).plugins(&["base-hook"]).toml(base).allow(format!("127.0.0.1:{}", server.port));
    let host = setup.tuned(|tuning| tuning.hook_reading = FOREVER).start().await;
    let asking = join_all((0..7).map(|_| post(&host, "bad?do=fetch", &[], "")));
    let watching = async {
        server.arrived.subscribe().wait_for(|arrived| *arrived >= 4).await.expect("they arrive");
        for _ in 0..3 {
            assert_eq!(post(&host, "base", &[], "").await, found("1"));
        }
        assert_eq!(*server.arrived.borrow(), 4);
        server.answers.add_permits(7);
    };
    let (answers, ()) = tokio::join!(asking, watching);
    assert!(answers.iter().all(|answer| *answer == found("1")), "{answers:?}");
    assert_eq!(*server.arrived.borrow(), 7);
}

#[tokio::test]
async fn what_one_dialect_reads_takes_no_room_of_another() {
    let server = Reluctant::start().await;
    let sink = HttpSink::start(None).await.expect("a server");
    let url = |port: u16| format!("settings = {{url = \"http://127.0.0.1:{port}/\"}}");
    let other = format!("[[change_hook]]\ndialect = \"worse\"\nplugin = \"misbehaving-hook\"\n{}\n", url(sink.port()));
    let setup = misbehaving(&url(server.port)).toml(&other).tuned(|tuning| tuning.hook_reading = FOREVER);
    let allowed = setup.allow(format!("127.0.0.1:{}", server.port)).allow(format!("127.0.0.1:{}", sink.port()));
    let host = allowed.start().await;
    let asking = join_all((0..4).map(|_| post(&host, "bad?do=much", &[], "")));
    let watching = async {
        server.arrived.subscribe().wait_for(|arrived| *arrived >= 12).await.expect("they arrive");
        assert_eq!(post(&host, "worse?do=fetch", &[], "").await, found("1"));
        assert_eq!(sink.count(), 1);
        server.answers.add_permits(16);
    };
    let (answers, ()) = tokio::join!(asking, watching);
    assert!(answers.iter().all(|answer| *answer == found("1")), "{answers:?}");
}
