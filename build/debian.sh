#!/usr/bin/env bash
# Makes a root file system of Debian for the tests: a web server in it, and another one to be installed from packages that are in it, because the
# containers of the tests reach no mirror. build/debian.sh FOLDER; needs root and the mirror. Sourced by nobody.
set -euo pipefail
export PATH=/usr/sbin:/usr/bin:/sbin:/bin DEBIAN_FRONTEND=noninteractive LC_ALL=C
folder=$1

debootstrap --variant=minbase --include=nginx-light bookworm "$folder"
chroot "$folder" sh -euc '
  packages=/var/local/packages
  apt-get -q update
  apt-get clean
  mkdir -p $packages
  apt-get install -y --no-install-recommends --print-uris apache2 | grep "^.http" | tr -d "\047" >/tmp/uris
  apt-get -q install -y --no-install-recommends --download-only apache2
  while read -r uri file _; do
    name=$(echo "${uri##*/}" | sed "s/%2b/+/g; s/%7e/~/g")
    mv "/var/cache/apt/archives/$file" "$packages/$name"
    apt-cache show "${file%%_*}=$(dpkg-deb --field "$packages/$name" Version)" | sed "s|^Filename: .*/|Filename: ./|" >>$packages/Packages
    echo >>$packages/Packages
  done </tmp/uris
  rm -rf /tmp/uris /var/lib/apt/lists/* /var/cache/apt/*.bin
  echo "deb [trusted=yes] file:$packages ./" >/etc/apt/sources.list
'
