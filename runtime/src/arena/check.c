/* SPDX-License-Identifier: MIT */
/*
 * Whether a table is what the allocator would have made. That takes as long as there are blocks, so
 * no upgrade asks: tests do, and whoever looks for the reason of damage.
 */
#include <stdlib.h>

#include "arena/arena.h"

struct sum {
        uint64_t used_blocks, used_bytes, free_blocks, entries;
};

/* From the end of the data to its beginning, as the last block is known. */
static bool walk_data(const struct ekiden_arena *arena, struct sum *sum)
{
        const struct ek_arena_header *header = ek_arena_header(arena);
        uint32_t number = header->last, after = 0, found;
        uint64_t end = header->data_bytes;
        bool was_free = false;

        while (number != 0) {
                const struct ek_block *block = ek_block_at(arena, number);
                bool is_free = block && !ek_block_is_used(block);

                if (!block || ++sum->entries >= header->count || block->after != after ||
                    block->offset + ek_block_size(block) != end || (is_free && was_free))
                        return false;
                if (!ek_starts_find(arena, block->offset, &found) || found != number)
                        return false;
                if (is_free)
                        sum->free_blocks++;
                else
                        sum->used_blocks++;
                if (!is_free)
                        sum->used_bytes += ek_block_size(block);
                was_free = is_free;
                end = block->offset;
                after = number;
                number = block->before;
        }
        return end == 0;
}

static bool walk_list(const struct ekiden_arena *arena, unsigned int level, unsigned int sublevel,
                      struct sum *left)
{
        const struct ek_arena_header *header = ek_arena_header(arena);
        uint64_t low = UINT64_C(1) << (level + EK_LEVEL_FIRST);
        uint64_t step = low / EK_SUBLEVELS, size;
        uint32_t number = header->heads[level][sublevel], before = 0;
        bool is_marked = header->sublevels[level] >> sublevel & 1;

        if (is_marked != (number != 0))
                return false;
        while (number != 0) {
                const struct ek_block *block = ek_block_at(arena, number);

                if (!block || ek_block_is_used(block) || block->free_before != before ||
                    left->free_blocks-- == 0)
                        return false;
                size = ek_block_size(block);
                if (size < low + sublevel * step || size >= low + (sublevel + 1) * step)
                        return false;
                before = number;
                number = block->free_after;
        }
        return true;
}

static bool walk_lists(const struct ekiden_arena *arena, struct sum *left)
{
        const struct ek_arena_header *header = ek_arena_header(arena);

        for (unsigned int level = 0; level < EK_LEVELS; level++) {
                if ((header->levels >> level & 1) != (header->sublevels[level] != 0))
                        return false;
                for (unsigned int sublevel = 0; sublevel < EK_SUBLEVELS; sublevel++)
                        if (!walk_list(arena, level, sublevel, left))
                                return false;
        }
        return left->free_blocks == 0;
}

/* Entries that no block has are in one list, and there are no others. */
static bool walk_unused(const struct ekiden_arena *arena, uint64_t entries)
{
        const struct ek_block *table = ek_arena_entries(arena);
        uint64_t room = ek_arena_entries_max(arena);
        const struct ek_arena_header *header = ek_arena_header(arena);
        uint32_t number = header->unused;

        while (number != 0) {
                if (number >= room || number >= header->count || table[number].size != 0 ||
                    ++entries >= header->count)
                        return false;
                number = table[number].free_after;
        }
        return entries + 1 == header->count;
}

bool ek_arena_is_sound(const struct ekiden_arena *arena)
{
        const struct ek_arena_header *header = ek_arena_header(arena);
        struct sum sum = {0};

        return header->magic == EK_ARENA_MAGIC && header->data_bytes <= arena->data.bytes &&
               walk_data(arena, &sum) && sum.used_blocks == header->used_blocks &&
               sum.used_bytes == header->used_bytes && sum.free_blocks == header->free_blocks &&
               walk_unused(arena, sum.entries) && walk_lists(arena, &sum);
}
