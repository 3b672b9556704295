/* SPDX-License-Identifier: MIT */
#include "memory.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct ek_block {
        struct ek_block *next;
        size_t used, size;
        _Alignas(max_align_t) unsigned char bytes[];
};

int ek_exit_failure = EXIT_FAILURE;

#define BLOCK_SIZE ((size_t)64 * 1024)

static void *arena_allocate(void *allocator_data, size_t size_bytes)
{
        return ek_memory_alloc(allocator_data, 1, size_bytes);
}

static void arena_free(void *allocator_data, void *pointer)
{
        (void)allocator_data;
        (void)pointer;
}

void ek_memory_init(struct ek_memory *arena)
{
        *arena = (struct ek_memory){
                .allocator = {arena_allocate, arena_free, arena},
        };
}

void ek_memory_deinit(struct ek_memory *arena)
{
        while (arena->blocks != NULL) {
                struct ek_block *block = arena->blocks;

                arena->blocks = block->next;
                free(block);
        }
}

void *ek_memory_alloc(struct ek_memory *arena, size_t count, size_t size_bytes)
{
        const size_t alignment = _Alignof(max_align_t);
        struct ek_block *block = arena->blocks;
        size_t total;
        void *memory;

        if (__builtin_mul_overflow(count, size_bytes, &total) || total > SIZE_MAX / 4)
                ek_die("memory ran out");
        total = (total + alignment) & ~(alignment - 1);
        if (block == NULL || block->size - block->used < total) {
                size_t size = total > BLOCK_SIZE ? total : BLOCK_SIZE;

                block = calloc(1, sizeof(*block) + size);
                if (block == NULL)
                        ek_die("memory ran out");
                block->size = size;
                block->next = arena->blocks;
                arena->blocks = block;
        }
        memory = block->bytes + block->used;
        block->used += total;
        return memory;
}

void *ek_memory_grow(struct ek_memory *arena, void *list, size_t count, size_t *size,
                     size_t object_size_bytes)
{
        void *copy;

        if (count < *size)
                return list;
        if (*size > SIZE_MAX / 4)
                ek_die("memory ran out");
        *size = *size == 0 ? 16 : *size * 2;
        copy = ek_memory_alloc(arena, *size, object_size_bytes);
        if (count > 0)
                memcpy(copy, list, count * object_size_bytes);
        return copy;
}

char *ek_memory_strdup(struct ek_memory *arena, const char *text)
{
        size_t size = strlen(text) + 1;

        return memcpy(ek_memory_alloc(arena, size, 1), text, size);
}

char *ek_memory_printf(struct ek_memory *arena, const char *format, ...)
{
        va_list arguments;
        char *text;
        int length;

        va_start(arguments, format);
        length = vsnprintf(NULL, 0, format, arguments);
        va_end(arguments);
        if (length < 0)
                ek_die("a text could not be formatted");
        text = ek_memory_alloc(arena, (size_t)length + 1, 1);
        va_start(arguments, format);
        vsnprintf(text, (size_t)length + 1, format, arguments);
        va_end(arguments);
        return text;
}

void ek_die(const char *format, ...)
{
        va_list arguments;

        fprintf(stderr, "%s: ", program_invocation_short_name);
        va_start(arguments, format);
        vfprintf(stderr, format, arguments);
        va_end(arguments);
        fputc('\n', stderr);
        exit(ek_exit_failure);
}
