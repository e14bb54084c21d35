#!/bin/sh
# Builds __NAME__.wasm. What makes components of Python is fetched once, into venv/; COMPONENTIZE_PY names another one.
set -eu
cd "$(dirname "$0")"
if [ -z "${COMPONENTIZE_PY:-}" ]; then
    COMPONENTIZE_PY=venv/bin/componentize-py
    if [ ! -x "$COMPONENTIZE_PY" ]; then
        command -v python3 >/dev/null || { echo "this needs Python 3 (python3)" >&2; exit 1; }
        python3 -m venv venv
        venv/bin/pip install --quiet componentize-py==0.25.1
    fi
fi
"$COMPONENTIZE_PY" -d wit -w __KIND__ componentize app -o __NAME__.wasm
echo "built __NAME__.wasm"
