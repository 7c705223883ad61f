#!/bin/sh
# Installs the programs that the tests use besides Node and Python with pip: web servers (nginx, Caddy), proxies
# (tinyproxy for HTTP, microsocks for SOCKS 5), installers (Poetry, PDM) and systemd-analyze.
# Debian and Ubuntu, as root; does nothing where all are on the PATH.
set -eu

# program:package
programs='nginx:nginx caddy:caddy tinyproxy:tinyproxy microsocks:microsocks
  poetry:python3-poetry pdm:python3-pdm systemd-analyze:systemd'

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
