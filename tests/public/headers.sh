#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Each public header alone compiles as C11 and as C++17 without a warning, and twice in one file.
# usage: headers.sh EXTRA_FLAGS INCLUDE_DIR...    (EXTRA_FLAGS: one word for the shell to split)
set -eu

flags=$1
shift
includes=
for directory; do
        includes="$includes -I$directory"
done
warnings='-Wall -Wextra -Werror -pedantic'
failures=0
checked=0

check() { # HEADER COMPILER LANGUAGE STANDARD DEFINES
        checked=$((checked + 1))
        # shellcheck disable=SC2086
        if ! printf '#include <ekiden/%s>\n#include <ekiden/%s>\nextern int ekiden_unused;\n' \
                "$1" "$1" | "$2" -x "$3" -std="$4" $warnings $5 $includes $flags \
                -fsyntax-only -; then
                echo "<ekiden/$1> does not compile alone: $2 -std=$4" >&2
                failures=$((failures + 1))
        fi
}

for directory; do
        for path in "$directory"/ekiden/*.h; do
                header=$(basename "$path")
                defines=
                test "$header" = uv.h && defines=-D_GNU_SOURCE
                for compiler in gcc clang; do
                        command -v $compiler >/dev/null && check "$header" $compiler c c11 "$defines"
                done
                for compiler in g++ clang++; do
                        command -v $compiler >/dev/null &&
                                check "$header" $compiler c++ c++17 "$defines"
                done
        done
done
echo "$checked compilations, $failures failed"
test $checked -ge 16 && test $failures -eq 0
