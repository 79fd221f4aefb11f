#!/usr/bin/env bash
# Style and stray facts. Compiling is part of it: the analysers run in the build, and their warnings are errors. Sourced by run.sh.
set -euo pipefail

failed=0
check() {
  local name=$1
  shift
  if "$@"; then echo "ok: $name"; else
    echo "failed: $name"
    failed=1
  fi
}

files() { git -C "$root" ls-files -co --exclude-standard -- "$@"; }

# Facts of the machine it was written on: where the clone and the home folder lie, where its packages come from.
stray() {
  local hosts patterns
  hosts=$(sdk nuget list source --format short | sed -nE 's|^E https?://([^/:]+).*|\1|p')
  patterns=$(printf '%s\n' "$root/" "$hosts" "/Users/" | grep -v '^$')
  if [ "${HOME:-/}" != / ] && [ "$HOME" != /root ]; then
    patterns+=$'\n'$HOME/
  fi
  ! (cd "$root" && files . ':!build/lint.sh' | tr '\n' '\0' | xargs -0 grep -nIF -e "$patterns")
}

# SC2154: the scripts that run.sh sources use its variables.
shell_scripts() { (cd "$root" && shellcheck --severity=warning --exclude=SC2154 build.sh build/*.sh .ci/run); }

powershell_scripts() {
  pwsh -NoProfile -NonInteractive -Command "
    \$found = Get-ChildItem -Recurse '$root' -Include *.ps1,*.psm1,*.psd1 | Where-Object FullName -notlike '*/out/*' |
      ForEach-Object { Invoke-ScriptAnalyzer -Path \$_.FullName -Severity Warning, Error }
    \$found | Out-Host
    exit [int][bool]\$found"
}

check "the build and its analysers" build
check "the tests compile" msbuild -t:BuildTests
check "layout of the code" sdk format whitespace "$root" --folder --verify-no-changes --exclude "$out"
check "no path or host name of a machine" stray
if has shellcheck; then check "shellcheck" shell_scripts; else echo "not checked: shellcheck is not installed"; fi
if pwsh_found && pwsh -NoProfile -Command 'exit [int]!(Get-Module -ListAvailable PSScriptAnalyzer)'; then
  check "PSScriptAnalyzer" powershell_scripts
else
  echo "not checked: PSScriptAnalyzer is not installed"
fi
exit "$failed"
