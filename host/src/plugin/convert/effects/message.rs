//! Messages, from a guest.

use crate::model;
use crate::plugin::bindings::wit::effects as wit;
use crate::plugin::bindings::wit::types::Part;
use crate::plugin::convert::is_json;
use crate::plugin::convert::messages::body_kind;
use crate::plugin::convert::signed;

pub(super) fn message(message: wit::Message) -> Result<model::Message, String> {
    Ok(match message {
        wit::Message::Mail(mail) => model::Message::Mail(self::mail(mail)),
        wit::Message::Http(request) => model::Message::Http(http(request)?),
        wit::Message::Ssh(command) => model::Message::Ssh(model::SshCommand {
            host: command.host,
            port: command.port,
            user: command.user,
            identity: command.identity.map(|identity| match identity {
                wit::SshIdentity::Secret(name) => model::SshIdentity::Secret(model::SecretName(name)),
                wit::SshIdentity::File(file) => model::SshIdentity::File(file),
            }),
            command: command.command.into_iter().map(text).collect(),
            read: command.read,
        }),
        wit::Message::Irc(action) => model::Message::Irc(model::IrcAction {
            connection: action.connection,
            verb: match action.verb {
                wit::IrcVerb::Say => model::IrcVerb::Say,
                wit::IrcVerb::Notice => model::IrcVerb::Notice,
                wit::IrcVerb::Act => model::IrcVerb::Act,
                wit::IrcVerb::Join => model::IrcVerb::Join,
                wit::IrcVerb::Leave => model::IrcVerb::Leave,
            },
            target: action.target,
            text: action.text,
        }),
        wit::Message::Other(json) => {
            is_json(&json).map_err(|e| format!("the message is {e}"))?;
            model::Message::Other(json)
        }
    })
}

/// The bytes of its texts. What is attached by reference counts nothing.
pub(super) fn size(message: &model::Message) -> usize {
    match message {
        model::Message::Mail(mail) => {
            let people: usize = [&mail.to, &mail.cc, &mail.bcc].into_iter().flatten().map(String::len).sum();
            let attached = |attachment: &model::Attachment| match &attachment.content {
                model::Content::Bytes(bytes) => bytes.len(),
                model::Content::Log(_) | model::Content::Patch(_) => 0,
            };
            let attached: usize = mail.attachments.iter().map(attached).sum();
            let thread = mail.thread.as_ref().map_or(0, String::len);
            mail.body.len() + mail.subject.len() + thread + people + fields_size(&mail.headers) + attached
        }
        model::Message::Http(request) => {
            let body = match &request.body {
                model::HttpBody::Empty => 0,
                model::HttpBody::Json(text) => text_size(text),
                model::HttpBody::Form(fields) => fields_size(fields),
                model::HttpBody::Bytes(bytes) => bytes.len(),
            };
            body + text_size(&request.url) + fields_size(&request.headers)
        }
        model::Message::Ssh(command) => command.command.iter().map(text_size).sum(),
        model::Message::Irc(action) => action.text.len(),
        model::Message::Other(json) => json.len(),
    }
}

fn fields_size(fields: &[model::Field]) -> usize {
    fields.iter().map(|field| field.name.len() + text_size(&field.value)).sum()
}

fn text_size(text: &model::Text) -> usize {
    let part = |part: &model::Part| match part {
        model::Part::Literal(text) => text.len(),
        model::Part::Secret(name) => name.0.len(),
    };
    text.0.iter().map(part).sum()
}

fn mail(mail: wit::Mail) -> model::Mail {
    model::Mail {
        relay: model::SmtpRelay {
            host: mail.relay.host,
            port: mail.relay.port,
            security: match mail.relay.security {
                wit::SmtpSecurity::Plain => model::SmtpSecurity::Plain,
                wit::SmtpSecurity::Starttls => model::SmtpSecurity::Starttls,
                wit::SmtpSecurity::Smtps => model::SmtpSecurity::Smtps,
            },
            login: mail.relay.login.map(credentials),
        },
        sender: mail.sender,
        to: mail.to,
        cc: mail.cc,
        bcc: mail.bcc,
        subject: mail.subject,
        kind: body_kind(mail.kind),
        body: mail.body,
        thread: mail.thread,
        headers: fields(mail.headers),
        attachments: mail.attachments.into_iter().map(attachment).collect(),
    }
}

fn attachment(attachment: wit::Attachment) -> model::Attachment {
    model::Attachment {
        filename: attachment.filename,
        content_type: attachment.content_type,
        content: match attachment.content {
            wit::Content::Bytes(bytes) => model::Content::Bytes(bytes),
            wit::Content::Log(id) => model::Content::Log(model::LogId(signed(id))),
            wit::Content::Patch(id) => model::Content::Patch(model::PatchId(signed(id))),
        },
    }
}

fn http(request: wit::HttpRequest) -> Result<model::HttpRequest, String> {
    Ok(model::HttpRequest {
        method: request.method,
        url: text(request.url),
        headers: fields(request.headers),
        login: request.login.map(http_login),
        verify: tls_verify(request.verify),
        identity: request.identity.map(model::SecretName),
        signed_by: request.signed_by.into_iter().map(model::SecretName).collect(),
        body: match request.body {
            wit::HttpBody::Empty => model::HttpBody::Empty,
            wit::HttpBody::Json(body) => model::HttpBody::Json(json(body)?),
            wit::HttpBody::Form(body) => model::HttpBody::Form(fields(body)),
            wit::HttpBody::Bytes(body) => model::HttpBody::Bytes(body),
        },
    })
}

pub(in crate::plugin::convert) fn tls_verify(verify: wit::TlsVerify) -> model::TlsVerify {
    match verify {
        wit::TlsVerify::Usual => model::TlsVerify::Usual,
        wit::TlsVerify::Authorities(file) => model::TlsVerify::Authorities(file),
        wit::TlsVerify::Nothing => model::TlsVerify::Nothing,
    }
}

/// Secrets stand inside of strings, so with any word in their place it is JSON or never will be.
fn json(parts: Vec<Part>) -> Result<model::Text, String> {
    let whole: String = parts
        .iter()
        .map(|part| match part {
            Part::Literal(text) => text.as_str(),
            Part::Secret(_) => "secret",
        })
        .collect();
    is_json(&whole).map_err(|e| format!("the body is {e}"))?;
    Ok(text(parts))
}

fn http_login(login: wit::HttpLogin) -> model::HttpLogin {
    match login {
        wit::HttpLogin::Basic(login) => model::HttpLogin::Basic(credentials(login)),
        wit::HttpLogin::Oauth(wit::OauthClient { token_url, client }) => {
            model::HttpLogin::Oauth(model::OauthClient { token_url, client: credentials(client) })
        }
    }
}

fn credentials(credentials: wit::Credentials) -> model::Credentials {
    model::Credentials { user: text(credentials.user), password: text(credentials.password) }
}

fn fields(fields: Vec<wit::Field>) -> Vec<model::Field> {
    fields.into_iter().map(|field| model::Field { name: field.name, value: text(field.value) }).collect()
}

pub(in crate::plugin::convert) fn text(parts: Vec<Part>) -> model::Text {
    let part = |part| match part {
        Part::Literal(text) => model::Part::Literal(text),
        Part::Secret(name) => model::Part::Secret(model::SecretName(name)),
    };
    model::Text(parts.into_iter().map(part).collect())
}
