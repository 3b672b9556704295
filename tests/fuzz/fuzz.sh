#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# Runs the fuzzers of a build made with -Dfuzz=true, two at a time, and tells what came of it:
#
#     tests/fuzz/fuzz.sh BUILD SECONDS [TARGET…]    each target so long; the last line is
#                                                   "N passed, N failed"
#     tests/fuzz/fuzz.sh --merge BUILD [TARGET…]    what was found to lead somewhere new, as small as
#                                                   can be, into corpus/, beside the seeds
#
# Inputs that are new go into BUILD/fuzz/TARGET, where the next run begins; one that ends a target
# into BUILD/fuzz/found/.
set -euo pipefail

root=$(realpath "$(dirname "$0")/../..")
corpus=$root/tests/fuzz/corpus
corpus_bytes=13000 # of a target in the tree, beside its seeds

die() {
        echo "fuzz.sh: $*" >&2
        exit 1
}

# The largest input of a target, bytes.
longest() {
        case $1 in
        lock_file) echo 1024 ;;
        control) echo 2048 ;;
        inspect) echo 16384 ;;
        *) echo 6144 ;;
        esac
}

# run_target TARGET: its log says what came of it.
run_target() {
        local target=$1

        mkdir -p "$work/$target" "$work/found"
        timeout $((seconds + 120)) "$fuzzers/fuzz-$target" -max_total_time="$seconds" -timeout=20 \
                -rss_limit_mb=2048 -max_len="$(longest "$target")" -print_final_stats=1 \
                -artifact_prefix="$work/found/$target-" "$work/$target" "$corpus/$target" \
                </dev/null >"$work/$target.log" 2>&1 || echo "ended with status $?" >>"$work/$target.log"
}

# The last value of a word in a log; 0 if there is none.
value_of() {
        local found

        found=$(grep -oE "$2 *[0-9]+" "$1" | tail -n 1 | grep -oE '[0-9]+$') || found=0
        echo "$found"
}

# One row; what ended a target comes below the table.
show_row() {
        local target=$1 log=$work/$1.log finding=none

        if grep -q '^ended with status' "$log"; then
                finding=$(grep -E '^SUMMARY|does not hold|runtime error' "$log" | head -n 1)
                failed+=("$target")
        fi
        printf '%-14s %12s %10s %8s %8s %8s  %s\n' "$target" \
                "$(value_of "$log" 'stat::number_of_executed_units:')" \
                "$(value_of "$log" 'stat::average_exec_per_sec:')" \
                "$(value_of "$log" 'cov:')" "$(value_of "$log" 'ft:')" \
                "$(value_of "$log" 'corp:')" "${finding:-see $log}"
}

run_all() {
        local target

        failed=()
        for target in "${targets[@]}"; do
                while (($(jobs -pr | wc -l) >= 2)); do
                        wait -n || true
                done
                run_target "$target" &
        done
        wait
        printf '%-14s %12s %10s %8s %8s %8s  %s\n' target executions 'a second' cov ft corpus finding
        for target in "${targets[@]}"; do
                show_row "$target"
        done
        for target in "${failed[@]}"; do
                echo "== $work/$target.log"
                tail -n 40 "$work/$target.log"
        done
        echo "$((${#targets[@]} - ${#failed[@]})) passed, ${#failed[@]} failed"
        ((${#failed[@]} == 0))
}

# Smallest first, so that what does not fit are the largest.
merge_target() {
        local target=$1 scratch size=0 file bytes

        scratch=$(mktemp -d)
        mkdir -p "$work/$target"
        "$fuzzers/fuzz-$target" -merge=1 -max_len="$(longest "$target")" "$scratch" \
                "$corpus/$target" "$work/$target" </dev/null >"$work/$target-merge.log" 2>&1 ||
                die "$target cannot be merged: see $work/$target-merge.log"
        find "$corpus/$target" -type f ! -name 'seed-*' -delete
        while read -r bytes file; do
                ((size + bytes <= corpus_bytes)) || break
                size=$((size + bytes))
                cp "$file" "$corpus/$target/$(basename "$file" | cut -c 1-12)"
        done < <(find "$scratch" -type f -printf '%s %p\n' | sort -n)
        rm -rf "$scratch"
        echo "$target: $(find "$corpus/$target" -type f | wc -l) inputs, $size bytes"
}

merge=false
if [[ ${1-} == --merge ]]; then
        merge=true
        shift
        [[ $# -ge 1 ]] || die "usage: fuzz.sh --merge BUILD [TARGET…]"
        set -- "$1" 0 "${@:2}"
fi
[[ $# -ge 2 && $2 =~ ^[0-9]+$ ]] || die "usage: fuzz.sh BUILD SECONDS [TARGET…]"
build=$(realpath "$1")
seconds=$2
shift 2
fuzzers=$build/tests/fuzz
work=$build/fuzz
mapfile -t all < <(find "$fuzzers" -maxdepth 1 -type f -name 'fuzz-*' -perm /111 -printf '%f\n' |
        sed 's/^fuzz-//' | sort)
[[ ${#all[@]} -gt 0 ]] || die "$fuzzers has no fuzzers: build it with -Dfuzz=true"
targets=("$@")
[[ $# -gt 0 ]] || targets=("${all[@]}")
for target in "${targets[@]}"; do
        [[ -x $fuzzers/fuzz-$target ]] || die "there is no target \"$target\"; there are: ${all[*]}"
done
mkdir -p "$work"
if $merge; then
        for target in "${targets[@]}"; do
                merge_target "$target"
        done
else
        run_all
fi
