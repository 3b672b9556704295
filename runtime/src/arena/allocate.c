/* SPDX-License-Identifier: MIT */
/*
 * Blocks taken, split, joined with their neighbours and given back. What can fail for want of
 * memory is done before anything is changed.
 */
#include <string.h>

#include "arena/arena.h"

static int damaged(struct ekiden_arena *arena)
{
        arena->is_damaged = true;
        return EKIDEN_EPROTOCOL;
}

/* What a block takes whose user wants so many bytes; 0: more than there can be. */
static size_t whole_size(const struct ekiden_arena *arena, size_t size_bytes)
{
        size_t size;

        if (size_bytes >= arena->data.reserved_bytes)
                return 0;
        size = (size_bytes + sizeof(struct ek_prefix) + EK_BLOCK_GRANULE - 1) &
               ~(EK_BLOCK_GRANULE - 1);
        return size < EK_BLOCK_MIN ? EK_BLOCK_MIN : size;
}

static void count_used(struct ekiden_arena *arena, uint64_t blocks, uint64_t bytes)
{
        ek_arena_header(arena)->used_blocks += blocks;
        ek_arena_header(arena)->used_bytes += bytes;
}

/* Says in the block itself which entry is its own. Whoever could write to the table meanwhile, it
   is not written beyond the data. */
static void mark(const struct ekiden_arena *arena, uint32_t number, const struct ek_block *block)
{
        const struct ek_prefix prefix = {.number = number, .mark = number ^ EK_PREFIX_MARK};
        uint64_t offset = __atomic_load_n(&block->offset, __ATOMIC_RELAXED);

        if (offset <= arena->data.bytes - sizeof(prefix))
                memcpy(arena->data.base + offset, &prefix, sizeof(prefix));
}

/* A neighbour in the data, which must agree that it is one. 1, 0: there is none, or EPROTOCOL. */
static int find_after(struct ekiden_arena *arena, uint32_t number, const struct ek_block *block,
                      struct ek_block **ret_after)
{
        if (block->after == 0)
                return ek_arena_header(arena)->last == number ? 0 : damaged(arena);
        *ret_after = ek_block_at(arena, block->after);
        if (!*ret_after || (*ret_after)->before != number ||
            (*ret_after)->offset != block->offset + ek_block_size(block))
                return damaged(arena);
        return 1;
}

static int find_before(struct ekiden_arena *arena, uint32_t number, const struct ek_block *block,
                       struct ek_block **ret_before)
{
        if (block->before == 0)
                return block->offset == 0 ? 0 : damaged(arena);
        *ret_before = ek_block_at(arena, block->before);
        if (!*ret_before || (*ret_before)->after != number ||
            (*ret_before)->offset + ek_block_size(*ret_before) != block->offset)
                return damaged(arena);
        return 1;
}

/* Makes a block, in no list, `size` bytes long; what is behind that becomes a free one, entry
   `rest`. */
static int cut(struct ekiden_arena *arena, uint32_t number, size_t size, uint32_t rest)
{
        struct ek_block *block = ek_block_at(arena, number), *after = NULL;
        struct ek_block *entry = ek_arena_entries(arena) + rest;
        int r = find_after(arena, number, block, &after);

        if (r < 0)
                return r;
        *entry = (struct ek_block){
                .offset = block->offset + size,
                .size = ek_block_size(block) - size,
                .before = number,
                .after = block->after,
        };
        if (after)
                after->before = rest;
        else
                ek_arena_header(arena)->last = rest;
        block->after = rest;
        block->size = size | (block->size & EK_BLOCK_USED);
        ek_starts_add(arena, rest);
        return ek_block_list(arena, rest);
}

/* Joins a block that is in no list with the one behind it, which is in none either. */
static int join(struct ekiden_arena *arena, uint32_t number, uint32_t other)
{
        struct ek_block *block = ek_block_at(arena, number), *behind = ek_block_at(arena, other);
        struct ek_block *after = NULL;
        int r = find_after(arena, other, behind, &after);

        if (r < 0)
                return r;
        ek_starts_remove(arena, other);
        block->size += ek_block_size(behind);
        block->after = behind->after;
        if (after)
                after->before = number;
        else
                ek_arena_header(arena)->last = number;
        ek_block_drop(arena, other);
        return 0;
}

