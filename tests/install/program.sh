#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# Builds program/ outside of the tree with nothing but pkg-config, protoc-c and our plugin, as a
# user does, and upgrades it while a client is connected. The state must be there afterwards.
#
#     program.sh make|meson
set -euo pipefail

# shellcheck source-path=SCRIPTDIR source=support.sh
. "$(dirname "$0")/support.sh"

DEADLINE=30 # seconds for each wait; reached only when something is wrong

build_program() {
        cp -R "$(dirname "$0")/program" "$work/program"
        cd "$work/program"
        case $1 in
        make)
                make -s CC="$CC"
                ;;
        meson)
                "$MESON" setup build && "$MESON" compile -C build
                ;;
        *) die "usage: $0 make|meson" ;;
        esac >"$work/build.log" 2>&1 || die "the build failed: $(cat "$work/build.log")"
        if grep -i warning "$work/build.log" >&2; then
                die "the program compiles with warnings"
        fi
}

# The program's name, a dot and the PID name its control socket, before and after an upgrade.
program_pid() {
        local sockets=("$EKIDEN_RUNTIME_DIR"/abacus.*)

        [[ ${#sockets[@]} -eq 1 && -S ${sockets[0]} ]] || return 1
        echo "${sockets[0]##*.}"
}

clean_up() {
        local socket

        for socket in "${EKIDEN_RUNTIME_DIR-}"/abacus.*; do
                kill "${socket##*.}" 2>/dev/null || true # none, or one that left its socket behind
        done
        rm -rf "$work"
}

# Sets port. The output is a file, which the successor goes on with.
start_program() {
        local deadline=$((SECONDS + DEADLINE))

        port=
        build/abacus-v1 0 >"$work/output" 2>&1 &
        until [[ $port ]]; do
                ((SECONDS < deadline)) || die "abacus-v1 does not listen: $(cat "$work/output")"
                sleep 0.05
                port=$(sed -n 's/^listening on 127.0.0.1://p' "$work/output")
        done
}

# What the server answers to a line from the client, whose connection is descriptor $client.
ask() {
        local answer

        echo "$1" >&"$client"
        read -r -t "$DEADLINE" answer <&"$client" || die "no answer to \"$1\""
        echo "$answer"
}

expect() {
        [[ $1 =~ ^$2$ ]] || die "the answer is \"$1\", expected \"$2\""
}

# v1 knows since when the client is there in seconds; v2 has it in milliseconds by the transformer.
check_upgrade() {
        local answer before after since client newcomer

        exec {client}<>"/dev/tcp/127.0.0.1/$port"
        answer=$(ask one)
        expect "$answer" 'v1: line 1 of client 1, here since ([0-9]+) s, 1 in all'
        since=${BASH_REMATCH[1]}
        printf 'half of ' >&"$client"

        before=$(program_pid) || die "abacus-v1 has no control socket"
        "$root/bin/ekiden-upgrade" --quiet abacus build/abacus-v2 </dev/null ||
                die "ekiden-upgrade ended with status $?: $(cat "$work/output")"
        after=$(program_pid) || die "abacus-v2 has no control socket"
        [[ $before != "$after" ]] || die "process $before was not replaced"

        expect "$(ask two)" "v2: line 2 of client 1, here since ${since}000 ms, 2 in all"
        exec {newcomer}<>"/dev/tcp/127.0.0.1/$port"
        client=$newcomer
        expect "$(ask three)" 'v2: line 1 of client 2, here since [0-9]+ ms, 3 in all'
}

install_privately
export EKIDEN_RUNTIME_DIR=$work/run
build_program "${1-}"
start_program
check_upgrade
