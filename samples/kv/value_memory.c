/* SPDX-License-Identifier: MIT */
#include "value_memory.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ARENA_MAX (UINT64_C(1) << 40) /* bytes: what is sent ahead lies in none that is larger */

struct ekiden_arena *value_arena;

bool value_arena_make(void)
{
        uint64_t memory = (uint64_t)sysconf(_SC_PHYS_PAGES) * (uint64_t)sysconf(_SC_PAGESIZE);

        value_arena = ekiden_arena_new("values", memory < ARENA_MAX / 2 ? 2 * memory : ARENA_MAX);
        return value_arena != NULL;
}

static bool is_large(size_t size_bytes)
{
        return size_bytes >= VALUE_LARGE;
}

void value_free(uint8_t *bytes, size_t size_bytes)
{
        if (is_large(size_bytes))
                ekiden_arena_free(value_arena, bytes);
        else
                free(bytes);
}

/* From malloc() into the arena, or the other way. */
static uint8_t *move(uint8_t *bytes, size_t size_bytes, size_t wanted_bytes)
{
        uint8_t *moved = is_large(wanted_bytes) ? ekiden_arena_alloc(value_arena, wanted_bytes)
                                                : malloc(wanted_bytes);

        if (!moved)
                return NULL;
        if (size_bytes > 0)
                memcpy(moved, bytes, size_bytes < wanted_bytes ? size_bytes : wanted_bytes);
        value_free(bytes, size_bytes);
        return moved;
}

bool value_resize(uint8_t **bytes, size_t size_bytes, size_t wanted_bytes)
{
        uint8_t *resized;

        if (wanted_bytes == size_bytes)
                return true;
        if (wanted_bytes == 0) {
                value_free(*bytes, size_bytes);
                *bytes = NULL;
                return true;
        }
        if (is_large(size_bytes) != is_large(wanted_bytes))
                resized = move(*bytes, size_bytes, wanted_bytes);
        else if (is_large(wanted_bytes))
                resized = ekiden_arena_resize(value_arena, *bytes, wanted_bytes);
        else
                resized = realloc(*bytes, wanted_bytes);
        if (resized)
                *bytes = resized;
        return resized != NULL;
}
