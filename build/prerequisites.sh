#!/usr/bin/env bash
# What the system must bring besides the .NET SDK, and how to get it. Sourced by run.sh.
#
# One line per need: the task it is for | how to see that it is there | why | packages of apt | dnf | apk | zypper.
# Podman, docker and crun are only compared with: what is optional is never installed from here.
needs() {
  cat <<'TABLE'
build|has clang || has gcc|the C compiler links the monitor, a native executable|gcc|gcc|gcc|gcc
build|library libc.a|the monitor is linked statically|libc6-dev|glibc-static glibc-devel|musl-dev|glibc-devel-static
build|header zlib.h|the .NET runtime inside the monitor is linked against zlib|zlib1g-dev|zlib-devel zlib-static|zlib-dev zlib-static|zlib-devel zlib-devel-static
quickstart|has busybox|the first image is made of it|busybox-static|busybox|busybox-static|busybox-static
quickstart|has iptables-restore|ports are published, and networks kept apart, by the firewall|iptables|iptables|iptables|iptables
test|has iptables-restore|networks of containers need the firewall|iptables|iptables|iptables|iptables
test|has ip|the tests make network namespaces with neighbours and routers|iproute2|iproute|iproute2|iproute2
test|has busybox|the smallest image of the tests is made of it|busybox-static|busybox|busybox-static|busybox-static
test|has debootstrap|the tests run a Debian root file system|debootstrap|debootstrap|debootstrap|debootstrap
test|has docker-registry|images are pushed to, and pulled from, a registry on loopback|docker-registry|docker-distribution|docker-registry|distribution-registry
test|has skopeo|archives and layouts are compared with what others read and write|skopeo|skopeo|skopeo|skopeo
test|has buildah|builds are compared with those of another builder|buildah|buildah|buildah|buildah
test|has umoci|images of this engine are unpacked by another one|umoci|umoci|umoci|umoci
test|has mkfs.btrfs|the btrfs driver is tested on a file system in a file|btrfs-progs|btrfs-progs|btrfs-progs|btrfsprogs
test|has getfattr|extended attributes of unpacked layers are compared|attr|attr|attr|attr
test|has tmux|the tests of the prompt need a terminal|tmux|tmux|tmux|tmux
TABLE
}

# Administrators' programs may be missing from the PATH of the caller.
has() { PATH=$PATH:/usr/sbin:/sbin command -v "$1" >/dev/null; }

library() { compgen -G "/usr/lib*/$1" >/dev/null || compgen -G "/usr/lib/*-linux-*/$1" >/dev/null; }

header() { compgen -G "/usr/include/$1" >/dev/null || compgen -G "/usr/include/*-linux-*/$1" >/dev/null; }

need_dotnet() {
  if ! has dotnet; then
    echo "The .NET 10 SDK is missing: dotnet is not on the PATH." >&2
    exit 1
  fi
  local version
  version=$(sdk --version)
  if [ "${version%%.*}" -lt 10 ]; then
    echo "The .NET SDK found is $version; 10.0 or later is needed." >&2
    exit 1
  fi
}

# need_for TASK...: sees to it that everything the tasks need is installed, or ends with the command that would install it.
need_for() {
  need_dotnet
  local task check why apt dnf apk zypper manager="" packages missing=()
  for manager in apt-get dnf apk zypper none; do
    has "$manager" && break
  done
  while IFS= read -r line; do
    # "||" within the check is no separator.
    IFS='|' read -r task check why apt dnf apk zypper <<<"${line//||/@or@}"
    check=${check//@or@/||}
    if [[ " $* " != *" $task "* ]] || eval "$check"; then
      continue
    fi
    case $manager in
      apt-get | none) packages=$apt ;;
      dnf) packages=$dnf ;;
      apk) packages=$apk ;;
      zypper) packages=$zypper ;;
    esac
    echo "$packages is not installed: $why" >&2
    # shellcheck disable=SC2206 # a cell may name two packages
    missing+=($packages)
  done < <(needs)
  if [ ${#missing[@]} -gt 0 ]; then
    install_packages "$manager" "${missing[@]}"
  fi
}

install_packages() {
  local manager=$1 command
  shift
  case $manager in
    apt-get) command="apt-get install -y --no-install-recommends $*" ;;
    dnf) command="dnf install -y $*" ;;
    apk) command="apk add $*" ;;
    zypper) command="zypper --non-interactive install $*" ;;
    *)
      echo "No package manager known here was found. Install what these Debian packages hold: $*" >&2
      exit 1
      ;;
  esac
  if [ "$(id -u)" -ne 0 ]; then
    echo "Not root. Run: sudo $command" >&2
    exit 1
  fi
  echo "Installing: $command" >&2
  mkdir -p "$out"
  # The package manager's own words are only of interest when it fails.
  if ! install_now "$manager" "$command" >"$out/install.log" 2>&1; then
    cat "$out/install.log" >&2
    echo "Installing failed. Run it by hand: $command" >&2
    exit 1
  fi
}

install_now() {
  export DEBIAN_FRONTEND=noninteractive
  if [ "$1" = apt-get ]; then
    apt-get update
  fi
  # shellcheck disable=SC2086 # words are meant
  $2
}
