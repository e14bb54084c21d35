//! Test reports: marked where people read them.

use super::*;
use campanile_tests::campanile;

#[tokio::test]
async fn a_test_report_is_marked_in_its_message() {
    let sshd = server("3.9.1").await;
    let host = host(&sshd, &[], "").await;
    build(&host, 2).await;
    let of = ["event.change.id=I1", "event.change.project=gp", "event.patchSet.revision=d34db33f"];
    let of = of.map(|property| ["--property", property]).concat();
    let asked = [&["reporter", "test", "reviews", "--server", &host.url][..], &of].concat();
    let told = campanile(&asked).await.succeeds();
    assert!(told.contains("1 of 1 delivered"), "{told}");
    let said = said(&sshd);
    assert_eq!(said.len(), 2);
    assert!(said[0].0.starts_with("Builder Builder1 failed (failed compile)"), "{said:?}");
    assert!(said[1].0.starts_with("[test] Builder test failed (this is a test)"), "{said:?}");
}
