//! Reading by HTTP on behalf of a change hook: one GET to an origin that was granted, and what comes back.

use super::http_answer::Extent;
use super::outcome::Sent;
use super::transports::Outgoing;
use super::transports::Transports;
use crate::model::Fetched;
use crate::model::HttpRequest;
use crate::model::Message;
use crate::model::Millis;
use crate::model::Permit;

/// The most of an answer that is read: a hundred files of a pull request with their patches take a megabyte or two.
pub const MOST_FETCHED_BYTES: usize = 4 * 1024 * 1024;

/// Headers of an answer in which there is something to read.
const HEADERS: [&str; 3] = ["content-type", "etag", "link"];

impl Transports {
    /// Reads once. An error says why it could not be had, without secrets.
    pub async fn fetch(&self, permit: &Permit<'_>, hook: &str, now: Millis) -> Result<Fetched, String> {
        let Message::Http(request) = permit.message() else {
            return Err("only HTTP can be read".to_owned());
        };
        if !is_get(request) {
            return Err(format!("{} is not for reading", request.method));
        }
        let outgoing = Outgoing { uid: "", reporter: hook, created_at: now, now, contents: &(), recipients: &[] };
        let (answered, redacted) = self.read(request, permit, &outgoing).await;
        let answered = answered.map_err(|sent| redacted(reason(sent)))?;
        if answered.extent == Extent::Part {
            return Err(format!("its answer has more than {MOST_FETCHED_BYTES} bytes, or broke off"));
        }
        let header = |name: &&str| {
            let value = answered.headers.get(*name)?.to_str().ok()?;
            Some(((*name).to_owned(), value.to_owned()))
        };
        let headers = HEADERS.iter().filter_map(header).collect();
        Ok(Fetched { status: Some(answered.status.as_u16()), headers, body: answered.body })
    }
}

fn is_get(request: &HttpRequest) -> bool {
    request.method.eq_ignore_ascii_case("GET")
}

fn reason(sent: Sent) -> String {
    sent.reason.unwrap_or(sent.answer)
}
