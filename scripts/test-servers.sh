#!/bin/sh
# Installs the programs that the tests use besides Node: web servers (nginx, Caddy, Apache), proxies (tinyproxy, microsocks),
# installers (pip, Poetry, PDM), an S3 server (Ceph's object gateway), shells, and small tools.
# On Debian and Ubuntu as root. Elsewhere it names what is missing and succeeds: `npm test` leaves out the tests that
# need it, and says so at its end. With CI=true it fails instead. Does nothing when everything is there.
set -eu

# program:package
programs='nginx:nginx-light caddy:caddy apache2:apache2 tinyproxy:tinyproxy microsocks:microsocks
  poetry:python3-poetry pdm:python3-pdm python3:python3 pip3:python3-pip
  curl:curl rsync:rsync openssl:openssl tmux:tmux time:time unshare:util-linux
  bash:bash zsh:zsh fish:fish mandoc:mandoc systemd-analyze:systemd'
s3='radosgw:radosgw ceph-mon:ceph-mon ceph-osd:ceph-osd ceph:ceph-common'
moto=${TMPDIR:-/tmp}/bandersnatch-test-moto
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin

# What of $1 is missing: programs, or with $2 = package their packages.
missing() {
  for entry in $1; do
    command -v "${entry%%:*}" >/dev/null 2>&1 && continue
    case ${2:-program} in
      package) echo "${entry#*:}" ;;
      *) echo "${entry%%:*}" ;;
    esac
  done | sort -u
}

has_moto() {
  PYTHONPATH=$moto "${PYTHON:-python3}" -c 'import moto.server' >/dev/null 2>&1
}

if ! has_moto; then programs="$programs $s3"; fi
[ -z "$(missing "$programs")" ] && exit 0

if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -q
  for package in $(missing "$programs" package); do
    if apt-cache show "$package" >/dev/null 2>&1; then set -- "$@" "$package"; fi
  done
  [ $# = 0 ] || apt-get install -y -q --no-install-recommends "$@"
elif [ -n "$(missing "$s3")" ]; then
  # moto, an S3 server in Python, needs no root.
  "${PYTHON:-python3}" -m pip install --quiet --retries 1 --target "$moto" 'moto[server]' || rm -rf "$moto"
  if has_moto; then programs=$(printf '%s\n' $programs | grep -v -e '^radosgw' -e '^ceph'); fi
fi

left=$(missing "$programs" | tr '\n' ' ')
[ -z "$left" ] && exit 0
echo "Not installed: $left(as root on Debian this script installs them)" >&2
[ "${CI:-}" != true ]
