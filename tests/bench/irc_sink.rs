//! A chat server in this process with room for one client: it lets it in everywhere, and takes what it says.

use std::time::Instant;
use tokio::io::AsyncBufReadExt;
use tokio::io::AsyncWriteExt;
use tokio::io::BufReader;
use tokio::net::TcpListener;
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::sync::watch;

pub(crate) struct IrcSink {
    pub(crate) port: u16,
    /// Notices so far.
    notices: watch::Receiver<usize>,
    /// Channels that were entered.
    entered: watch::Receiver<usize>,
    /// Lines for the client.
    say: mpsc::UnboundedSender<String>,
    /// When a line that is no notice came.
    said: mpsc::UnboundedReceiver<Instant>,
}

/// What the server tells of its client.
#[derive(Clone)]
struct Telling {
    notices: watch::Sender<usize>,
    entered: watch::Sender<usize>,
    said: mpsc::UnboundedSender<Instant>,
}

impl IrcSink {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a listener");
        let port = listener.local_addr().expect("an address").port();
        let ((notices, taken), (entered, inside)) = (watch::channel(0), watch::channel(0));
        let (say, mut lines) = mpsc::unbounded_channel();
        let (tell, said) = mpsc::unbounded_channel();
        let telling = Telling { notices, entered, said: tell };
        tokio::spawn(async move {
            // One after another: each host, and each writer, is a client of its own.
            while let Ok((stream, _)) = listener.accept().await {
                stream.set_nodelay(true).expect("a socket");
                serve(stream, &telling, &mut lines).await;
            }
        });
        Self { port, notices: taken, entered: inside, say, said }
    }

    pub(crate) fn count(&self) -> usize {
        *self.notices.borrow()
    }

    pub(crate) async fn until(&self, count: usize) {
        self.notices.clone().wait_for(|notices| *notices >= count).await.expect("the server runs");
    }

    pub(crate) async fn entered(&self, count: usize) {
        self.entered.clone().wait_for(|entered| *entered >= count).await.expect("the server runs");
    }

    /// Says something to the client, and returns how long the answer took, in seconds.
    pub(crate) async fn ask(&mut self) -> f64 {
        let asked = Instant::now();
        self.say.send(":ada!a@h PRIVMSG bot :hello\r\n".to_owned()).expect("the server runs");
        let answered = self.said.recv().await.expect("the server runs");
        answered.saturating_duration_since(asked).as_secs_f64()
    }
}

async fn serve(mut stream: TcpStream, telling: &Telling, lines: &mut mpsc::UnboundedReceiver<String>) {
    let (reader, mut writer) = stream.split();
    // A line of which a part was read is kept while something is said.
    let mut heard = BufReader::with_capacity(64 * 1024, reader).lines();
    telling.entered.send_replace(0);
    loop {
        let answer = tokio::select! {
            read = heard.next_line() => match read {
                Ok(Some(line)) => answer(line.trim_end(), telling),
                Ok(None) | Err(_) => return,
            },
            Some(said) = lines.recv() => Some(said),
        };
        if let Some(answer) = answer
            && writer.write_all(answer.as_bytes()).await.is_err()
        {
            return;
        }
    }
}

fn answer(line: &str, telling: &Telling) -> Option<String> {
    let (command, rest) = line.split_once(' ').unwrap_or((line, ""));
    match command {
        "NOTICE" => {
            telling.notices.send_modify(|count| *count += 1);
            None
        }
        "PRIVMSG" => {
            telling.said.send(Instant::now()).ok()?;
            None
        }
        "CAP" if rest.starts_with("LS") => Some(":s CAP * LS :\r\n".to_owned()),
        "USER" => Some(":s 001 bot :hello\r\n:s 376 bot :end\r\n".to_owned()),
        "JOIN" => {
            let names: Vec<&str> = rest.split(' ').next().unwrap_or_default().split(',').collect();
            telling.entered.send_modify(|count| *count += names.len());
            Some(names.iter().map(|name| format!(":bot!b@h JOIN {name}\r\n")).collect())
        }
        "PING" => Some(format!(":s PONG s {rest}\r\n")),
        _ => None,
    }
}
