/* SPDX-License-Identifier: MIT */
/*
 * Memory for a program that reads once, writes once and ends: everything belongs to one arena and
 * is freed with it. No caller checks for NULL: where memory runs out the program ends, with a
 * sentence and a status that a program may choose (1, as protoc expects it of a plugin).
 */
#pragma once

#include <stddef.h>

#include <protobuf-c/protobuf-c.h>

struct ek_memory {
        struct ek_block *blocks;
        ProtobufCAllocator allocator; /* for protobuf-c: from this arena, free() does nothing */
};

void ek_memory_init(struct ek_memory *arena);
void ek_memory_deinit(struct ek_memory *arena);

/** Zeroed memory for `count` objects; never NULL. */
void *ek_memory_alloc(struct ek_memory *arena, size_t count, size_t size_bytes);

/**
 * Makes room for one more in a list of `count` objects that has room for `*size`: returns the list,
 * or a copy of it that is twice as long.
 */
void *ek_memory_grow(struct ek_memory *arena, void *list, size_t count, size_t *size,
                     size_t object_size_bytes);

char *ek_memory_strdup(struct ek_memory *arena, const char *text);
char *ek_memory_printf(struct ek_memory *arena, const char *format, ...)
        __attribute__((format(printf, 2, 3), nonnull(2)));

/** What ek_die() ends the program with: 1, unless a program needs that for something else. */
extern int ek_exit_failure;

/** Prints a sentence to stderr and ends the program with status ek_exit_failure. */
_Noreturn void ek_die(const char *format, ...) __attribute__((format(printf, 1, 2)));
