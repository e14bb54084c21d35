//! One connection of the mail server.
//!
//! Commands are read in bursts and answered in one write, so that pipelining costs one round trip.

use crate::smtp::ReceivedMail;
use crate::smtp::Shared;
use crate::smtp::SmtpFault;
use crate::smtp::SmtpOptions;
use crate::smtp::SmtpReply;
use crate::smtp::SmtpTls;
use crate::smtp_login::Login;
use smtp_proto::Error;
use smtp_proto::Request;
use smtp_proto::request::receiver::DataReceiver;
use smtp_proto::request::receiver::RequestReceiver;
use std::future::pending;
use std::io;
use std::io::Write;
use std::slice::Iter;
use std::sync::Arc;
use std::time::Instant;
use tokio::io::AsyncRead;
use tokio::io::AsyncReadExt;
use tokio::io::AsyncWrite;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;

/// What comes after a burst of input.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Next {
    More,
    Starttls,
    Close,
    Stall,
}

pub(crate) struct Session<'a> {
    shared: &'a Shared,
    pub(crate) options: Arc<SmtpOptions>,
    connection: usize,
    tls: bool,
    helo: String,
    pub(crate) user: Option<String>,
    /// Of the mail that has begun: its sender, and when it began.
    from: Option<(String, Instant)>,
    recipients: Vec<String>,
    pub(crate) login: Option<(Login, Vec<u8>)>,
    data: Option<(DataReceiver, Vec<u8>)>,
    mails: usize,
    refused: usize,
}

pub(crate) async fn serve(mut stream: TcpStream, shared: &Shared, acceptor: Option<TlsAcceptor>) -> io::Result<()> {
    let options = shared.options();
    let mut session = Session::new(shared, options.clone());
    if options.fault == SmtpFault::StallAtConnect {
        pending::<()>().await;
    }
    match (&options.tls, acceptor) {
        (SmtpTls::Implicit(_), Some(acceptor)) => {
            session.tls = true;
            let mut stream = acceptor.accept(stream).await?;
            greet(&mut stream, &options).await?;
            session.converse(&mut stream).await?;
        }
        (_, acceptor) => {
            greet(&mut stream, &options).await?;
            if let (Next::Starttls, Some(acceptor)) = (session.converse(&mut stream).await?, acceptor) {
                session.tls = true;
                session.converse(&mut acceptor.accept(stream).await?).await?;
            }
        }
    }
    Ok(())
}

async fn greet(stream: &mut (impl AsyncWrite + Unpin), options: &SmtpOptions) -> io::Result<()> {
    tokio::time::sleep(options.delay).await;
    stream.write_all(b"220 sink ESMTP\r\n").await?;
    stream.flush().await
}

impl<'a> Session<'a> {
    fn new(shared: &'a Shared, options: Arc<SmtpOptions>) -> Self {
        Self {
            shared,
            options,
            connection: shared.connected(),
            tls: false,
            helo: String::new(),
            user: None,
            from: None,
            recipients: Vec::new(),
            login: None,
            data: None,
            mails: 0,
            refused: 0,
        }
    }

    async fn converse<S: AsyncRead + AsyncWrite + Unpin>(&mut self, stream: &mut S) -> io::Result<Next> {
        let mut input = vec![0; 64 * 1024];
        let mut output = Vec::new();
        let mut receiver = RequestReceiver::default();
        loop {
            let length = stream.read(&mut input).await?;
            if length == 0 {
                return Ok(Next::Close);
            }
            self.options = self.shared.options();
            let mails = self.mails;
            let next = self.take(&mut receiver, &input[..length], &mut output);
            // A sleep of nothing would last a tick of the runtime's clock.
            if self.mails > mails && !self.options.data_delay.is_zero() {
                tokio::time::sleep(self.options.data_delay).await;
            }
            stream.write_all(&output).await?;
            stream.flush().await?;
            output.clear();
            match next {
                Next::More => {}
                Next::Stall => pending().await,
                Next::Starttls | Next::Close => return Ok(next),
            }
        }
    }

    fn take(&mut self, receiver: &mut RequestReceiver, input: &[u8], output: &mut Vec<u8>) -> Next {
        let mut bytes = input.iter();
        while !bytes.as_slice().is_empty() {
            let next = if self.data.is_some() {
                self.take_data(&mut bytes, output)
            } else if self.login.is_some() {
                self.take_login(&mut bytes, output)
            } else {
                match receiver.ingest(&mut bytes) {
                    Ok(request) => self.take_request(request.into_owned(), output),
                    Err(Error::NeedsMoreData { .. }) => return Next::More,
                    Err(e) => {
                        reply(output, &SmtpReply { code: 500, text: format!("5.5.1 {e:?}") });
                        Next::More
                    }
                }
            };
            if next != Next::More {
                return next;
            }
        }
        Next::More
    }

