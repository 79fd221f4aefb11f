#!/usr/bin/env bash
# ./build.sh [build|test|quickstart|shell [arguments]|lint|package|clean]; what each does is told by build/run.sh.
exec bash "$(dirname -- "${BASH_SOURCE[0]}")/build/run.sh" "$@"
