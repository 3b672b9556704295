#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# What `meson install` puts where, and what ekiden.pc says of it. Every problem is reported before
# the test fails.
set -euo pipefail

# shellcheck source-path=SCRIPTDIR source=support.sh
. "$(dirname "$0")/support.sh"

problems=0

problem() {
        echo "$*" >&2
        problems=$((problems + 1))
}

expect_file() {
        [[ -s $root/$1 ]] || problem "$1 is not installed"
}

expect_equal() {
        [[ $2 == "$3" ]] || problem "$1 is \"$2\", expected \"$3\""
}

expect_library() {
        local library=$LIBDIR/libekiden.so

        expect_file "$library.$VERSION"
        expect_equal "the link $library" "$(readlink "$root/$library")" libekiden.so.0
        expect_equal "the link $library.0" "$(readlink "$root/$library.0")" "libekiden.so.$VERSION"
        expect_equal "the soname" \
                "$(objdump -p "$root/$library" | awk '$1 == "SONAME" { print $2 }')" libekiden.so.0
}

expect_locks() {
        expect_file "$LIBDIR/libekiden-locks.so"
}

expect_headers() {
        local header

        for header in annotate codec ekiden error hop native native_assert observer schema snapshot start tag \
                thread update_point uv; do
                expect_file "include/ekiden/$header.h"
        done
        expect_file include/ekiden/options.proto
        expect_file include/ekiden/options.pb-c.h
}

expect_commands() {
        expect_equal "ekiden-upgrade --version" "$("$root/bin/ekiden-upgrade" --version)" \
                "ekiden-upgrade $VERSION"
        expect_equal "ekiden-inspect --version" "$("$root/bin/ekiden-inspect" --version)" \
                "ekiden-inspect $VERSION"
        expect_equal "ekiden-schema --version" "$("$root/bin/ekiden-schema" --version)" \
                "ekiden-schema $VERSION"
        [[ -x $root/bin/protoc-gen-ekiden ]] || problem "protoc-gen-ekiden is not installed"
        expect_file share/man/man1/ekiden-inspect.1
        expect_file share/man/man1/ekiden-schema.1
        expect_file share/man/man1/ekiden-upgrade.1
        expect_file share/man/man1/protoc-gen-ekiden.1
        expect_file share/man/man3/libekiden.3
}

# A program needs libekiden, protobuf-c (its generated code calls that), and nothing else.
expect_pkg_config() {
        local libs

        libs=$(pkg-config --libs ekiden)
        expect_equal "ekiden.pc's version" "$(pkg-config --modversion ekiden)" "$VERSION"
        expect_equal "pkg-config --libs" "${libs% }" "-L$library_dir -lekiden -lprotobuf-c"
        expect_equal "protodir" "$(pkg-config --variable=protodir ekiden)" "$root/include"
        expect_equal "plugin" "$(pkg-config --variable=plugin ekiden)" \
                "$root/bin/protoc-gen-ekiden"
}

# A static library, a private header or a sample in the installation would be a promise to keep.
expect_nothing_else() {
        local file

        while read -r file; do
                case $file in
                bin/ekiden-inspect | bin/ekiden-schema | bin/ekiden-upgrade | bin/protoc-gen-ekiden) ;;
                include/ekiden/*) ;;
                "$LIBDIR"/libekiden-systemd.so* | "$LIBDIR"/pkgconfig/ekiden-systemd.pc) ;;
                "$LIBDIR"/libekiden.so* | "$LIBDIR"/libekiden-locks.so | "$LIBDIR"/pkgconfig/ekiden.pc | share/*) ;;
                *) problem "$file should not be installed" ;;
                esac
        done < <(cd "$root" && find . -not -type d -printf '%P\n')
}

install_privately
expect_library
expect_locks
expect_headers
expect_commands
expect_pkg_config
expect_nothing_else
((problems == 0)) || die "$problems problems"
