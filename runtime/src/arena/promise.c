/* SPDX-License-Identifier: MIT */
/*
 * Arenas that are to come. Records that are sent ahead have bytes in an arena whose files come in
 * the pause; where the bytes will be is known all the same, as address space for it is reserved at
 * once. Nothing can be read there until the arena has come.
 */
#include <stdlib.h>
#include <string.h>

#include <ekiden/error.h>

#include "arena/arena.h"

struct promise {
        char name[EKIDEN_NAME_MAX + 1];
        struct ek_arena_space space;
        uint64_t end; /* how far the bytes reach that were promised, in the data */
        struct promise *next;
};

static struct promise *promises;

static struct promise **find(const char *name)
{
        struct promise **place = &promises;

        while (*place && strcmp((*place)->name, name) != 0)
                place = &(*place)->next;
        return place;
}

static struct promise *make(const char *name)
{
        struct promise *promise = calloc(1, sizeof(*promise));

        if (!promise || ek_arena_reserve(&promise->space) < 0) {
                free(promise);
                return NULL;
        }
        strcpy(promise->name, name);
        promise->next = promises;
        promises = promise;
        return promise;
}

int ek_arena_promise(const char *name, uint64_t offset, uint64_t size_bytes, void **ret_memory)
{
        struct promise *promise = *find(name);

        if (strlen(name) > EKIDEN_NAME_MAX || offset > EK_ARENA_MOST ||
            size_bytes > EK_ARENA_MOST - offset || offset % EK_BLOCK_GRANULE != 0 ||
            offset < sizeof(struct ek_prefix))
                return EKIDEN_EPROTOCOL;
        if (!promise)
                promise = make(name);
        if (!promise || offset + size_bytes > promise->space.bytes)
                return EKIDEN_ENOMEM;
        if (promise->end < offset + size_bytes)
                promise->end = offset + size_bytes;
        *ret_memory = promise->space.base + offset;
        return 0;
}

bool ek_arena_is_promised(const void *memory)
{
        for (const struct promise *promise = promises; promise; promise = promise->next)
                if ((uintptr_t)memory - (uintptr_t)promise->space.base < promise->space.bytes)
                        return true;
        return false;
}

const char *ek_arena_promised(void)
{
        return promises ? promises->name : NULL;
}

bool ek_arena_is_promised_name(const char *name)
{
        return *find(name) != NULL;
}

uint64_t ek_arena_promised_bytes(const char *name)
{
        const struct promise *promise = *find(name);

        return promise ? promise->space.bytes : 0;
}

int ek_arena_fulfil(const char *name, int data, int table, uint64_t reserved_bytes,
                    struct ekiden_arena **ret_arena, bool *ret_is_short)
{
        struct promise **place = find(name), *promise = *place;
        struct ekiden_arena *arena;
        int r = ek_arena_attach(data, table, reserved_bytes, promise ? &promise->space : NULL,
                                &arena);

        if (r < 0)
                return r;
        *ret_is_short = promise && promise->end > arena->data.bytes;
        if (promise) {
                *place = promise->next;
                free(promise);
        }
        *ret_arena = arena;
        return 0;
}
