#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Runs the demo from a build directory.
#
#     samples/demo/demo.sh BUILD_DIR
set -eu

if [ $# -ne 1 ]; then
        echo "usage: $0 BUILD_DIR" >&2
        exit 64
fi
build=$(cd "$1" && pwd)
chat=$build/samples/chat
exec "$build/samples/demo/demo" "$build/tools/ekiden-upgrade" \
        "$chat/chat-v1" "$chat/chat-v2" "$chat/chat-v3"
