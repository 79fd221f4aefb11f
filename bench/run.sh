#!/bin/sh
# Measures Containers beside docker, podman and crun, each where it is installed: bench/run.sh [-Job Run,Stop] [-Rounds 15]
# Needs root, pwsh 7.6 and the staged module (./build.sh build).
exec pwsh -NoProfile -NonInteractive -File "$(dirname "$0")/Compare.ps1" "$@"
