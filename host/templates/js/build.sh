#!/bin/sh
# Builds __NAME__.wasm. What makes components of JavaScript is fetched once, into node_modules/; COMPONENTIZE_QJS names
# another one.
set -eu
cd "$(dirname "$0")"
if [ -z "${COMPONENTIZE_QJS:-}" ]; then
    COMPONENTIZE_QJS=node_modules/.bin/componentize-qjs
    if [ ! -x "$COMPONENTIZE_QJS" ]; then
        command -v npm >/dev/null || { echo "this needs Node.js (npm)" >&2; exit 1; }
        npm install --prefix . --no-save --no-audit --no-fund --loglevel error componentize-qjs@0.4.5
    fi
fi
# --sync: the host does not speak the asynchronous calls that the tool makes otherwise.
"$COMPONENTIZE_QJS" --wit wit --world __KIND__ --js app.js --sync -o __NAME__.wasm
echo "built __NAME__.wasm"
