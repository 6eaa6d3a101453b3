#!/bin/sh
# Runs run.mjs where there is Node.js 18 or newer and npm; says so loudly where there is not (77, or 1 when CI=true).
dir=$(dirname "$0")
for tool in node npm; do
    if ! command -v $tool >/dev/null; then
        echo "!!! $tool is not installed: ethers, viem, web3.js, cast and forge not tested" >&2
        [ "${CI:-}" = true ] && exit 1
        exit 77
    fi
done
exec node "$dir/run.mjs" "$@"