    fn take_request(&mut self, request: Request<String>, output: &mut Vec<u8>) -> Next {
        match request {
            Request::Ehlo { host } => {
                self.helo = host;
                self.offer(output);
            }
            Request::Helo { host } => {
                self.helo = host;
                say(output, 250, "sink");
            }
            Request::Mail { from } => self.take_sender(from.address, output),
            Request::Rcpt { to } => return self.take_recipient(to.address, output),
            Request::Data if self.recipients.is_empty() => say(output, 554, "5.5.1 no valid recipients"),
            Request::Data => {
                say(output, 354, "go ahead");
                self.data = Some((DataReceiver::new(), Vec::new()));
            }
            Request::Auth { mechanism, initial_response } => self.begin_login(mechanism, &initial_response, output),
            Request::StartTls if matches!(self.options.tls, SmtpTls::Starttls(_)) && !self.tls => {
                say(output, 220, "2.0.0 go ahead");
                return Next::Starttls;
            }
            Request::Rset => {
                (self.from, self.recipients) = (None, Vec::new());
                say(output, 250, "2.0.0 ok");
            }
            Request::Noop { .. } => say(output, 250, "2.0.0 ok"),
            Request::Quit => {
                say(output, 221, "2.0.0 bye");
                return Next::Close;
            }
            _ => say(output, 502, "5.5.1 not here"),
        }
        Next::More
    }

    fn offer(&self, output: &mut Vec<u8>) {
        let starttls = matches!(self.options.tls, SmtpTls::Starttls(_)) && !self.tls;
        let auth = self.options.login.is_some();
        let lines = self.options.extensions.iter().map(String::as_str);
        let lines = lines.chain(starttls.then_some("STARTTLS")).chain(auth.then_some("AUTH PLAIN LOGIN"));
        let lines: Vec<&str> = ["sink"].into_iter().chain(lines).collect();
        for (i, line) in lines.iter().enumerate() {
            let mark = if i + 1 == lines.len() { ' ' } else { '-' };
            let _ = write!(output, "250{mark}{line}\r\n");
        }
    }

    fn take_sender(&mut self, address: String, output: &mut Vec<u8>) {
        if self.options.login_required && self.user.is_none() {
            return say(output, 530, "5.7.0 authentication required");
        }
        match &self.options.mail {
            Some(answer) if answer.code >= 300 => reply(output, answer),
            answer => {
                reply(output, answer.as_ref().unwrap_or(&SmtpReply::new(250, "2.1.0 ok")));
                (self.from, self.recipients) = (Some((address, Instant::now())), Vec::new());
            }
        }
    }

    fn take_recipient(&mut self, address: String, output: &mut Vec<u8>) -> Next {
        if self.options.most_refused == Some(self.refused) {
            say(output, 421, "4.7.0 too many errors");
            return Next::Close;
        }
        match (self.options.recipients.get(&address), &self.from) {
            (_, None) => say(output, 503, "5.5.1 MAIL first"),
            (Some(answer), _) if answer.code >= 300 => {
                reply(output, answer);
                self.refused += 1;
            }
            (answer, _) => {
                reply(output, answer.unwrap_or(&SmtpReply::new(250, "2.1.5 ok")));
                self.recipients.push(address);
            }
        }
        Next::More
    }

    fn take_data(&mut self, bytes: &mut Iter<'_, u8>, output: &mut Vec<u8>) -> Next {
        let Some((receiver, data)) = &mut self.data else { return Next::More };
        match self.options.fault {
            SmtpFault::DropInData => return Next::Close,
            SmtpFault::StallInData => return Next::Stall,
            SmtpFault::None | SmtpFault::StallAtConnect | SmtpFault::StallAfterData | SmtpFault::DropAfterData => {}
        }
        if !receiver.ingest(bytes, data) {
            return Next::More;
        }
        let data = self.data.take().map(|(_, data)| data).unwrap_or_default();
        if let Some(answer) = self.options.data.as_ref().filter(|answer| answer.code >= 300) {
            reply(output, answer);
            return Next::More;
        }
        self.keep(data);
        match self.options.fault {
            SmtpFault::StallAfterData => return Next::Stall,
            SmtpFault::DropAfterData => return Next::Close,
            SmtpFault::None | SmtpFault::StallAtConnect | SmtpFault::DropInData | SmtpFault::StallInData => {}
        }
        reply(output, self.options.data.as_ref().unwrap_or(&SmtpReply::new(250, "2.0.0 kept")));
        if self.options.mails_per_connection == Some(self.mails) { Next::Close } else { Next::More }
    }

    fn keep(&mut self, data: Vec<u8>) {
        self.mails += 1;
        let recipients = std::mem::take(&mut self.recipients);
        let (from, began) = self.from.take().expect("data comes after a sender");
        let mail = || ReceivedMail {
            helo: self.helo.clone(),
            from,
            recipients,
            data,
            began,
            at: Instant::now(),
            tls: self.tls,
            login: self.user.clone(),
            connection: self.connection,
        };
        self.shared.mails.add((!self.options.only_count).then(mail));
    }
}

pub(crate) fn say(output: &mut Vec<u8>, code: u16, text: &str) {
    let _ = write!(output, "{code} {text}\r\n");
}

fn reply(output: &mut Vec<u8>, answer: &SmtpReply) {
    say(output, answer.code, &answer.text);
}
