//! What cannot be run, and who may not.

use super::Shell;
use campanile_tests::Setup;
use campanile_tests::campanile;
use campanile_tests::campanile_in;

#[tokio::test]
async fn arguments_that_make_no_build_are_refused_by_name() {
    let host = Setup::default().start().await;
    let shell = Shell::at(&host.url);
    let check = async |arguments: &[&str], part: &str| {
        let ended = shell.run(arguments).await;
        assert!(ended.code != Some(0) && ended.stderr.contains(part), "{arguments:?}: {}", ended.stderr);
    };
    check(&["--", "true"], "--builder").await;
    check(&["--builder", "", "--", "true"], "--builder is empty").await;
    check(&["--builder", "linux"], "no command").await;
    check(&["--builder", "linux", "--file", "x.toml", "--", "true"], "cannot be used with").await;
    check(&["--builder", "linux", "-p", "novalue", "--", "true"], "--property \"novalue\" is not NAME=VALUE").await;
    check(&["--builder", "linux", "-p", "=x", "--", "true"], "is not NAME=VALUE").await;
    check(&["--builder", "linux", "--change", "zork=1", "--", "true"], "no field \"zork\"").await;
    check(&["--builder", "linux", "--change", "head", "--", "true"], "git knows no commit").await;
    check(&["--builder", "linux", "--worker", "7 up", "--", "true"], "--worker \"7 up\" is no identifier").await;
    check(&["--builder", "linux", "--warnings-exit-code", "256", "--", "true"], "256").await;
    check(&["--builder", "linux", "--follow", "-p", "a=b", "--", "true"], "cannot be used with").await;
    check(&["--resume"], "--spool").await;
    check(&["--resume", "--spool", "nowhere"], "there is no folder nowhere").await;
    shell.write("2024.tar", "backups");
    check(&["--builder", "linux", "--spool", ".", "--", "true"], "is not empty, and no spool").await;
    check(&["--builder", "linux", "--server", "zork", "--", "true"], "is no URL").await;
    let nowhere = [("CAMPANILE_SERVER", host.url.as_str()), ("HOME", ""), ("XDG_STATE_HOME", "")];
    let ended = campanile_in(shell.folder.path(), &nowhere, &["run", "--builder", "linux", "--", "true"]).await;
    assert!(ended.code == Some(125) && ended.stderr.contains("say by --spool"), "{}", ended.stderr);
    assert_eq!(host.get("builds").await["meta"]["total"], 0);
    assert_eq!(host.get("builders").await["meta"]["total"], 0);
}

#[tokio::test]
async fn who_may_not_is_told_so_and_nothing_is_run() {
    let host = Setup::default().start().await;
    let shell = Shell::at(&host.url);
    let config = host.setup.write();
    let made = campanile(&["token", "create", "looker", "--scope", "read", "--config", &config]).await.succeeds();
    let token = shell.write("token", &made);
    let spool = shell.path("spool");
    for arguments in [&["--token-file", &token][..], &["--token-file", &token, "--spool", &spool], &[]] {
        let ended = shell.run(&[arguments, &["--builder", "linux", "--", "touch", "was-here"]].concat()).await;
        assert_eq!(ended.code, Some(125), "{}", ended.stderr);
        let says = ["nothing was run", "update", "--token-file"];
        assert!(says.iter().all(|part| ended.stderr.contains(part)), "{}", ended.stderr);
    }
    assert!(!shell.folder.path().join("was-here").exists() && shell.is_clean());
}
