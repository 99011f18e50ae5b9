#!/usr/bin/env bash
# Builds CoreDNS from its Go module, once: it is kept beside other caches, and a second call finds it there. Prints where
# it is. Takes about three minutes; needs Go 1.21 or newer, which fetches what CoreDNS asks for where it is older.
set -euo pipefail
version=1.15.0
folder=${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/kafka-split-dns
program=$folder/coredns-$version

if [[ ! -x $program ]]; then
  mkdir -p "$folder"
  work=$(mktemp -d "$folder/build.XXXXXX")
  trap 'rm -rf "$work"' EXIT
  # Nothing that a developer has set for Go's own work is meant for this.
  GOBIN=$work GOFLAGS=-buildvcs=false GOTOOLCHAIN=auto CGO_ENABLED=0 \
    go install "github.com/coredns/coredns@v$version" >&2
  mv "$work/coredns" "$program"
fi
echo "$program"
