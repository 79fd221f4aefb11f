#!/usr/bin/env bash
# Runs every test and closes with the line "N passed, N failed". Sourced by run.sh.
set -euo pipefail

results=$out/test-results
need_for build test
rm -rf -- "$results"
mkdir -p -- "$results"

# A root file system of Debian with web servers, made once. It needs the mirror, which the tests themselves do not reach. Most of it is waiting for that: the
# build goes on meanwhile.
make_debian() {
  if { [ ! -e "$out/debian.complete" ] || [ ! -d "$out/debian.packages" ]; } && [ "$(id -u)" = 0 ]; then
    echo "making a Debian root file system"
    rm -rf -- "$out/debian"
    if "$root/build/debian.sh" "$out/debian" >"$results/debootstrap.log" 2>&1; then
      touch "$out/debian.complete"
    else
      echo "debootstrap failed: $(tail -n 1 "$results/debootstrap.log")"
    fi
  fi
}

make_debian &
debian=$!
trap 'kill "$debian" 2>/dev/null' EXIT # Nothing of it goes on when the build fails.
build
msbuild -t:BuildTests
wait "$debian"
trap - EXIT

# Where tests find what was staged.
export CONTAINERS_MODULE=$out/Containers

# record NAME COMMAND...: its output goes to NAME.log and its exit code to NAME.exit, where the report looks for it.
record() {
  local name=$1 code=0
  shift
  echo "running $name"
  "$@" >"$results/$name.log" 2>&1 </dev/null || code=$?
  echo "$code" >"$results/$name.exit"
}

# Containers of the tests are on networks: of a host that has only what the tests make, never of this machine.
network=()
if [ "$(id -u)" = 0 ] && unshare --net true 2>/dev/null; then
  network=(unshare --net -- sh -c 'ip link set lo up && exec "$@"' sh env CONTAINERS_TEST_NETWORK=1)
fi

# Whoever runs this in the background ignores interrupts, and so would the sessions of the tests, which are interrupted.
signals=()
if env --default-signal=INT true 2>/dev/null; then
  signals=(env --default-signal=INT)
fi

# dotnet_test NAME PROJECT [FILTER]. A test that hangs is named and ended, not waited for.
dotnet_test() {
  record "$1" "${signals[@]}" env DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=1 "${network[@]}" dotnet test "$2" --no-build --nologo --results-directory "$results" --logger "trx;LogFileName=$1.trx" \
    --blame-hang-timeout 6m --blame-hang-dump-type none ${3:+--filter "$3"}
}

# The cmdlet tests wait more than they compute, and within a process they take turns (they share its environment): two processes
# halve the time. What measures time or fills the machine is with the others that do, so that they do not meet.
alone='FullyQualifiedName~.Building.|FullyQualifiedName~.Lifecycle.|FullyQualifiedName~.Observing.|FullyQualifiedName~.Processes.|FullyQualifiedName~.Services.|FullyQualifiedName~.Security.'
others=${alone//\~/!~}
others=${others//|/'&'}

# The acceptance tests wait most of their time, too: they go beside the engine's tests.
acceptance_tests() {
  if ! pwsh_found; then
    echo "acceptance tests not run: PowerShell 7.6 (pwsh) is not installed"
  elif ! pwsh -NoProfile -NonInteractive -Command 'exit [int]!(Get-Module -ListAvailable -FullyQualifiedName @{ ModuleName = "Pester"; ModuleVersion = "5.0" })'; then
    echo "acceptance tests not run: Pester 5 is not installed"
  else
    use_module_path
    record Pester "${signals[@]}" "${network[@]}" pwsh -NoProfile -NonInteractive -File "$root/build/pester.ps1" -Results "$results/Pester.json"
  fi
}

for project in "$root"/tests/*/*.Tests.csproj; do
  name=$(basename "$project" .csproj)
  case $name in
    Containers.Cmdlets.Tests)
      dotnet_test "$name.1" "$project" "$alone" &
      dotnet_test "$name.2" "$project" "$others" &
      ;;
    Containers.Engine.Tests)
      dotnet_test "$name" "$project" &
      acceptance_tests &
      ;;
    *) dotnet_test "$name" "$project" ;;
  esac
  wait
done

# What failed beside everything else is run once more, alone, when it is little: a full run on a busy machine finds what depends on time. The
# report counts it as passed then, but names it and what it said: it is a defect, of the test or of what is tested.
for trx in "$results"/*.Tests*.trx; do
  filter=$(tools failed-tests "$trx" 3)
  if [ -n "$filter" ]; then
    name=$(basename "$trx" .trx)
    project=$(basename "$name" .1)
    project=$(basename "$project" .2)
    dotnet_test "$name.again" "$root/tests/${project#Containers.}/$project.csproj" "$filter"
    rm -f -- "$results/$name.again.exit" # The report has one line for the run.
  fi
done

tools test-report "$results"