/* Joins it with the free block behind it, if there is one and both together reach `size`: 1. */
static int join_after(struct ekiden_arena *arena, uint32_t number, size_t size)
{
        struct ek_block *block = ek_block_at(arena, number), *after;
        uint32_t other = block->after;
        int r = find_after(arena, number, block, &after);

        if (r <= 0 || ek_block_is_used(after) || ek_block_size(block) + ek_block_size(after) < size)
                return r < 0 ? r : 0;
        r = ek_block_unlist(arena, other);
        if (r == 0)
                r = join(arena, number, other);
        return r < 0 ? r : 1;
}

/* Makes more data: behind the last block if that is free, or as a new one. */
static int make_room(struct ekiden_arena *arena, size_t size, uint32_t *ret_number)
{
        struct ek_arena_header *header = ek_arena_header(arena);
        uint64_t covered = header->data_bytes;
        uint32_t number = header->last;
        struct ek_block *last = number != 0 ? ek_block_at(arena, number) : NULL;
        size_t missing = size, end;
        int r;

        if (covered > arena->data.bytes ||
            (number != 0 ? !last || last->offset + ek_block_size(last) != covered : covered != 0))
                return damaged(arena);
        if (last && !ek_block_is_used(last))
                missing = size > ek_block_size(last) ? size - ek_block_size(last) : 0;
        if (missing > arena->data.reserved_bytes - covered)
                return EKIDEN_ENOMEM;
        end = (covered + missing + EK_ARENA_STEP - 1) & ~(EK_ARENA_STEP - 1);
        if (end > arena->data.reserved_bytes)
                end = arena->data.reserved_bytes;
        r = ek_arena_grow(&arena->data, end);
        if (r < 0)
                return r;
        if (last && !ek_block_is_used(last)) {
                r = ek_block_unlist(arena, number);
                if (r < 0)
                        return r;
                last->size += end - covered;
        } else {
                uint32_t fresh;

                r = ek_block_new(arena, &fresh);
                if (r < 0)
                        return r;
                ek_arena_entries(arena)[fresh] = (struct ek_block){
                        .offset = covered, .size = end - covered, .before = number};
                if (last)
                        last->after = fresh;
                ek_starts_add(arena, fresh);
                number = header->last = fresh;
        }
        header->data_bytes = end;
        *ret_number = number;
        return ek_block_list(arena, number);
}

/* A free block that is large enough leaves its list; what it has too much becomes another. */
static int take(struct ekiden_arena *arena, uint32_t number, size_t size)
{
        struct ek_block *block = ek_block_at(arena, number);
        uint32_t rest = 0;
        int r = 0;

        if (ek_block_size(block) - size >= EK_BLOCK_MIN)
                r = ek_block_new(arena, &rest);
        if (r == EKIDEN_ENOMEM)
                r = 0; /* then all of it is taken, as `rest` is 0 */
        if (r == 0)
                r = ek_block_unlist(arena, number);
        if (r == 0 && rest != 0)
                r = cut(arena, number, size, rest);
        if (r < 0)
                return r;
        block->size |= EK_BLOCK_USED;
        mark(arena, number, block);
        count_used(arena, 1, ek_block_size(block));
        return 0;
}

int ek_arena_take(struct ekiden_arena *arena, size_t size_bytes, uint32_t *ret_number)
{
        size_t size = whole_size(arena, size_bytes);
        int r;

        if (arena->is_damaged)
                return EKIDEN_EPROTOCOL;
        if (size == 0)
                return EKIDEN_ENOMEM;
        r = ek_block_find(arena, size, ret_number);
        if (r < 0)
                return damaged(arena);
        if (r == 0)
                r = make_room(arena, size, ret_number);
        return r < 0 ? r : take(arena, *ret_number, size);
}

int ek_arena_give(struct ekiden_arena *arena, uint32_t number)
{
        struct ek_block *block = ek_block_at(arena, number), *before;
        int r;

        if (arena->is_damaged || !block || !ek_block_is_used(block))
                return EKIDEN_EPROTOCOL;
        count_used(arena, UINT64_MAX, 0 - ek_block_size(block));
        block->size = ek_block_size(block);
        r = join_after(arena, number, 0);
        if (r >= 0)
                r = find_before(arena, number, block, &before);
        if (r == 1 && !ek_block_is_used(before)) {
                uint32_t other = block->before;

                r = ek_block_unlist(arena, other);
                if (r == 0)
                        r = join(arena, other, number);
                number = other;
        }
        return r < 0 ? r : ek_block_list(arena, number);
}

