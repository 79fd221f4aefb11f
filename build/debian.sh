#!/usr/bin/env bash
# Makes a root file system of Debian for the tests: a web server in it, and another one to be installed from packages that are in it, because the
# containers of the tests reach no mirror. Beside it, in FOLDER.packages, packages of a compiler and of databases: containers and builds mount
# that folder at /var/local/more and install from there. build/debian.sh FOLDER; needs root and the mirror. Sourced by nobody.
set -euo pipefail
export PATH=/usr/sbin:/usr/bin:/sbin:/bin DEBIAN_FRONTEND=noninteractive LC_ALL=C
folder=$1
more=$folder.packages

debootstrap --variant=minbase --include=nginx-light bookworm "$folder"
rm -rf -- "$more"
mkdir -- "$more"
chroot "$folder" sh -euc '
  # repository FOLDER PACKAGE...: all that these need, as a repository without a server.
  repository() {
    packages=$1
    shift
    mkdir -p $packages
    apt-get clean
    apt-get install -y --no-install-recommends --print-uris "$@" | grep "^.http" | tr -d "\047" >/tmp/uris
    apt-get -q install -y --no-install-recommends --download-only "$@"
    while read -r uri file _; do
      name=$(echo "${uri##*/}" | sed "s/%2b/+/g; s/%7e/~/g; s/%3a/:/g")
      mv "/var/cache/apt/archives/$file" "$packages/$name"
      apt-cache show "${file%%_*}=$(dpkg-deb --field "$packages/$name" Version)" | sed "s|^Filename: .*/|Filename: ./|" >>$packages/Packages
      echo >>$packages/Packages
    done </tmp/uris
  }

  apt-get -q update
  repository /var/local/packages apache2
  repository /var/local/more gcc libc6-dev postgresql redis-server
  rm -rf /tmp/uris /var/lib/apt/lists/* /var/cache/apt/*.bin
  echo "deb [trusted=yes] file:/var/local/packages ./" >/etc/apt/sources.list
'
mv -- "$folder"/var/local/more/* "$more"
rmdir -- "$folder/var/local/more"
