/* SPDX-License-Identifier: MIT */
/*
 * Arenas that have come before the program tagged them, as items came whose bytes lie in them: they
 * are held until it does. So the order of tag calls does not matter, and a version that has nothing
 * in an arena any more need not tag it.
 */
#pragma once

#include <ekiden/arena.h>

#include "state/lookup.h"
#include "state/tagged.h"

/**
 * Fetches the arenas in which an item has bytes, here or at its source, unless the program has
 * tagged them.
 *
 * @param source  the item, as its source has it
 * @param pull    as in struct ek_fetch, with its data
 * @return 0, or an error with its sentence
 */
int ek_arena_hold(const struct ekiden_item *source, const struct ek_tagged *tagged,
                  ek_pull_function pull, void *data, struct ekiden_error *error);

/** The program tags one that is held: true, and it is the program's. */
bool ek_arena_take_held(const struct ek_tagged *tagged);

/** One that is held, or NULL. */
struct ekiden_arena *ek_arena_held(const char *name);

/** The program has been given bytes in an arena that is held: it must tag it. */
void ek_arena_use_held(const char *name);

/** Nothing more comes: 0; or EREFUSED, with a sentence: the program was given bytes in an arena
   that it has not tagged. */
int ek_arena_check_held(struct ekiden_error *error);

/** Ends those that are held. */
void ek_arena_drop_held(void);