/* Gives the end of a block back, if that is worth it. */
static int shrink(struct ekiden_arena *arena, uint32_t number, size_t size)
{
        struct ek_block *block = ek_block_at(arena, number);
        uint32_t rest;
        int r;

        if (ek_block_size(block) - size < EK_BLOCK_MIN)
                return 0;
        r = ek_block_new(arena, &rest);
        if (r < 0)
                return r == EKIDEN_ENOMEM ? 0 : r;
        r = cut(arena, number, size, rest);
        if (r < 0)
                return r;
        r = ek_block_unlist(arena, rest);
        if (r == 0)
                r = join_after(arena, rest, 0);
        return r < 0 ? r : ek_block_list(arena, rest);
}

/* Nothing in use is behind it: the data may grow there. */
static bool is_at_end(const struct ekiden_arena *arena, uint32_t number)
{
        const struct ek_block *block = ek_block_at(arena, number);
        uint32_t last = ek_arena_header(arena)->last;
        const struct ek_block *behind = ek_block_at(arena, last);

        return last == number || (block->after == last && behind && !ek_block_is_used(behind));
}

int ek_arena_fit(struct ekiden_arena *arena, uint32_t number, size_t size_bytes)
{
        struct ek_block *block = ek_block_at(arena, number);
        size_t size = whole_size(arena, size_bytes);
        uint64_t before;
        uint32_t more;
        int r = 0;

        if (arena->is_damaged || !block || !ek_block_is_used(block))
                return EKIDEN_EPROTOCOL;
        if (size == 0)
                return 0;
        before = ek_block_size(block);
        if (before < size) {
                r = join_after(arena, number, size);
                if (r == 0 && is_at_end(arena, number) &&
                    make_room(arena, size - before, &more) == 0)
                        r = join_after(arena, number, size);
                if (r <= 0)
                        return arena->is_damaged ? EKIDEN_EPROTOCOL : r;
        }
        r = shrink(arena, number, size);
        count_used(arena, 0, ek_block_size(block) - before);
        return r < 0 ? r : 1;
}

int ek_arena_find(const struct ekiden_arena *arena, const void *memory, uint32_t *ret_number)
{
        size_t offset = (size_t)((const char *)memory - arena->data.base);
        const struct ek_block *block;
        uint32_t number;

        if (offset < sizeof(struct ek_prefix) || offset >= arena->data.bytes ||
            !ek_starts_find(arena, offset - sizeof(struct ek_prefix), &number))
                return EKIDEN_EINVAL;
        block = ek_block_at(arena, number);
        if (!block || !ek_block_is_used(block))
                return EKIDEN_EINVAL;
        *ret_number = number;
        return 0;
}

bool ek_arena_is_marked(const void *memory, uint32_t number)
{
        const struct ek_prefix *prefix = (const struct ek_prefix *)memory - 1;

        return prefix->number == number && prefix->mark == (number ^ EK_PREFIX_MARK);
}

void *ek_arena_resolve(const struct ekiden_arena *arena, uint32_t number, uint64_t offset,
                       uint64_t size_bytes)
{
        const struct ek_block *block = ek_block_at(arena, number);
        uint64_t size;

        if (!block || !ek_block_is_used(block) || offset > arena->data.bytes ||
            offset != block->offset + sizeof(struct ek_prefix))
                return NULL;
        size = ek_block_size(block) - sizeof(struct ek_prefix);
        return size_bytes <= size && size_bytes <= arena->data.bytes - offset
                       ? arena->data.base + offset
                       : NULL;
}

void *ek_arena_memory(const struct ekiden_arena *arena, uint32_t number, size_t size_bytes)
{
        const struct ek_block *block = ek_block_at(arena, number);

        return block ? ek_arena_resolve(arena, number, block->offset + sizeof(struct ek_prefix),
                                        size_bytes)
                     : NULL;
}
