#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Writes what protoc-gen-ekiden makes of the pairs of schemas in golden/ and says about those in bad/
# over the expected files. Read the difference (git diff) before you keep it: it is what users will see.
#
#     tests/codegen/hops/update-golden.sh BUILD_DIRECTORY

set -eu

if [ $# -ne 1 ]; then
        sed -n '4,7s/^# \{0,1\}//p' "$0" >&2
        exit 64
fi
plugin=$(realpath "$1/codegen/protoc-gen-ekiden")
includedir=$(pkg-config --variable=includedir protobuf || echo /usr/include)
cd "$(dirname "$0")"
idl=$(realpath ../../../idl)

run_protoc() {
        out=$1
        shift
        protoc --plugin=protoc-gen-ekiden="$plugin" -I. -I"$idl" -I"$includedir" \
                --ekiden_out="$out" "$@"
}

cd golden
for old in *_v1.proto; do
        new=${old%_v1.proto}_v2.proto
        for words in hop downgrade scaffold scaffold,downgrade; do
                run_protoc "$words:." "$old" "$new"
        done
done

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd ../bad
for old in *_v1.proto; do
        name=${old%_v1.proto}
        if run_protoc "hop:$scratch" "$old" "${name}_v2.proto" 2> "$scratch/errors"; then
                echo "$name: it was not refused" >&2
                exit 1
        fi
        sed '1s/^--ekiden_out: //' "$scratch/errors" > "$name.expected"
done
