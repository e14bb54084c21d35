//! What the requests of steps may use: on a host, what its operator wrote down; on the command line, what its user may.

use super::Destination;
use super::Grants;
use super::Message;
use super::Permit;
use super::SecretName;
use super::TlsVerify;
use std::collections::BTreeMap;
use std::collections::BTreeSet;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StepGrants {
    /// Who asks is who runs it.
    Everything,
    /// Any destination that the egress guard lets through without openings, without secrets; and these destinations, with
    /// their secrets, also where an opening is needed.
    Listed(BTreeMap<Destination, BTreeSet<SecretName>>),
}

impl StepGrants {
    /// Whether a step may go there by an opening of the egress guard, which may have been made for somebody else.
    pub fn opens(&self, destination: &Destination) -> bool {
        match self {
            Self::Everything => true,
            Self::Listed(listed) => listed.contains_key(destination),
        }
    }

    /// Leave to make the request of a step; or why not, and what to do about it.
    pub fn permit<'m>(&self, message: &'m Message) -> Result<Permit<'m>, String> {
        let destination = Destination::of(message).map_err(|error| format!("url: {error}"))?;
        let verify = match message {
            Message::Http(request) => request.verify.clone(),
            _ => TlsVerify::Usual,
        };
        let named = message.secrets().into_iter().cloned();
        if let Self::Listed(listed) = self {
            listed_allows(listed, &destination, named.clone(), &verify)?;
        }
        let grants = Grants::of_step(destination, named, verify);
        grants.permit(message).map_err(|denied| denied.to_string())
    }
}

fn listed_allows(
    listed: &BTreeMap<Destination, BTreeSet<SecretName>>,
    destination: &Destination,
    mut named: impl Iterator<Item = SecretName> + Clone,
    verify: &TlsVerify,
) -> Result<(), String> {
    if let TlsVerify::Authorities(file) = verify {
        return Err(format!("verify: {file:?} is a file; here it is true or false, `campanile step http` takes files"));
    }
    if *verify == TlsVerify::Nothing && named.clone().next().is_some() {
        return Err("verify: a secret goes only to a server whose certificate is verified".to_owned());
    }
    let allowed = listed.get(destination);
    match named.find(|name| allowed.is_none_or(|allowed| !allowed.contains(name))) {
        None => Ok(()),
        Some(name) => Err(format!(
            "secret {name:?} may not go to {destination}: it would, if the configuration of the host had [[http_step]] \
             with origin = \"{destination}\" and secrets = [\"{name}\"]",
            name = name.0,
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::HttpRequest;
    use crate::model::Part;
    use crate::model::Text;

    fn message(url: &str, secret: Option<&str>, verify: TlsVerify) -> Message {
        let mut parts = vec![Part::Literal(url.to_owned())];
        parts.extend(secret.map(|name| Part::Secret(SecretName(name.to_owned()))));
        Message::Http(HttpRequest { verify, ..HttpRequest::new("GET", Text(parts)) })
    }

    #[test]
    fn a_secret_goes_where_it_was_given_to() {
        let origin = Destination::parse("https://deploy.example.org").unwrap();
        let listed = StepGrants::Listed([(origin, [SecretName("token".to_owned())].into())].into());
        let check = |message: &Message, expected: &str| match listed.permit(message) {
            Ok(_) => assert_eq!(expected, ""),
            Err(said) => assert!(said.contains(expected) && !expected.is_empty(), "{said}"),
        };
        let usual = TlsVerify::Usual;
        check(&message("https://deploy.example.org/?", Some("token"), usual.clone()), "");
        check(&message("https://other.example.org/?", None, usual.clone()), "");
        check(&message("https://other.example.org/?", None, TlsVerify::Nothing), "");
        check(&message("https://other.example.org/?", Some("token"), usual.clone()), "may not go to https://other");
        check(&message("https://deploy.example.org/?", Some("other"), usual.clone()), "secret \"other\" may not");
        check(&message("https://deploy.example.org/?", Some("token"), TlsVerify::Nothing), "verify: a secret goes");
        check(&message("https://x/", None, TlsVerify::Authorities("/ca".to_owned())), "verify: \"/ca\" is a file");
        check(&message("ftp://x/", None, usual), "url: ");
        assert!(StepGrants::Everything.permit(&message("https://x/?", Some("a"), TlsVerify::Nothing)).is_ok());
    }
}
