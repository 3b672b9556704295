#!/bin/sh
# SPDX-License-Identifier: MIT
#
# systemd finds nothing wrong with the counter's unit, with the programs of the build in it.
# usage: unit.sh UNIT COUNTER EKIDEN_UPGRADE
set -eu

command -v systemd-analyze >/dev/null || {
        echo "there is no systemd-analyze"
        exit 77
}
counter=$(realpath "$2")
tool=$(realpath "$3")
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
sed -e "s|/usr/local/bin/counter|$counter|; s|/usr/local/bin/ekiden-upgrade|$tool|" "$1" \
        >"$scratch/counter.service"
complaints=$(systemd-analyze verify --man=no "$scratch/counter.service" 2>&1 |
        grep "$scratch\|counter.service" || true)
if [ -n "$complaints" ]; then
        echo "$complaints"
        exit 1
fi
