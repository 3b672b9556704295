/* SPDX-License-Identifier: MIT */
/*
 * What becomes of the predecessor's blocks: one that a record named is claimed by the struct that
 * the record becomes, or else, if a transformer has dropped it, free at the end. Blocks that no
 * record has named stay as they are.
 */
#include <stdlib.h>
#include <string.h>

#include "arena/arena.h"

#define RECENT 64 /* blocks whose numbers are remembered: those of the record in hand, mostly */

struct ek_arena_claims {
        uint32_t count; /* entries that the predecessor had */
        struct {
                const void *memory;
                uint32_t number;
        } recent[RECENT];
        uint8_t *claimed; /* behind `named`: as many bits */
        uint8_t named[];
};

static bool is_set(const uint8_t *bits, uint32_t number)
{
        return bits[number / 8] >> number % 8 & 1;
}

static void set(uint8_t *bits, uint32_t number)
{
        bits[number / 8] |= (uint8_t)(1 << number % 8);
}

/* Whatever the header says, there are no more entries than the table has room for. */
static int make_claims(struct ekiden_arena *arena)
{
        uint64_t room = ek_arena_entries_max(arena);
        uint64_t count = ek_arena_header(arena)->count;
        size_t bytes;

        if (count > room)
                count = room;
        bytes = (size_t)count / 8 + 1;
        arena->claims = calloc(1, sizeof(*arena->claims) + 2 * bytes);
        if (!arena->claims)
                return EKIDEN_ENOMEM;
        arena->claims->count = (uint32_t)count;
        arena->claims->claimed = arena->claims->named + bytes;
        return 0;
}

static size_t place_of(const void *memory)
{
        return (uintptr_t)memory / EK_BLOCK_GRANULE % RECENT;
}

int ek_arena_name(struct ekiden_arena *arena, uint32_t number, const void *memory)
{
        int r = arena->claims ? 0 : make_claims(arena);

        if (r < 0)
                return r;
        if (number < arena->claims->count)
                set(arena->claims->named, number);
        arena->claims->recent[place_of(memory)].memory = memory;
        arena->claims->recent[place_of(memory)].number = number;
        return 0;
}

bool ek_arena_claim(struct ekiden_arena *arena, const void *memory, size_t size_bytes)
{
        struct ek_arena_claims *claims = arena->claims;
        size_t place = place_of(memory);
        uint32_t number;

        if (!claims || !ekiden_arena_holds(arena, memory))
                return false;
        if (claims->recent[place].memory == memory)
                number = claims->recent[place].number;
        else if (ek_arena_find(arena, memory, &number) < 0)
                return false;
        if (number >= claims->count || !is_set(claims->named, number) ||
            is_set(claims->claimed, number) || ek_arena_memory(arena, number, size_bytes) != memory)
                return false;
        set(claims->claimed, number);
        return true;
}

void ek_arena_settle_claims(struct ekiden_arena *arena)
{
        struct ek_arena_claims *claims = arena->claims;

        for (uint64_t next = 1; claims && next < claims->count; next++) {
                uint32_t number = (uint32_t)next;

                if (number % 8 == 0 && claims->named[number / 8] == claims->claimed[number / 8]) {
                        next += 7;
                        continue;
                }
                if (is_set(claims->named, number) && !is_set(claims->claimed, number))
                        (void)ek_arena_give(arena, number); /* what is lost is lost */
        }
        free(claims);
        arena->claims = NULL;
}
