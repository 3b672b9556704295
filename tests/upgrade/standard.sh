#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Where standard descriptors were closed at the start, a successor has /dev/null there, not what the
# predecessor opened since.
#
#     standard.sh TOOL COUNTER_1 COUNTER_2
set -eu

scratch=$(mktemp -d)
pids=
# shellcheck disable=SC2086 # several processes are several words
trap 'test -z "$pids" || kill -9 $pids 2> /dev/null || true; rm -rf "$scratch"' EXIT
export EKIDEN_RUNTIME_DIR="$scratch/run"

# within COMMAND…: it succeeds within a few seconds.
within() {
        tries=0
        until "$@" 2> /dev/null; do
                tries=$((tries + 1))
                if [ "$tries" -gt 400 ]; then
                        echo "not within 20 s: $*"
                        return 1
                fi
                sleep 0.05
        done
}

"$2" 0 <&- >&- 2>&- &
old=$!
pids=$old
within "$1" --quiet --timeout 5 "$old" "$3"
new=$("$1" --status --json counter | sed 's/.*"pid":\([0-9]*\),"version".*/\1/')
pids="$old $new"
for number in 0 1 2; do
        target=$(readlink "/proc/$new/fd/$number")
        if [ "$target" != /dev/null ]; then
                echo "standard descriptor $number leads to $target"
                exit 1
        fi
done
