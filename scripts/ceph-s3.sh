#!/bin/bash
# A Ceph object gateway (S3) on loopback, kept in memory, for the tests: one monitor, one OSD, one gateway.
# Debian: apt-get install --no-install-recommends radosgw ceph-mon ceph-osd
# Usage: scripts/ceph-s3.sh [PORT [MONITOR-PORT]]   prints "ready URL ACCESS-KEY SECRET"; runs until it is killed,
# or, when standard input is a pipe, until that is closed: then nothing stays when the program that started it is gone.
set -euo pipefail
port=${1:-17480}
monitor=${2:-17489}
access=TESTACCESSKEY
secret=test-secret-of-no-worth
dir=$(mktemp -d "${TMPDIR:-/tmp}/bandersnatch-ceph.XXXXXX")

cleanup() {
  trap '' TERM INT HUP
  trap - EXIT
  for pid in $(jobs -p); do kill -9 "$pid" 2>/dev/null || true; done
  wait 2>/dev/null || true
  rm -rf "$dir"
}
trap cleanup EXIT
trap 'exit 143' TERM INT HUP
if [ -p /dev/stdin ] || [ -S /dev/stdin ]; then
  # A background job gets standard input only with <&0.
  { while read -r _; do :; done; kill -TERM $$; } <&0 2>/dev/null &
fi

for tool in ceph ceph-mon ceph-osd radosgw radosgw-admin; do
  command -v "$tool" >/dev/null || { echo "$tool is not installed" >&2; exit 1; }
done

fsid=$(cat /proc/sys/kernel/random/uuid)
cat >"$dir/ceph.conf" <<CONF
[global]
fsid = $fsid
mon host = [v2:127.0.0.1:$monitor/0]
public addr = 127.0.0.1
keyring = $dir/keyring
run dir = $dir
log file = $dir/\$name.log
admin socket = $dir/\$name.asok
pid file = $dir/\$name.pid
mon data = $dir/mon
osd data = $dir/osd
paxos propose interval = 0.05
paxos min wait = 0.01
mon allow pool size one = true
mon max pg per osd = 1000
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 1
osd pool default pgp num = 1
osd pool default pg autoscale mode = off
osd crush chooseleaf type = 0
osd objectstore = memstore
memstore device bytes = 4294967296
[client.admin]
rgw data = $dir
rgw frontends = beast endpoint=127.0.0.1:$port tcp_nodelay=1
rgw enable usage log = false
rgw enable static website = true
CONF
ceph=(-c "$dir/ceph.conf")
key() { ceph-authtool "$dir/keyring" --gen-key "$@" >/dev/null; }
mkdir "$dir/mon" "$dir/osd"
ceph-authtool --create-keyring "$dir/keyring" >/dev/null
key -n mon. --cap mon 'allow *'
key -n client.admin --cap mon 'allow *' --cap osd 'allow *'
key -n osd.0 --cap mon 'allow profile osd' --cap osd 'allow *'
monmaptool --create --fsid "$fsid" --addv a "[v2:127.0.0.1:$monitor]" "$dir/monmap" >/dev/null
ceph-mon "${ceph[@]}" -i a --mkfs --monmap "$dir/monmap" --keyring "$dir/keyring"
ceph-mon "${ceph[@]}" -i a -f >"$dir/mon.out" 2>&1 &
osd=$(cat /proc/sys/kernel/random/uuid)
timeout 100 ceph "${ceph[@]}" osd new "$osd" >/dev/null
ceph-osd "${ceph[@]}" -i 0 --mkfs --osd-uuid "$osd" >"$dir/osd.out" 2>&1
ceph-osd "${ceph[@]}" -i 0 -f >>"$dir/osd.out" 2>&1 &
timeout 100 radosgw-admin "${ceph[@]}" user create --uid test --display-name test --access-key "$access" --secret-key "$secret" \
  >"$dir/user.out" 2>&1
radosgw "${ceph[@]}" -n client.admin -f >"$dir/gateway.out" 2>&1 &
gateway=$!
until curl --silent --output /dev/null "http://127.0.0.1:$port/"; do
  kill -0 "$gateway" 2>/dev/null || { cat "$dir"/gateway.out "$dir"/client.admin.log >&2; exit 1; }
  sleep 0.1
done
echo "ready http://127.0.0.1:$port $access $secret"
wait "$gateway"
