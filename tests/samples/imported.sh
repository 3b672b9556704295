#!/bin/sh
# SPDX-License-Identifier: MIT
# The annotated sample's schema is what ekiden-schema makes of its header, unedited; but it was released
# when identities were called `id`, and keeps the name.
#
#     imported.sh EKIDEN_SCHEMA SAMPLE_DIRECTORY INCLUDE_DIRECTORY…
set -eu

tool=$1
sample=$2
shift 2
for directory; do
        shift
        set -- "$@" -I "$directory"
done
cd "$sample"
"$tool" import "$@" foo_v1.h --struct foo --struct client --program annotated |
        sed 's/uint64 identity = \(.*\)identity = true/uint64 id = \1identity = true/' |
        diff -u state/annotated_v1.proto -
