//! Files in the plugins directory that are no plugins, or not for this host.

use super::*;
use crate::plugin::inspect;
use std::fs;

fn inspected(wat: &str) -> String {
    let bytes = wat::parse_str(wat).expect("WebAssembly text");
    misfit(&bytes)
}

fn misfit(bytes: &[u8]) -> String {
    let misfit = inspect::inspect(bytes).expect_err("no plugin");
    format!("{}; {}", misfit.reason, misfit.remedy)
}

/// A reporter by its exports, with what else it imports.
fn reporter(version: &str, imports: &str) -> String {
    format!(
        r#"(component {imports}
            (import "f" (func $f))
            (instance $plugin (export "describe" (func $f)))
            (instance $reporting (export "subscribe" (func $f)) (export "handle" (func $f)))
            (export "campanile:reporter/plugin@{version}" (instance $plugin))
            (export "campanile:reporter/reporting@{version}" (instance $reporting)))"#
    )
}

#[test]
fn what_is_no_component() {
    let check = |bytes: &[u8], told: &str| assert!(misfit(bytes).contains(told), "{}", misfit(bytes));
    check(b"", "the file is empty");
    check(b"#!/bin/sh\necho hello\n", "it is not WebAssembly");
    check(b"  (component)", "it is WebAssembly as text");
    check(b"\0asm\x07\0\0\0", "a version that this host does not know");
    check(&wat::parse_str("(module)").expect("a module"), "core module, not a component; build it for wasm32-wasip2");
    check(b"\0asm\x0d\0\x01\0\xff\xff\xff", "it is a damaged component");
}

#[test]
fn what_is_no_plugin() {
    let check = |wat: &str, told: &str| assert!(inspected(wat).contains(told), "{}", inspected(wat));
    check("(component)", "exports nothing of campanile:reporter");
    check("(component (component) (core module))", "exports nothing of campanile:reporter");
    let partly = reporter("0.1.0", "").replace(r#"(export "handle" (func $f))"#, "");
    check(&partly, "it lacks functions that its world exports");
    check(&reporter("0.1.0", "").replace("reporting@", "reviewing@"), "it lacks functions that its world exports");
    check(&reporter("0.1.0", "").replace("reporting@", "preceding@"), "it lacks functions that its world exports");
    let lookup = r#"(export "campanile:reporter/addressing@0.1.0" (instance $reporting)))"#;
    let both = reporter("0.1.0", "").strip_suffix(')').map(|rest| rest.to_owned() + lookup).expect("it is closed");
    check(&both, "it is reporter and address lookup at once; make two plugins of it");
}

#[test]
fn what_is_for_another_host() {
    let check = |wat: String, told: &str| assert!(inspected(&wat).contains(told), "{}", inspected(&wat));
    check(
        reporter("0.2.0", ""),
        "it wants campanile:reporter@0.2.0, this host speaks 0.1.0; update this host, or build the plugin",
    );
    check(reporter("0.0.9", ""), "it wants campanile:reporter@0.0.9, this host speaks 0.1.0; build it anew");
    check(reporter("0.1.0-rc.1", ""), "it wants campanile:reporter@0.1.0-rc.1");
    let http = r#"(import "wasi:http/outgoing-handler@0.2.10" (instance))"#;
    check(reporter("0.1.0", http), "wasi:http/outgoing-handler@0.2.10, f; a plugin reaches no network");
    let newer = r#"(import "campanile:reporter/data@0.1.3" (instance (export "search" (func)) (export "get" (func))))"#;
    check(reporter("0.1.3", newer), "campanile:reporter/data@0.1.3 (search), f; update this host");
    let wasi = r#"(import "wasi:cli/stdout@0.2.6" (instance)) (import "wasi:cli/stdout@0.3.0" (instance))"#;
    check(reporter("0.1.0", wasi), "does not give: wasi:cli/stdout@0.3.0, f; build it for the world `reporter`");
}

#[tokio::test]
async fn what_was_built_for_asynchronous_calls_is_told_how_to_be_built() {
    let asynchronous = r#"(component
        (core module $m (func (export "f")))
        (core instance $i (instantiate $m))
        (canon task.cancel (core func))
        (func $f (canon lift (core func $i "f")))
        (instance $plugin (export "describe" (func $f)))
        (instance $formatting (export "format" (func $f)))
        (export "campanile:reporter/plugin@0.1.0" (instance $plugin))
        (export "campanile:reporter/formatting@0.1.0" (instance $formatting)))"#;
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("words.wasm");
    fs::write(&file, wat::parse_str(asynchronous).expect("WebAssembly text")).expect("a file");
    let runtime = Runtime::new(RuntimeConfig { cache_dir: None, limits: tight() }).expect("a runtime");
    let plugins = Plugins::load_files(&runtime, &[file]).await;
    let broken = &plugins.broken()[0];
    assert!(broken.reason.contains("it does not compile: "), "{}", broken.reason);
    assert_eq!(broken.remedy, "build it without async (componentize-qjs: with --sync)", "{}", broken.reason);
}

