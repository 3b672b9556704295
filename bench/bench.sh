#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Measures what Ekiden costs, in a build that exists, and prints one table; --json writes the same
# as JSON. README.md says what each line means.
#
#     bench/bench.sh BUILD_DIR [--json FILE] [--repetitions N]
set -euo pipefail

usage="usage: bench.sh BUILD_DIR [--json FILE] [--repetitions N]"
build=
json=
repetitions=101

die() {
        echo "bench: $*" >&2
        exit 1
}

while [ $# -gt 0 ]; do
        case $1 in
        --json) json=${2:?$usage}; shift 2 ;;
        --repetitions) repetitions=${2:?$usage}; shift 2 ;;
        -*) die "$usage" ;;
        *) build=$1; shift ;;
        esac
done
[ -n "$build" ] || die "$usage"
[[ $repetitions =~ ^[1-9][0-9]{0,2}$ ]] || die "N must be 1 to 999"
build=$(cd "$build" && pwd) || die "$build is not a directory"
programs=$build/bench
[ -x "$programs/bench-update-point" ] || die "$build has no bench programs; compile it first"
rows=$(mktemp)
trap 'rm -f "$rows"' EXIT

# Instructions of one loop alone, as callgrind counts them.
count_instructions() { # with|without PASSES
        valgrind --tool=callgrind --callgrind-out-file=/dev/null --toggle-collect="loop_$1" \
                "$programs/bench-update-point" "$1" "$2" 2>&1 >/dev/null |
                sed -n 's/.*Collected : \([0-9]*\).*/\1/p'
}

# The difference of two counts of passes leaves out what is done once.
instructions_per_pass() { # with|without
        local few many

        few=$(count_instructions "$1" 10000)
        many=$(count_instructions "$1" 20000)
        [ "${many:-0}" -gt "${few:-0}" ] ||
                die "callgrind counted nothing; it cannot read every compiler's output, gcc's it can"
        echo $((many - few)) | awk '{ print $1 / 10000 }'
}

measure_instructions() {
        if ! command -v valgrind >/dev/null; then
                echo "bench: instructions are not counted, valgrind is not installed" >&2
                return
        fi
        awk -v with="$(instructions_per_pass with)" -v without="$(instructions_per_pass without)" '
                BEGIN {
                        more = with - without
                        printf "update point\tinstructions of a pass more than without\t-\t1"
                        printf "\t%g\t%g\t%g\tthe same loop without\t%g\t%g\tvalue\t4\t%s\n",
                                more, more, more, without, with / without,
                                more <= 4 ? "pass" : "MISSED"
                }'
}

measure() {
        measure_instructions
        "$programs/bench-update-point" time "$repetitions" 10000000
        "$programs/bench-small-upgrade" "$repetitions" "$programs/bench-empty" \
                "$build"/samples/counter/counter-v{1,2,3}
        "$programs/bench-bulk-upgrade" $((repetitions < 25 ? repetitions : 25)) \
                "$programs/bench-bulk-server"
}

print_table() {
        awk -F '\t' '
                function number(text) {
                        if (text == "-")
                                return text
                        return text >= 1000 ? sprintf("%.0f", text) : sprintf("%.3g", text)
                }
                BEGIN {
                        form = "%-40s %9s %9s %9s %-9s  %-26s %9s %7s %7s  %s\n"
                        printf form, "", "median", "p10", "p90", "", "against", "median", "ratio",
                                "bound", "verdict"
                }
                $1 != group { print ""; print group = $1 }
                {
                        printf form, "  " $2, number($5), number($6), number($7),
                                $3 == "-" ? "" : $3, $8 == "-" ? "" : $8,
                                $9 == "-" ? "" : number($9), $10 == "-" ? "" : number($10),
                                $12 == "-" ? "" : "<= " $12 ($11 == "ratio" ? "x" : ""),
                                $13 == "-" ? "" : $13
                }'
}

print_json() {
        awk -F '\t' -v cores="$(nproc)" '
                function text(value) { return value == "-" ? "null" : "\"" value "\"" }
                function number(value) { return value == "-" ? "null" : value }
                BEGIN { printf "{\n  \"cores\": %d,\n  \"rows\": [", cores }
                {
                        printf "%s\n    {\"group\": %s, \"name\": %s, \"unit\": %s, ",
                                (NR > 1 ? "," : ""), text($1), text($2), text($3)
                        printf "\"samples\": %s, \"median\": %s, \"p10\": %s, \"p90\": %s, ",
                                $4, $5, $6, $7
                        printf "\"against\": %s, \"against_median\": %s, \"ratio\": %s, ",
                                text($8), number($9), number($10)
                        printf "\"bound_on\": %s, \"bound\": %s, \"verdict\": %s}",
                                text($11), number($12), text($13)
                }
                END { printf "\n  ]\n}\n" }'
}

measure >"$rows"
print_table <"$rows"
[ -z "$json" ] || print_json <"$rows" >"$json"
