/* SPDX-License-Identifier: MIT */
/*
 * The table of blocks: entries made and given back, and free ones in lists by their size, which two
 * bitmaps lead to. Whatever is read here may have been written by another process; so each number
 * goes through ek_block_at(), and no list is followed but for a few steps.
 */
#include "arena/arena.h"

#define NEAR_ENOUGH \
        16 /* blocks of a class that are looked at, where not all of it are large enough */

struct class
{
        unsigned int level, sublevel;
};

/* The class that a free block of this size is in. One that whoever can write to the table has made
   smaller or larger, since it was looked at, is in some class, too. */
static struct class class_of(uint64_t size)
{
        unsigned int bit = 63 - (unsigned int)__builtin_clzll(size | EK_BLOCK_MIN);
        unsigned int level = bit - EK_LEVEL_FIRST;

        return (struct class){level < EK_LEVELS ? level : EK_LEVELS - 1,
                              (size >> (bit - 4)) & (EK_SUBLEVELS - 1)};
}

struct ek_block *ek_block_at(const struct ekiden_arena *arena, uint32_t number)
{
        struct ek_block *block = ek_arena_entries(arena) + number;
        uint64_t offset, size;

        if (number == 0 || number >= ek_arena_entries_max(arena))
                return NULL;
        offset = block->offset;
        size = ek_block_size(block);
        if (offset % EK_BLOCK_GRANULE != 0 || size % EK_BLOCK_GRANULE != 0 || size < EK_BLOCK_MIN ||
            offset > arena->data.bytes || size > arena->data.bytes - offset)
                return NULL;
        return block;
}

static int damaged(struct ekiden_arena *arena)
{
        arena->is_damaged = true;
        return EKIDEN_EPROTOCOL;
}

/* A list's head, changed, and with it the bits that lead to it. */
static void set_head(struct ekiden_arena *arena, struct class class, uint32_t number)
{
        struct ek_arena_header *header = ek_arena_header(arena);
        uint32_t sublevel = UINT32_C(1) << class.sublevel;

        header->heads[class.level][class.sublevel] = number;
        if (number != 0)
                header->sublevels[class.level] |= sublevel;
        else
                header->sublevels[class.level] &= ~sublevel;
        if (header->sublevels[class.level] != 0)
                header->levels |= UINT64_C(1) << class.level;
        else
                header->levels &= ~(UINT64_C(1) << class.level);
}

int ek_block_list(struct ekiden_arena *arena, uint32_t number)
{
        struct ek_block *block = ek_block_at(arena, number), *second;
        struct class class;
        uint32_t head;

        if (!block)
                return damaged(arena);
        class = class_of(ek_block_size(block));
        head = ek_arena_header(arena)->heads[class.level][class.sublevel];
        second = head != 0 ? ek_block_at(arena, head) : NULL;
        if (head != 0 && !second)
                return damaged(arena);
        if (second)
                second->free_before = number;
        block->free_before = 0;
        block->free_after = head;
        set_head(arena, class, number);
        ek_arena_header(arena)->free_blocks++;
        return 0;
}

int ek_block_unlist(struct ekiden_arena *arena, uint32_t number)
{
        struct ek_block *block = ek_block_at(arena, number);
        struct ek_block *before = NULL, *after = NULL;
        struct class class;

        if (!block || ek_block_is_used(block))
                return damaged(arena);
        class = class_of(ek_block_size(block));
        if (block->free_before != 0) {
                before = ek_block_at(arena, block->free_before);
                if (!before || before->free_after != number)
                        return damaged(arena);
        } else if (ek_arena_header(arena)->heads[class.level][class.sublevel] != number) {
                return damaged(arena);
        }
        if (block->free_after != 0) {
                after = ek_block_at(arena, block->free_after);
                if (!after || after->free_before != number)
                        return damaged(arena);
        }
        if (after)
                after->free_before = block->free_before;
        if (before)
                before->free_after = block->free_after;
        else
                set_head(arena, class, block->free_after);
        ek_arena_header(arena)->free_blocks--;
        return 0;
}

/* In the class that has blocks of this size, not all are large enough. But one that was freed, and
   is asked for again, is there: a few are looked at. */
static int find_near(const struct ekiden_arena *arena, size_t size, struct class class,
                     uint32_t *ret_number)
{
        uint32_t number = ek_arena_header(arena)->heads[class.level][class.sublevel];

        for (unsigned int i = 0; i < NEAR_ENOUGH && number != 0; i++) {
                const struct ek_block *block = ek_block_at(arena, number);

                if (!block || ek_block_is_used(block))
                        return EKIDEN_EPROTOCOL;
                if (ek_block_size(block) >= size) {
                        *ret_number = number;
                        return 1;
                }
                number = block->free_after;
        }
        return 0;
}

/* The first class from this one on that has a block. */
static bool find_class(const struct ekiden_arena *arena, struct class *class)
{
        const struct ek_arena_header *header = ek_arena_header(arena);
        uint32_t sublevels = header->sublevels[class->level] & (UINT32_MAX << class->sublevel);
        uint64_t levels;

        if (sublevels == 0) {
                levels = header->levels & (UINT64_MAX << class->level << 1);
                if (levels == 0)
                        return false;
                class->level = (unsigned int)__builtin_ctzll(levels);
                sublevels = class->level < EK_LEVELS ? header->sublevels[class->level] : 0;
        }
        class->sublevel = sublevels != 0 ? (unsigned int)__builtin_ctz(sublevels) : EK_SUBLEVELS;
        return true;
}

int ek_block_find(const struct ekiden_arena *arena, size_t size, uint32_t *ret_number)
{
        struct class class = class_of(size);
        const struct ek_block *block;
        uint32_t number;
        int r = find_near(arena, size, class, ret_number);

        if (r != 0)
                return r;
        class = class_of(size + ((UINT64_C(1) << (class.level + EK_LEVEL_FIRST - 4)) - 1));
        if (!find_class(arena, &class))
                return 0;
        if (class.level >= EK_LEVELS || class.sublevel >= EK_SUBLEVELS)
                return EKIDEN_EPROTOCOL;
        number = ek_arena_header(arena)->heads[class.level][class.sublevel];
        block = ek_block_at(arena, number);
        if (!block || ek_block_is_used(block) || ek_block_size(block) < size)
                return EKIDEN_EPROTOCOL;
        *ret_number = number;
        return 1;
}

int ek_block_new(struct ekiden_arena *arena, uint32_t *ret_number)
{
        struct ek_arena_header *header = ek_arena_header(arena);
        uint32_t number = header->unused;
        int r;

        if (number != 0) {
                if (number >= ek_arena_entries_max(arena) ||
                    ek_arena_entries(arena)[number].size != 0)
                        return damaged(arena);
                header->unused = ek_arena_entries(arena)[number].free_after;
                *ret_number = number;
                return 0;
        }
        number = header->count;
        if (number == 0 || number > ek_arena_entries_max(arena))
                return damaged(arena);
        if (number == UINT32_MAX)
                return EKIDEN_ENOMEM;
        if (number == ek_arena_entries_max(arena)) {
                r = ek_arena_grow(&arena->table, arena->table.bytes + EK_ARENA_TABLE_STEP);
                if (r < 0)
                        return r;
        }
        header->count = number + 1;
        *ret_number = number;
        return 0;
}

void ek_block_drop(struct ekiden_arena *arena, uint32_t number)
{
        struct ek_arena_header *header = ek_arena_header(arena);

        ek_arena_entries(arena)[number] = (struct ek_block){.free_after = header->unused};
        header->unused = number;
}