#[test]
fn damage_is_told_not_fatal() {
    let whole = fs::read(guest("misbehaving_formatter")).expect("the guest");
    assert!(inspect::inspect(&whole).is_ok());
    for length in (8..whole.len()).step_by(whole.len() / 100) {
        assert!(inspect::inspect(&whole[..length]).is_err(), "cut at {length}");
    }
    // Flipped bits: whatever comes out, nothing panics. Damage in code is for the compiler to find.
    for at in (8..whole.len()).step_by(whole.len() / 300) {
        let mut damaged = whole.clone();
        damaged[at] ^= 0x41;
        let _ = inspect::inspect(&damaged);
    }
}

#[tokio::test]
async fn a_broken_file_stops_no_other() {
    let directory = tempfile::tempdir().expect("a directory");
    let put = |name: &str, bytes: &[u8]| fs::write(directory.path().join(name), bytes).expect("a file");
    put("broken.wasm", b"");
    put("notes.txt", b"not a plugin, and nobody says so");
    fs::copy(guest("misbehaving"), directory.path().join("good.wasm")).expect("a copy");
    let config = RuntimeConfig { cache_dir: Some(cache()), limits: tight() };
    let runtime = Runtime::new(config).expect("a runtime");
    let plugins = Plugins::load(&runtime, directory.path()).await.expect("the directory");
    let good = plugins.reporter("good").expect("it is loaded");
    assert_eq!((good.descriptor.name.as_str(), good.kind.world()), ("misbehaving", "reporter"));
    assert_eq!(good.descriptor.version, env!("CARGO_PKG_VERSION"));
    assert!(good.imports.iter().any(|import| import == "campanile:reporter/state@0.1.0"), "{:?}", good.imports);
    assert_eq!(good.digest.len(), 64);
    let told = plugins.reporter("broken").err().expect("it is not");
    assert!(
        told.contains("plugin \"broken\" is broken: ")
            && told.contains("broken.wasm: the file is empty; put a WebAssembly component here"),
        "{told}"
    );
    assert_eq!(plugins.broken().len(), 1);
    assert!(plugins.reporter("nothing").err().expect("none").contains("there is no reporter plugin \"nothing\""));
}

#[tokio::test]
async fn a_spoilt_cache_is_a_miss() {
    let cache = tempfile::tempdir().expect("a directory");
    let load = async || {
        let config = RuntimeConfig { cache_dir: Some(cache.path().to_owned()), limits: tight() };
        let runtime = Runtime::new(config).expect("a runtime");
        Plugins::load_files(&runtime, &[guest("misbehaving_formatter")]).await.broken().len()
    };
    assert_eq!(load().await, 0);
    let kept: Vec<_> = fs::read_dir(cache.path()).expect("the cache").map(|e| e.expect("an entry").path()).collect();
    assert_eq!(kept.len(), 1, "{kept:?}");
    let whole = fs::metadata(&kept[0]).expect("a file").len();
    fs::write(&kept[0], b"spoilt").expect("written");
    assert_eq!(load().await, 0);
    assert_eq!(fs::metadata(&kept[0]).expect("a file").len(), whole, "it is made anew");
}
