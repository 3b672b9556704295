#!/bin/sh
# SPDX-License-Identifier: MIT
#
# usage: calls.sh calls.h
# The names of the calls in calls.h, one a line.
cd "$(dirname "$0")" && sed -nE 's/^ +X\(([a-z0-9_]+), .*/\1/p' "$1"
