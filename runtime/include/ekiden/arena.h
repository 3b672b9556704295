/* SPDX-License-Identifier: MIT */
/*
 * Memory that changes hands: large values lie in an arena, and an upgrade passes the arena on as
 * two descriptors. Not a byte of what lies in it is copied, so the pause is the same for a gigabyte
 * as for a megabyte.
 *
 *     static struct ekiden_arena *values;
 *
 *     if (ekiden_tag_arena("values", &values) == EKIDEN_FRESH)
 *             values = ekiden_arena_new("values", 0);
 *     …
 *     entry->value = ekiden_arena_alloc(values, size);
 *
 * Bytes in it cross with the record that has them, by a field that is marked
 * `(ekiden.field).arena = "values"`: the record carries where they are. See docs/arena.md.
 *
 * An arena belongs to the process that made it or took it over, not to a child that it forks; and
 * to one thread at a time. It is for values of some hundred bytes and more: each block costs 48
 * bytes beside what is kept in it. What lies in an arena holds no pointers: it moves from leg to
 * leg.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <ekiden/tag.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

struct ekiden_arena;

/** How full an arena is. */
struct ekiden_arena_statistics {
        uint64_t blocks; /* in use */
        uint64_t used_bytes; /* of those, with what each costs beside what is kept in it */
        uint64_t free_blocks, free_bytes; /* between them and behind them, for new ones */
        uint64_t data_bytes; /* used and free: how far the memory file has grown */
        uint64_t table_bytes; /* how long the allocator's own file is: what was never written of it
                                 takes no memory */
        uint64_t reserved_bytes; /* how far it can grow */
};

/**
 * Makes an arena, empty. It grows as blocks are asked for.
 *
 * Where the system allows it (shmem_enabled in /sys/kernel/mm/transparent_hugepage), its memory is
 * of huge pages.
 *
 * @param name       what /proc/PID/maps shows; 1 to 200 bytes
 * @param max_bytes  how far it may grow: address space is reserved for so much and an eighth of it
 *                   for the allocator's own file; memory is not. 0: a tebibyte
 * @return the arena, the caller's, for ekiden_arena_close(); NULL, and errno: EINVAL, ENOMEM (more
 *         address space than there is, or than RLIMIT_AS allows; a file of a 1024th of max_bytes,
 *         and RLIMIT_FSIZE allows none), EMFILE, ENFILE
 */
struct ekiden_arena *ekiden_arena_new(const char *name, uint64_t max_bytes);

/**
 * Ends an arena and all that lies in it. A variable that is tagged must not have it any more. NULL
 * is allowed.
 *
 * @return 0; ESTATE: this is a child, and it is the parent's
 */
int ekiden_arena_close(struct ekiden_arena *arena);

/**
 * A block of memory in the arena, not initialised, aligned to 16 bytes.
 *
 * @param size_bytes  0 gives a block, too, of which nothing may be used
 * @return the block, the caller's, for ekiden_arena_free(); NULL, and errno: ENOMEM (the arena, or
 *         a limit like RLIMIT_FSIZE, is reached; or somebody has closed its descriptors), EBADMSG
 * (the predecessor left a damaged arena), ECHILD (it is the parent's), EINVAL (a NULL)
 */
void *ekiden_arena_alloc(struct ekiden_arena *arena, size_t size_bytes);

/**
 * Makes a block larger or smaller, where it is or elsewhere; what fits of it is kept.
 *
 * @param memory  of this arena; NULL: a new block
 * @return the block; NULL, and errno as of ekiden_arena_alloc(): `memory` is as it was. EINVAL
 * also: it is no block of this arena
 */
void *ekiden_arena_resize(struct ekiden_arena *arena, void *memory, size_t size_bytes);

/**
 * Gives a block back.
 *
 * @param arena   NULL is allowed where the bytes were sent ahead, and the arena is still to come:
 *                they are the predecessor's, and nothing happens
 * @param memory  of this arena; NULL is allowed
 * @return 0; EINVAL: it is no block of this arena, or was freed before; EPROTOCOL: the predecessor
 *         left a damaged arena; ESTATE: it is the parent's
 */
int ekiden_arena_free(struct ekiden_arena *arena, void *memory);

/** The bytes that a block has room for, what was asked for or some more; 0: it is no block of this
    arena. */
size_t ekiden_arena_size(const struct ekiden_arena *arena, const void *memory);

/** Whether an address lies in the arena's memory, be it a block's or not. */
bool ekiden_arena_holds(const struct ekiden_arena *arena, const void *memory);

/** How full it is, at this moment; all 0 in a child. */
void ekiden_arena_statistics(const struct ekiden_arena *arena,
                             struct ekiden_arena_statistics *ret_statistics);

/**
 * Tags an arena as an item of its own: a built-in one, that needs no schema. Items that have bytes
 * in it may be tagged before, and such as are sent ahead are; then nothing may look at the bytes
 * until the arena is tagged.
 *
 * @param arena  *arena is the arena, or NULL: then it crosses as none. In a successor it is set to
 *               what came: the same memory, mapped at another place. What it was before is not
 *               closed. Until this process serves, what it writes into the arena is seen by nobody
 *               else, and is undone with the upgrade. From a snapshot comes an empty arena, into
 *               which the bytes are put that the snapshot holds
 * @return as in <ekiden/tag.h>
 */
int ekiden_tag_arena(const char *name, struct ekiden_arena **arena);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
