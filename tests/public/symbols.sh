#!/bin/sh
# SPDX-License-Identifier: MIT
#
# What libekiden exports is exactly what its symbol map lists, each symbol is declared in a public
# header below a comment that documents it, and no header declares what is not exported.
# usage: symbols.sh LIBRARY MAP HEADER...
set -eu

library=$1
map=$2
shift 2
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

sed -n '/global:/,/local:/s/^ *\([a-z_0-9]*\);$/\1/p' "$map" | sort >"$scratch/listed"
nm -D --defined-only --extern-only "$library" | awk '$2 != "A" { sub("@.*", "", $3); print $3 }' |
        sort >"$scratch/exported"

# Declarations at the margin: `type name(` or `extern type name;`. A paragraph, which is what stands
# between two empty lines, is documented if it begins with a comment of two stars.
awk '
        function name_in(line) {
                if (match(line, /ekiden_[a-z_0-9]*(\(|;)/))
                        return substr(line, RSTART, RLENGTH - 1)
                return ""
        }
        FNR == 1 || /^$/ { documented = 0; fresh = 1 }
        /^$/ { next }
        fresh { documented = ($0 ~ /^\/\*\*/); fresh = 0 }
        /^[A-Za-z].*ekiden_[a-z_0-9]*\(/ || /^extern .*ekiden_[a-z_0-9]*;/ {
                if ($0 ~ /^(static|typedef|return|EKIDEN_CODEC_INLINE)/)
                        next
                name = name_in($0)
                if (name != "")
                        print name, documented ? "documented" : "undocumented"
        }
' "$@" | sort >"$scratch/found"
cut -d' ' -f1 "$scratch/found" | sort >"$scratch/declared"
failed=0

compare() { # WHAT FILE FILE
        if ! diff "$2" "$3" >"$scratch/difference"; then
                echo "$1:" >&2
                cat "$scratch/difference" >&2
                failed=1
        fi
}

test "$(wc -l <"$scratch/listed")" -ge 40 || {
        echo "the map $map lists hardly anything: this test reads it wrongly" >&2
        failed=1
}
compare 'listed in the map (<) and exported by the library (>) differ' \
        "$scratch/listed" "$scratch/exported"
compare 'listed in the map (<) and declared in public headers (>) differ' \
        "$scratch/listed" "$scratch/declared"
if grep ' undocumented$' "$scratch/found" >"$scratch/undocumented"; then
        echo 'declared without a /** comment */ in front:' >&2
        cat "$scratch/undocumented" >&2
        failed=1
fi
exit $failed
