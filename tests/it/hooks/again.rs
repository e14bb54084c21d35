//! Requests that come again: they are answered as the first time, and nobody is asked about them.

use super::pulls::Api;
use super::pulls::PULL;
use super::pulls::pull;
use super::pulls::signed;
use super::*;
use futures_util::future::join_all;

#[tokio::test]
async fn a_delivery_that_comes_again_adds_nothing() {
    let host = setup("github", "").start().await;
    let first = [PUSH, ("x-github-delivery", "72d3162e-cc78-11e3-81ab-4c9367dc0958")];
    assert_eq!(post(&host, "github", &first, &push()).await, found("3"));
    assert_eq!(post(&host, "github", &first, &push()).await, found("3"));
    assert_eq!(changes(&host).await.len(), 3);
    // All of them at once, too.
    let again = [PUSH, ("x-github-delivery", "1")];
    let body = push();
    let answers = join_all((0..8).map(|_| post(&host, "github", &again, &body))).await;
    assert!(answers.iter().all(|answer| *answer == found("3")), "{answers:?}");
    assert_eq!(changes(&host).await.len(), 6);
    // Without an id it is another one: two pushes may well be alike.
    post(&host, "github", &[PUSH], &push()).await;
    post(&host, "github", &[PUSH], &push()).await;
    assert_eq!(changes(&host).await.len(), 12);
}

#[tokio::test]
async fn a_delivery_is_known_after_a_restart() {
    let setup = setup("github", "");
    let first = [PUSH, ("x-github-delivery", "1")];
    let host = setup.start().await;
    post(&host, "github", &first, &push()).await;
    host.stop().await;
    let host = setup.start().await;
    assert_eq!(post(&host, "github", &first, &push()).await, found("3"));
    assert_eq!(changes(&host).await.len(), 3);
}

#[tokio::test]
async fn about_a_delivery_that_comes_again_nobody_is_asked() {
    let api = Api::start(1, Some("Oil")).await;
    let host = api.host("").await;
    let delivery = [PULL, ("x-github-delivery", "1")];
    for _ in 0..3 {
        assert_eq!(signed(&host, &delivery, &pull("opened")).await, found("1"));
    }
    assert_eq!((api.asked(), changes(&host).await.len()), (2, 1));
}

#[tokio::test]
async fn a_delivery_that_gave_no_change_is_known_again_too() {
    let api = Api::start(1, Some("Oil [skip ci]")).await;
    let host = api.host("").await;
    let delivery = [PULL, ("x-github-delivery", "1")];
    for _ in 0..3 {
        assert_eq!(signed(&host, &delivery, &pull("opened")).await, found("no"));
    }
    assert_eq!(api.asked(), 2);
    // The same id with another body is another request.
    assert_eq!(signed(&host, &delivery, &pull("reopened")).await, found("no"));
    assert_eq!(api.asked(), 4);
}

#[tokio::test]
async fn what_is_refused_is_not_remembered() {
    let host = setup("github", "secret = \"key\"").start().await;
    let (body, delivery) = (push(), ("x-github-delivery", "1"));
    assert_eq!(post(&host, "github", &[PUSH, delivery], &body).await.0, 401);
    let signature = format!("sha256={}", sha256(&body));
    let headers = [PUSH, delivery, ("x-hub-signature-256", &signature)];
    assert_eq!(post(&host, "github", &headers, &body).await, found("3"));
    // Nor is somebody told what it was answered who cannot prove who they are.
    assert_eq!(post(&host, "github", &[PUSH, delivery], &body).await.0, 401);
}
