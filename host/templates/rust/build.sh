#!/bin/sh
# Builds __NAME__.wasm. Once before: rustup target add wasm32-wasip2
set -eu
cd "$(dirname "$0")"
target="${CARGO_TARGET_DIR:-target}"
command -v cargo >/dev/null || { echo "this needs Rust (cargo, by https://rustup.rs)" >&2; exit 1; }
cargo build --release --target wasm32-wasip2 --target-dir "$target"
cp "$target/wasm32-wasip2/release/plugin.wasm" __NAME__.wasm
echo "built __NAME__.wasm"
