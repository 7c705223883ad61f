#!/bin/sh
# Installs the servers that the tests talk to: nginx, tinyproxy (HTTP proxy) and microsocks (SOCKS 5).
# Debian and Ubuntu, as root; does nothing where all are on the PATH.
set -eu

missing=
for name in nginx tinyproxy microsocks; do
  command -v "$name" >/dev/null 2>&1 || missing="$missing $name"
done
[ -z "$missing" ] && exit 0

if [ "$(id -u)" != 0 ]; then
  echo "the tests need$missing: install them, or run $0 as root" >&2
  exit 1
fi
export DEBIAN_FRONTEND=noninteractive
apt-get update -q
# shellcheck disable=SC2086
apt-get install -y -q --no-install-recommends $missing
