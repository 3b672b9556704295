# shellcheck shell=bash
# SPDX-License-Identifier: MIT
#
# What ./run and the scripts beside this file share. They run at the root of the tree.

say() {
        echo "run: $*"
}

die() {
        echo "run: $*" >&2
        exit 1
}

# Names of all our C files, each followed by a NUL. Build directories are not ours; names that are
# longer than a line, which some goldens have, clang-format breaks in ways of its own.
c_sources() {
        find . \( -path './build*' -o -path ./.git -o -path './tests/codegen/hops/golden/long_*' \) \
                -prune -o -name '*.[ch]' -type f -print0
}

# configure DIRECTORY [MESON OPTION…]: once; meson itself sees when it must be done again.
configure() {
        local log

        [[ -f $1/build.ninja ]] && return
        say "configuring $1/"
        log=$(meson setup "$@" </dev/null 2>&1) ||
                die "meson setup $1 failed:
$log"
}

# configure_fuzz DIRECTORY: fuzzers need clang, and its sanitizers' libraries only in the end.
configure_fuzz() {
        CC=clang CXX=clang++ configure "$1" --buildtype=debugoptimized -Dfuzz=true -Db_lundef=false
}

# compile DIRECTORY [TARGET…]: goes on after an error, so that all are seen at once. Shows its progress
# on a terminal only.
compile() {
        local arguments=-k0

        [[ -t 1 ]] || arguments+=,--quiet
        meson compile -C "$1" --ninja-args="$arguments" "${@:2}" </dev/null ||
                die "the build in $1/ failed; the compiler's messages are above"
}

# test_and_sum_up DIRECTORY [MESON TEST OPTION…]: runs the tests of a build, shows what failed in
# full, and ends with the line "N passed, N failed". Its status is 0 if none failed.
test_and_sum_up() {
        local directory=$1 status=0

        shift
        rm -f "$directory"/meson-logs/testlog*.json
        CRITERION_VERBOSITY_LEVEL=1 meson test -C "$directory" --no-rebuild "$@" </dev/null || status=$?
        .ci/sum-up "$directory"/meson-logs/testlog*.json || status=1
        return "$status"
}
