/* SPDX-License-Identifier: MIT */
/* What a program calls: see <ekiden/arena.h>. Addresses become blocks here, and errors errno. */
#include <errno.h>
#include <string.h>

#include "arena/arena.h"

struct ekiden_arena *ekiden_arena_new(const char *name, uint64_t max_bytes)
{
        size_t length = name ? strnlen(name, EK_ARENA_NAME_MAX + 1) : 0;
        struct ekiden_arena *arena = NULL;
        int r;

        if (max_bytes == 0)
                max_bytes = EK_ARENA_USUAL;
        if (length == 0 || length > EK_ARENA_NAME_MAX || max_bytes > EK_ARENA_MOST) {
                errno = EINVAL;
                return NULL;
        }
        max_bytes = (max_bytes + EK_ARENA_STEP - 1) & ~(uint64_t)(EK_ARENA_STEP - 1);
        r = ek_arena_make(name, max_bytes, &arena);
        if (r == EKIDEN_ENOMEM)
                errno = ENOMEM;
        return r < 0 ? NULL : arena;
}

int ekiden_arena_close(struct ekiden_arena *arena)
{
        if (!arena)
                return 0;
        if (!*arena->is_owner)
                return EKIDEN_ESTATE;
        ek_arena_unmap(arena);
        return 0;
}

/* Whether the arena may be changed; sets errno if not. */
static bool is_usable(const struct ekiden_arena *arena)
{
        if (!arena)
                errno = EINVAL;
        else if (!*arena->is_owner)
                errno = ECHILD;
        else if (arena->is_damaged)
                errno = EBADMSG;
        else
                return true;
        return false;
}

static void *refuse(int code)
{
        errno = code == EKIDEN_ENOMEM ? ENOMEM : EBADMSG;
        return NULL;
}

void *ekiden_arena_alloc(struct ekiden_arena *arena, size_t size_bytes)
{
        uint32_t number;
        void *memory;
        int r;

        if (!is_usable(arena))
                return NULL;
        r = ek_arena_take(arena, size_bytes, &number);
        if (r < 0)
                return refuse(r);
        memory = ek_arena_memory(arena, number, size_bytes);
        return memory ? memory : refuse(EKIDEN_EPROTOCOL);
}

void *ekiden_arena_resize(struct ekiden_arena *arena, void *memory, size_t size_bytes)
{
        uint32_t number;
        size_t before;
        void *moved;
        int r;

        if (!memory)
                return ekiden_arena_alloc(arena, size_bytes);
        if (!is_usable(arena))
                return NULL;
        if (ek_arena_find(arena, memory, &number) < 0 || !ek_arena_is_marked(memory, number)) {
                errno = EINVAL;
                return NULL;
        }
        before = ekiden_arena_size(arena, memory);
        r = ek_arena_fit(arena, number, size_bytes);
        if (r != 0)
                return r < 0 ? refuse(r) : memory;
        moved = ekiden_arena_alloc(arena, size_bytes);
        if (!moved)
                return NULL;
        memcpy(moved, memory, before < size_bytes ? before : size_bytes);
        (void)ek_arena_give(arena, number); /* what is lost in a damaged arena is lost */
        return moved;
}

int ekiden_arena_free(struct ekiden_arena *arena, void *memory)
{
        uint32_t number;
        int r;

        if (!memory)
                return 0;
        if (!arena)
                return ek_arena_is_promised(memory) ? 0 : EKIDEN_EINVAL;
        if (!*arena->is_owner)
                return EKIDEN_ESTATE;
        if (arena->is_damaged)
                return EKIDEN_EPROTOCOL;
        r = ek_arena_find(arena, memory, &number);
        if (r == 0 && !ek_arena_is_marked(memory, number))
                r = EKIDEN_EINVAL;
        return r < 0 ? r : ek_arena_give(arena, number);
}

size_t ekiden_arena_size(const struct ekiden_arena *arena, const void *memory)
{
        const struct ek_block *block;
        uint32_t number;

        if (!arena || !memory || ek_arena_find(arena, memory, &number) < 0)
                return 0;
        block = ek_block_at(arena, number);
        return block ? ek_block_size(block) - sizeof(struct ek_prefix) : 0;
}

bool ekiden_arena_holds(const struct ekiden_arena *arena, const void *memory)
{
        return arena &&
               (uintptr_t)memory - (uintptr_t)arena->data.base < (uintptr_t)arena->data.bytes;
}

void ekiden_arena_statistics(const struct ekiden_arena *arena,
                             struct ekiden_arena_statistics *ret_statistics)
{
        const struct ek_arena_header *header;

        *ret_statistics = (struct ekiden_arena_statistics){0};
        if (!arena || !*arena->is_owner)
                return;
        header = ek_arena_header(arena);
        *ret_statistics = (struct ekiden_arena_statistics){
                .blocks = header->used_blocks,
                .used_bytes = header->used_bytes,
                .free_blocks = header->free_blocks,
                .free_bytes = header->data_bytes - header->used_bytes,
                .data_bytes = arena->data.bytes,
                .table_bytes = arena->table.bytes,
                .reserved_bytes = arena->data.reserved_bytes,
        };
}
