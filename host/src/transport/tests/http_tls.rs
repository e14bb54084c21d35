//! Servers whose certificates are looked at in another way.

use super::AttemptOutcome::*;
use super::*;
use serde_json::Value;
use serde_json::json;

async fn verifying(house: &House, port: u16, verify: TlsVerify) -> Sent {
    let value = match &verify {
        TlsVerify::Usual => json!(true),
        TlsVerify::Authorities(file) => json!(file),
        TlsVerify::Nothing => json!(false),
    };
    let request = HttpRequest { verify, ..request(format!("https://localhost:{port}/x")) };
    house.send_granted(Message::Http(request), &[mark(value)]).await
}

fn mark(value: Value) -> Mark {
    Mark { kind: "tls-verify".into(), pointer: "/verify".into(), value, port: None, is_default: false }
}

#[tokio::test]
async fn a_server_that_signed_its_own_certificate() {
    let sink = HttpSink::start(Some(certificate())).await.unwrap();
    let house = House::new(&["127.0.0.0/8", "::1"], None);
    check(&verifying(&house, sink.port(), TlsVerify::Nothing).await, Done, "the server's certificate was not verified");
    // The connection that is open is not for who wants to know.
    check(
        &verifying(&house, sink.port(), TlsVerify::Usual).await,
        Failed,
        "TLS with localhost: invalid peer certificate",
    );
    assert_eq!(sink.count(), 1);
}

#[tokio::test]
async fn a_file_of_authorities_is_read_again_when_it_changes() {
    let (ours, other) = (certificate(), certificate());
    let sink = HttpSink::start(Some(ours.clone())).await.unwrap();
    let house = House::new(&["127.0.0.0/8", "::1"], None);
    let file = house.directory.path().join("own.pem");
    let send = || verifying(&house, sink.port(), TlsVerify::Authorities(file.display().to_string()));
    check(&send().await, Failed, "reading certificates from ");
    let write = |pem: &str, second: u64| {
        std::fs::write(&file, pem).unwrap();
        let written = std::time::UNIX_EPOCH + Duration::from_secs(1_700_000_000 + second);
        std::fs::File::options().write(true).open(&file).unwrap().set_modified(written).unwrap();
    };
    write(&other.certificate_pem, 0);
    check(&send().await, Failed, "TLS with localhost: invalid peer certificate");
    write(&ours.certificate_pem, 1);
    check(&send().await, Done, "");
    // Those of the configuration do not count there.
    let house = House::new(&["127.0.0.0/8", "::1"], Some(&ours));
    write(&other.certificate_pem, 2);
    let verify = TlsVerify::Authorities(file.display().to_string());
    check(&verifying(&house, sink.port(), verify).await, Failed, "invalid peer certificate");
}

#[tokio::test]
async fn a_certificate_to_show_has_its_key() {
    let certificate = certificate();
    let sink = HttpSink::start(Some(certificate.clone())).await.unwrap();
    let house = House::new(&["127.0.0.0/8", "::1"], Some(&certificate));
    let send = || {
        let identity = Some(SecretName("token".into()));
        house.send(Message::Http(HttpRequest { identity, ..request(format!("https://localhost:{}/", sink.port())) }))
    };
    check(&send().await, Failed, "reading the certificate to show and its key: ");
    let shown = super::certificate();
    std::fs::write(house.directory.path().join("token"), shown.certificate_pem + &shown.key_pem).unwrap();
    check(&send().await, Done, "");
}
