#!/bin/bash
# OpenStack Swift with its s3api on loopback, one replica in a temporary directory, for the tests.
# Debian: apt-get install --no-install-recommends swift-proxy swift-object swift-container swift-account
# Needs root and a file system with user xattrs for TMPDIR (ext4, xfs; tmpfs since Linux 6.6).
# Usage: scripts/swift-s3.sh [PORT [OBJECT-PORT]]   prints "ready URL ACCESS-KEY SECRET"; runs until it is killed,
# or, when standard input is a pipe, until that is closed: then nothing stays when the program that started it is gone.
set -euo pipefail
port=${1:-17580}
object=${2:-17589}
dir=$(mktemp -d "${TMPDIR:-/tmp}/bandersnatch-swift.XXXXXX")

cleanup() {
  trap '' TERM INT HUP
  trap - EXIT
  # The servers fork workers: each has a process group of its own.
  for pid in $(jobs -p); do kill -9 -- "-$pid" 2>/dev/null || kill -9 "$pid" 2>/dev/null || true; done
  wait 2>/dev/null || true
  rm -rf "$dir"
}
trap cleanup EXIT
trap 'exit 143' TERM INT HUP
if [ -p /dev/stdin ] || [ -S /dev/stdin ]; then
  # A background job gets standard input only with <&0.
  { while read -r _; do :; done; kill -TERM $$; } <&0 2>/dev/null &
fi

for tool in swift-ring-builder swift-proxy-server swift-object-server swift-container-server swift-account-server; do
  command -v "$tool" >/dev/null || { echo "$tool is not installed" >&2; exit 1; }
done

free_port() {
  python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}
declare -A ports=([object]=$object [container]=$(free_port) [account]=$(free_port))
mkdir -p "$dir/node/sda" "$dir/cache"
for kind in object container account; do
  cat >"$dir/$kind.conf" <<CONF
[DEFAULT]
bind_ip = 127.0.0.1
bind_port = ${ports[$kind]}
user = $(id -un)
swift_dir = $dir
devices = $dir/node
mount_check = false
disable_fallocate = true
workers = 1
[pipeline:main]
pipeline = $kind-server
[app:$kind-server]
use = egg:swift#$kind
recon_cache_path = $dir/cache
CONF
  (
    cd "$dir"
    swift-ring-builder "$kind.builder" create 4 1 0
    swift-ring-builder "$kind.builder" add "r1z1-127.0.0.1:${ports[$kind]}/sda" 1
    swift-ring-builder "$kind.builder" rebalance
  ) >"$dir/$kind.ring" 2>&1
done
cat >"$dir/proxy.conf" <<CONF
[DEFAULT]
bind_ip = 127.0.0.1
bind_port = $port
user = $(id -un)
swift_dir = $dir
workers = 2
[pipeline:main]
pipeline = catch_errors gatekeeper healthcheck cache listing_formats bulk s3api tempauth copy slo dlo versioned_writes proxy-server
[app:proxy-server]
use = egg:swift#proxy
allow_account_management = true
account_autocreate = true
[filter:catch_errors]
use = egg:swift#catch_errors
[filter:gatekeeper]
use = egg:swift#gatekeeper
[filter:healthcheck]
use = egg:swift#healthcheck
[filter:cache]
use = egg:swift#memcache
memcache_servers = 127.0.0.1:9
[filter:listing_formats]
use = egg:swift#listing_formats
[filter:bulk]
use = egg:swift#bulk
[filter:s3api]
use = egg:swift#s3api
location = us-east-1
[filter:tempauth]
use = egg:swift#tempauth
user_test_tester = testing .admin
[filter:copy]
use = egg:swift#copy
[filter:slo]
use = egg:swift#slo
[filter:dlo]
use = egg:swift#dlo
[filter:versioned_writes]
use = egg:swift#versioned_writes
CONF
set -m
for kind in object container account proxy; do
  "swift-$kind-server" "$dir/$kind.conf" -v >"$dir/$kind.log" 2>&1 &
done
set +m
for each in "${ports[@]}" "$port"; do
  until curl --silent --output /dev/null "http://127.0.0.1:$each/healthcheck"; do
    kill -0 $! 2>/dev/null || { cat "$dir"/*.log >&2; exit 1; }
    sleep 0.1
  done
done
echo "ready http://127.0.0.1:$port test:tester testing"
wait $!
