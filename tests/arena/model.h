/* SPDX-License-Identifier: MIT */
/* A model of what a program keeps in an arena: which blocks it has, and what it wrote into them. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arena/arena.h"

#define MODEL_BLOCKS 512

struct model {
        struct ekiden_arena *arena;
        uint64_t dice; /* state of the generator; not 0 */
        size_t largest; /* bytes that are asked for at most */
        struct model_block {
                size_t offset; /* in the arena; 0: there is none */
                size_t size;
                uint8_t pattern;
        } blocks[MODEL_BLOCKS];
};

uint64_t model_dice(struct model *model);

/** One step: a block is made, resized or freed. true: nothing unexpected happened. */
bool model_step(struct model *model);

/** Whether each block holds what was written into it, and the arena is sound and counts as the
    model does. */
bool model_agrees(const struct model *model);

/** The same arena, elsewhere. */
void model_move(struct model *model, struct ekiden_arena *arena);

/** Frees all. */
void model_clear(struct model *model);

/** A digest of what lies in the arena's files. */
uint64_t model_digest(const struct ekiden_arena *arena);

/** A second mapping of an arena, as its successor would have it. */
struct ekiden_arena *model_attach(const struct ekiden_arena *arena);

/** Descriptors that this process has open. */
size_t model_open_files(void);
