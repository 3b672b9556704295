#!/bin/sh
# SPDX-License-Identifier: MIT
#
# An upgrade that joins one item with another and splits that other: what is looked up is fetched
# ahead, an item may be fetched several times, and no descriptor is left over.
#
#     join.sh TOOL VERSION_1 VERSION_2

set -eu

scratch=$(mktemp -d)
pid=
trap 'test -z "$pid" || kill "$pid" 2> /dev/null || true; rm -rf "$scratch"' EXIT
export EKIDEN_RUNTIME_DIR="$scratch"

: > "$scratch/pen"
"$2" > "$scratch/output" < "$scratch/pen" &
pid=$!
tries=0
until grep -q ready "$scratch/output"; do
        tries=$((tries + 1))
        test "$tries" -lt 200
        sleep 0.05
done
"$1" "$pid" "$3" > "$scratch/tool" 2>&1 || {
        cat "$scratch/tool"
        exit 1
}
tries=0
until [ "$(grep -c ready "$scratch/output")" -eq 2 ]; do
        tries=$((tries + 1))
        test "$tries" -lt 200
        sleep 0.05
done
cat > "$scratch/expected" << 'END'
0 pens
ready
reader 10 Ann
reader 11 Bob
page Tea by Ann
page Rain by Bob
page Sea by Ann
author 10 Ann with a pen
author 11 Bob with a pen
2 pens
ready
END
diff "$scratch/expected" "$scratch/output"
