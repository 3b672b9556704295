/* SPDX-License-Identifier: MIT */
/*
 * Which block begins where: for each page of the data the first block that begins in it; from that
 * one on neighbours lead to the others. So an address becomes a block by the table alone: who hands
 * over an arena that it has taken over itself need not touch the data, of which it may never have
 * mapped a page.
 */
#include "arena/arena.h"

#define STEPS_MAX (EK_ARENA_PAGE / EK_BLOCK_MIN + 1)

static uint32_t *place_of(const struct ekiden_arena *arena, uint64_t offset)
{
        return (uint32_t *)(void *)(arena->table.base + EK_ARENA_TABLE_START) +
               offset / EK_ARENA_PAGE;
}

static bool are_in_one_page(uint64_t one, uint64_t other)
{
        return one / EK_ARENA_PAGE == other / EK_ARENA_PAGE;
}

void ek_starts_add(const struct ekiden_arena *arena, uint32_t number)
{
        const struct ek_block *block = ek_block_at(arena, number), *first;
        uint64_t offset = block ? block->offset : 0;
        uint32_t *place;

        if (!block || offset >= arena->data.bytes)
                return;
        place = place_of(arena, offset);
        first = ek_block_at(arena, *place);
        if (!first || !are_in_one_page(first->offset, offset) || first->offset > offset)
                *place = number;
}

void ek_starts_remove(const struct ekiden_arena *arena, uint32_t number)
{
        const struct ek_block *block = ek_block_at(arena, number), *after;
        uint64_t offset = block ? block->offset : 0;
        uint32_t *place;

        if (!block || offset >= arena->data.bytes)
                return;
        place = place_of(arena, offset);
        if (*place != number)
                return;
        after = ek_block_at(arena, block->after);
        *place = after && are_in_one_page(after->offset, offset) ? block->after : 0;
}

bool ek_starts_find(const struct ekiden_arena *arena, uint64_t offset, uint32_t *ret_number)
{
        uint32_t number = offset < arena->data.bytes ? *place_of(arena, offset) : 0;

        for (unsigned int i = 0; i < STEPS_MAX; i++) {
                const struct ek_block *block = ek_block_at(arena, number);

                if (!block || block->offset > offset)
                        return false;
                if (block->offset == offset) {
                        *ret_number = number;
                        return true;
                }
                number = block->after;
        }
        return false;
}
