/* SPDX-License-Identifier: MIT */
/*
 * Starting successors for other processes of the program (<ekiden/sandbox.h>): who asks for one
 * sends the successor's end of the handover's socket pair, and the token; the program forks, and
 * the child takes both.
 */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "ekiden/control.pb-c.h"
#include "entry/operators.h"
#include "handover/token.h"

/* What a child is to succeed to. */
struct ek_spawn_order {
        int socket; /* of the handover; close-on-exec */
        struct ek_token token;
        char role[EKIDEN_NAME_MAX + 1];
};

/** Has the program start a successor, and answers SPAWNED or FAILED, the last event. The caller
    releases the operator. */
void ek_spawner_serve(struct ek_operator *operator_, const Ekiden__SpawnRequest *asked);

/** In a child that the program's function has forked: what it is to succeed to, once; the caller
    owns the socket. False: this is no such child. */
bool ek_spawner_take(struct ek_spawn_order *ret_order);
