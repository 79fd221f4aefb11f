#!/bin/sh
# Measures Containers beside docker, podman and crun, each where it is installed: bench/run.sh [-Job Run,Stop] [-Rounds 15]
# Needs root, pwsh 7.6 and the staged module (./build.sh build). All of it runs in network namespaces of its own.
exec unshare --net -- sh -c 'ip link set lo up && exec "$@"' sh \
    pwsh -NoProfile -NonInteractive -File "$(dirname "$0")/Compare.ps1" "$@"
