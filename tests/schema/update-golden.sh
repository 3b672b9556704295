#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# Renews everything_v1.proto after a change that is meant; look at the difference before it is committed.
# usage: update-golden.sh BUILD_DIRECTORY
set -euo pipefail

build=$(realpath "$1")
cd "$(dirname "$(realpath "$0")")"
"$build/tools/schema/ekiden-schema" import -I../../runtime/include everything.h --struct foo \
        > everything_v1.proto.new
mv everything_v1.proto.new everything_v1.proto
