/* SPDX-License-Identifier: MIT */
/*
 * An arena as an item: the two descriptors of its memory files go to the successor, which maps them
 * privately until it serves.
 */
#pragma once

#include <ekiden/arena.h>

#include "ekiden/handover.pb-c.h"
#include "state/tagged.h"

/** Fills the message with an arena, NULL being none: 1, or an error with its sentence. */
int ek_arena_put(struct ekiden_arena *const *arena, Ekiden__Value *value,
                 struct ekiden_cursor *cursor);

/** Takes one over; its descriptors are consumed after success only. 0, or an error with its
    sentence. */
int ek_arena_get(const char *name, const Ekiden__Value *value, struct ekiden_arena **ret_arena,
                 struct ekiden_cursor *cursor);

/** The item leaves for a snapshot, in which memory files are of no use: takes them out of it. */
void ek_arena_strip(const struct ekiden_message *type, ProtobufCMessage *record);

/** This process serves, and nobody else will: what it has changed in arenas that it took over
    becomes what is in them. An arena that this fails for stays as it is, and is tried again when it
    is handed over. */
void ek_arenas_settle(void);

/** The successor serves, and this process will no more: what it still writes into its arenas, as it
    leaves, nobody else sees. */
void ek_arenas_let_go(void);

/** Around the split of a process whose PID is kept: the keeper has the arenas that it had. */
void ek_arenas_before_split(void);
void ek_arenas_after_split(void);
