#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# redis-cli and redis-benchmark of Debian's redis-tools work with the store, and go on across upgrades.
# Skipped where they are not installed.
set -euo pipefail

upgrade=$1
releases=("${@:2}")

die() {
        echo "kv_redis.sh: $*" >&2
        exit 1
}

if ! command -v redis-cli >/dev/null || ! command -v redis-benchmark >/dev/null; then
        echo "skipped: redis-tools is not installed"
        exit 77
fi

directory=$(mktemp -d)
server=
finish() {
        [[ -z $server ]] || kill "$server" 2>/dev/null || true
        rm -rf "$directory"
}
trap finish EXIT

export EKIDEN_RUNTIME_DIR=$directory
: >"$directory/output"
"${releases[0]}" --port 0 >"$directory/output" </dev/null &
server=$!
for ((i = 0; i < 200; i++)); do
        port=$(sed -n 's/^listening on 127.0.0.1://p' "$directory/output")
        [[ -z $port ]] || break
        sleep 0.05
done
[[ -n $port ]] || die "the store does not listen"

cli() {
        timeout 20 redis-cli -p "$port" "$@" </dev/null
}

expect() {
        local expected=$1 answer

        shift
        answer=$(cli "$@")
        [[ $answer == "$expected" ]] || die "\"$*\" was answered \"$answer\", and not \"$expected\""
}

upgrade_to() {
        "$upgrade" --quiet --timeout 60 kv "$1" </dev/null || die "the upgrade to $1 failed"
        server=$(cli info server | tr -d '\r' | sed -n 's/^process_id://p')
}

# Each command of one session, among them what redis-cli asks for by itself.
[[ $(printf 'set a 1\nincr a\nget a\n' | timeout 20 redis-cli -p "$port") == $'OK\n2\n2' ]] ||
        die "a session of redis-cli is not answered as it should be"
expect OK mset key:1 a key:2 b
upgrade_to "${releases[1]}"
expect 2 get a
expect OK set b 2 ex 100
[[ $(cli --scan --pattern 'key:*' | sort) == $'key:1\nkey:2' ]] || die "--scan does not find the keys"

# A benchmark under way is not told that its server is another one.
timeout 120 redis-benchmark -p "$port" -c 20 -P 8 -n 300000 -r 20000 -t set,get,incr --csv \
        >"$directory/benchmark" 2>"$directory/complaints" </dev/null &
benchmark=$!
for release in "${releases[2]}" "${releases[1]}" "${releases[2]}"; do
        upgrade_to "$release"
done
wait "$benchmark" || die "redis-benchmark failed: $(cat "$directory/complaints")"
for name in SET GET INCR; do
        grep -q "^\"$name\"" "$directory/benchmark" || die "redis-benchmark measured no $name"
done
expect 2 get a
