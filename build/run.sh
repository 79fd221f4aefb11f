#!/usr/bin/env bash
# The tasks. MSBuild builds (build.proj); this script does what MSBuild is the wrong tool for: installing what the system lacks,
# running tests, handing over the terminal.
#
#   build       stage the module in out/Containers and the small shell in out/Shell
#   test        build, run every test, close with the line "N passed, N failed"
#   quickstart  build, run examples/Quickstart.ps1
#   shell       build, open a prompt with the module; arguments (-Command TEXT, -File PATH) are passed on
#   lint        formatting, stray paths and host names, shellcheck and PSScriptAnalyzer where installed
#   package     out/Containers-VERSION-linux-ARCH.zip and .tar.gz
#   clean       remove out/
set -euo pipefail

root=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd -P)
out=$root/out

# Nothing may stay behind after the command: no compiler server, no waiting MSBuild node.
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 DOTNET_GENERATE_ASPNET_CERTIFICATE=false
export MSBUILDDISABLENODEREUSE=1 DOTNET_CLI_USE_MSBUILD_SERVER=0 UseSharedCompilation=false UseRazorBuildServer=false
export DOTNET_CLI_WORKLOAD_UPDATE_NOTIFY_DISABLE=1 POWERSHELL_TELEMETRY_OPTOUT=1 POWERSHELL_UPDATECHECK=Off

# shellcheck source=prerequisites.sh
source "$root/build/prerequisites.sh"

# A bare system has no ICU, and the SDK does not start without it unless told so.
sdk() { DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=1 dotnet "$@"; }

msbuild() { sdk msbuild "$root/build/build.proj" -nologo -verbosity:minimal -nodeReuse:false -maxCpuCount -terminalLogger:off "$@"; }

# On standard error: what it prints is taken for the answer.
tools() { msbuild -t:Tools >&2 && sdk "$out/publish/bin/Tools/release/Containers.Build.Tools.dll" "$@"; }

# PowerShell 7.6 or later, if this machine has it.
pwsh_found() {
  command -v pwsh >/dev/null &&
    pwsh -NoLogo -NoProfile -NonInteractive -Command 'exit [int]($PSVersionTable.PSVersion -lt [version]"7.6")' >/dev/null 2>&1
}

build() {
  need_for build
  # On standard error, so that the output of "shell -Command" is that of the command alone.
  msbuild -t:Stage >&2
}

# The module is found by its name, in this process and in what it starts.
use_module_path() {
  export PSModulePath=$out/modules${PSModulePath:+:$PSModulePath}
}

# pwsh does not load the module by itself before its first cmdlet is named; a prompt and a -Command see it at once.
pwsh_arguments() {
  arguments=()
  while [ $# -gt 0 ]; do
    case ${1,,} in
      -c | -command)
        arguments+=(-Command)
        # "-Command -" reads the commands from standard input.
        [ "${2:-}" = - ] || arguments+=('Import-Module Containers;')
        arguments+=("${@:2}")
        return
        ;;
      -f | -file | *.ps1)
        arguments+=("$@")
        return
        ;;
    esac
    arguments+=("$1")
    shift
  done
  arguments+=(-NoExit -Command 'Import-Module Containers')
}

# Never through another process: the prompt needs the terminal, the caller the exit code.
host() {
  use_module_path
  if pwsh_found; then
    local arguments
    pwsh_arguments "$@"
    exec pwsh -NoLogo "${arguments[@]}"
  fi
  exec "$out/Shell/containers-shell" "$@"
}

quickstart() {
  need_for build quickstart
  build
  host -File "$root/examples/Quickstart.ps1"
}

package() {
  build
  local version architecture seconds
  version=$(msbuild -getProperty:Version)
  architecture=$(msbuild -getProperty:Architecture)
  seconds=${SOURCE_DATE_EPOCH:-$(git -C "$root" log -1 --format=%ct 2>/dev/null || echo 315532800)}
  tools package "$out/Containers" "$out/Containers-$version-linux-$architecture" "$seconds"
  ls -l "$out/Containers-$version-linux-$architecture".*
}

task=${1:-build}
[ $# -eq 0 ] || shift
if [ "$task" != shell ] && [ $# -gt 0 ]; then
  echo "build: '$task' takes no arguments" >&2
  exit 2
fi

case $task in
  build) build ;;
  test) source "$root/build/test.sh" ;;
  quickstart) quickstart ;;
  shell) build; host "$@" ;;
  lint) source "$root/build/lint.sh" ;;
  package) package ;;
  clean) rm -rf -- "$out" ;;
  *)
    echo "usage: build.sh [build|test|quickstart|shell [arguments]|lint|package|clean]" >&2
    exit 2
    ;;
esac
