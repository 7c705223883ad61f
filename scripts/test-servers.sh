#!/bin/sh
# Installs the programs that the tests use besides Node and Python with pip: web servers (nginx, Caddy), proxies
# (tinyproxy for HTTP, microsocks for SOCKS 5), installers (Poetry, PDM), systemd-analyze, tmux, and Ceph's object
# gateway as the S3 server where Python has no moto.
# Debian and Ubuntu, as root; does nothing where all are on the PATH.
set -eu

# program:package
programs='nginx:nginx caddy:caddy tinyproxy:tinyproxy microsocks:microsocks
  poetry:python3-poetry pdm:python3-pdm systemd-analyze:systemd tmux:tmux'
python3 -c 'import moto.server' 2>/dev/null || programs="$programs radosgw:radosgw ceph-mon:ceph-mon ceph-osd:ceph-osd"

missing=
for entry in $programs; do
  command -v "${entry%%:*}" >/dev/null 2>&1 || missing="$missing ${entry#*:}"
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
