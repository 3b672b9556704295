/* SPDX-License-Identifier: MIT */
/*
 * An allocator whose whole state lies in memory files, so that it changes hands with them. It knows
 * no message and no pipe: who sends the files' descriptors, and when, is others' business.
 *
 * Of what lies in the files nothing is believed, as another process has written it: each number
 * and offset is checked against the bounds that this process knows by itself, whenever it is read.
 * Whatever they hold, nothing beyond the mappings is read or written; what contradicts itself is
 * damage (EKIDEN_EPROTOCOL), and from then on the arena takes and gives nothing.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include <ekiden/arena.h>

#include "arena/layout.h"

/** One of the two memory files and where it is mapped. */
struct ek_memory_file {
        int descriptor;
        dev_t device;
        ino_t inode;
        char *base;
        size_t reserved_bytes; /* address space from `base` on */
        size_t bytes; /* that may be read and written: the bound of all that the files say */
        size_t rare_begin, rare_end; /* of the table: the numbers for pages (starts.c), of which
                                        there are as many as the data may ever have pages */
        bool is_private; /* what this process writes is not in the file yet (carry.c) */
};

struct ek_arena_claims;

struct ekiden_arena {
        struct ek_memory_file data, table;
        bool *is_owner; /* false in a child, whoever's page it is */
        bool was_owner; /* when the process was split last */
        bool is_shared; /* with a predecessor that may still go on with it: nothing may be carried
                         */
        bool is_damaged;
        struct ek_arena_claims *claims; /* of a handover; NULL: no record has named a block */
        struct ekiden_arena *next; /* of those that this process has */
};

static inline struct ek_arena_header *ek_arena_header(const struct ekiden_arena *arena)
{
        return (struct ek_arena_header *)(void *)arena->table.base;
}

/** Where the table's entries begin, in bytes. */
static inline size_t ek_arena_entries_start(size_t reserved_bytes)
{
        return EK_ARENA_TABLE_START + reserved_bytes / EK_ARENA_PAGE * sizeof(uint32_t);
}

static inline struct ek_block *ek_arena_entries(const struct ekiden_arena *arena)
{
        return (struct ek_block *)(void *)(arena->table.base +
                                           ek_arena_entries_start(arena->data.reserved_bytes));
}

/** For how many entries the table has room, entry 0 among them. */
static inline uint64_t ek_arena_entries_max(const struct ekiden_arena *arena)
{
        return (arena->table.bytes - ek_arena_entries_start(arena->data.reserved_bytes)) /
               sizeof(struct ek_block);
}

/* Where blocks begin (starts.c). */

/** A block has been made; its neighbours know it. */
void ek_starts_add(const struct ekiden_arena *arena, uint32_t number);

/** A block will be dropped; it knows its neighbours still. */
void ek_starts_remove(const struct ekiden_arena *arena, uint32_t number);

/** The block that begins at this offset; false: none does. */
bool ek_starts_find(const struct ekiden_arena *arena, uint64_t offset, uint32_t *ret_number);

/* Entries (block.c). */

/** The entry of this number, if the table has it and it is of a block that lies in the data; or
    NULL: damage. */
struct ek_block *ek_block_at(const struct ekiden_arena *arena, uint32_t number);

static inline uint64_t ek_block_size(const struct ek_block *block)
{
        return block->size & ~EK_BLOCK_USED;
}

static inline bool ek_block_is_used(const struct ek_block *block)
{
        return block->size & EK_BLOCK_USED;
}

/** Takes an entry into use. *ret_number, or ENOMEM, EPROTOCOL. */
int ek_block_new(struct ekiden_arena *arena, uint32_t *ret_number);

/** Gives an entry back. */
void ek_block_drop(struct ekiden_arena *arena, uint32_t number);

/** Puts a free block into the list of its class, or takes it out: 0 or EPROTOCOL. */
int ek_block_list(struct ekiden_arena *arena, uint32_t number);
int ek_block_unlist(struct ekiden_arena *arena, uint32_t number);

/** A free block of this size or more. 1, 0: there is none, or EPROTOCOL. */
int ek_block_find(const struct ekiden_arena *arena, size_t size, uint32_t *ret_number);

/* Blocks (allocate.c), by the numbers of their entries. 0 or more, or an error. */

/** A block for so many bytes, behind its prefix: 0, ENOMEM, EPROTOCOL. */
int ek_arena_take(struct ekiden_arena *arena, size_t size_bytes, uint32_t *ret_number);

/** Gives a block back: 0 or EPROTOCOL. */
int ek_arena_give(struct ekiden_arena *arena, uint32_t number);

/** Makes a block larger or smaller where it is: 1, 0 (there is no room), EPROTOCOL. */
int ek_arena_fit(struct ekiden_arena *arena, uint32_t number, size_t size_bytes);

/** The block in use that begins at this address. 0, EINVAL: there is none. The data is not looked
    at. */
int ek_arena_find(const struct ekiden_arena *arena, const void *memory, uint32_t *ret_number);

/** Whether what is written ahead of a block is what was written there when it was made. */
bool ek_arena_is_marked(const void *memory, uint32_t number);

/** What a reference leads to, which another process has made: the address at `offset`, if block
    `number` is in use, begins there and has room for so many bytes; or NULL. The data is not
    looked at. */
void *ek_arena_resolve(const struct ekiden_arena *arena, uint32_t number, uint64_t offset,
                       uint64_t size_bytes);

/** Whether all that the table says fits together; it is read as a whole. (check.c) */
bool ek_arena_is_sound(const struct ekiden_arena *arena);

/** What the user of a block has, if that is as large as it should be; or NULL. */
void *ek_arena_memory(const struct ekiden_arena *arena, uint32_t number, size_t size_bytes);

/* Blocks that records name (claims.c). */

/** A record that came says that it has this block, whose address is `memory`: 0 or ENOMEM. */
int ek_arena_name(struct ekiden_arena *arena, uint32_t number, const void *memory);

/** The program takes the bytes over: true if they are a block that a record has named and nobody
   has claimed; then it is the program's. */
bool ek_arena_claim(struct ekiden_arena *arena, const void *memory, size_t size_bytes);

/** Nothing more will come: what was named and not claimed is free. */
void ek_arena_settle_claims(struct ekiden_arena *arena);

/* Memory (memory.c). */

#define EK_ARENA_NAME_MAX 200 /* bytes of an arena's name */
#define EK_ARENA_MOST (UINT64_C(1) << 46) /* bytes that one may reserve … */
#define EK_ARENA_USUAL (UINT64_C(1) << 40) /* … that it reserves where nobody says how many … */
#define EK_ARENA_LEAST (UINT64_C(1) << 30) /* … and that are tried, where there is less */

/** All that this process has. */
extern struct ekiden_arena *ek_arenas;

/** Makes more of a file's address space usable, as one goes on from there: 0 or ENOMEM. */
int ek_arena_grow(struct ek_memory_file *file, size_t bytes);

/** Whether this process may write so far into a file: beyond, the kernel would send it SIGXFSZ. */
bool ek_arena_is_within_limit(size_t bytes);

/** Makes the file itself so large, at least: 0 or ENOMEM. */
int ek_arena_extend(const struct ek_memory_file *file, size_t bytes);

/** Maps the file, shared, over all of its address space: 0 or ENOMEM. */
int ek_arena_share(struct ek_memory_file *file, bool is_huge);

/** Makes an empty one: 0; ENOMEM, ESYSTEM (errno). */
int ek_arena_make(const char *name, size_t reserved_bytes, struct ekiden_arena **ret_arena);

/** Address space in which an arena will be, or would have been: addresses are known before there
    is anything. */
struct ek_arena_space {
        char *base;
        size_t bytes;
};

/**
 * An arena of memory files that another process has filled, and may still go on with: what this
 * process writes stays private until ek_arena_carry().
 *
 * @param data, table     descriptors; consumed after success only
 * @param reserved_bytes  what that process says that it reserved; it is not believed
 * @param space           address space for the data, reserved by ek_arena_reserve(), as large or
 *                        larger; consumed after success only. NULL: it finds its own
 * @return 0; EPROTOCOL: these are no such files; ENOMEM, ESYSTEM (errno)
 */
int ek_arena_attach(int data, int table, uint64_t reserved_bytes,
                    const struct ek_arena_space *space, struct ekiden_arena **ret_arena);

/** Reserves as much as an arena may take, or as there is. 0 or ENOMEM. */
int ek_arena_reserve(struct ek_arena_space *ret_space);

/** Gives it back. */
void ek_arena_unreserve(struct ek_arena_space *space);

/* Arenas that are to come (promise.c). */

/**
 * Where bytes will be when the arena of this name has come; nothing can be read there until then.
 *
 * @return 0, EPROTOCOL (they cannot be where they are said to be), ENOMEM (there is no memory, or
 *         not that much address space)
 */
int ek_arena_promise(const char *name, uint64_t offset, uint64_t size_bytes, void **ret_memory);

/** Whether an address is one of an arena that is still to come. */
bool ek_arena_is_promised(const void *memory);

/** Whether an arena of this name is. */
bool ek_arena_is_promised_name(const char *name);

/** How much address space there is for it. */
uint64_t ek_arena_promised_bytes(const char *name);

/** The name of one that is, or NULL. */
const char *ek_arena_promised(void);

/**
 * As ek_arena_attach(), at the place that was promised, if one was.
 *
 * @param ret_is_short  whether bytes were promised that lie behind the end of its data
 */
int ek_arena_fulfil(const char *name, int data, int table, uint64_t reserved_bytes,
                    struct ekiden_arena **ret_arena, bool *ret_is_short);

/** The arena that has these files already, or NULL. */
struct ekiden_arena *ek_arena_of(int data, int table);

/** Whether it is one that this process has, and its descriptors still lead to its files. */
bool ek_arena_is_whole(const struct ekiden_arena *arena);

/** Ends an arena, whatever lies in it. */
void ek_arena_unmap(struct ekiden_arena *arena);

/** The files are another process's: what lies in them stays to be seen, and what this process
    writes from now on is its own, and never carried. Where there is no memory for that, it may
    write no more. */
void ek_arena_withdraw(struct ekiden_arena *arena);

/* What a private arena has changed (carry.c). */

/**
 * From here on the files are this process's alone: what it has changed is carried into them, and
 * they are mapped as they are. The cost is that of the changed pages, and of finding them.
 *
 * @return 0; ENOMEM, ESYSTEM (errno): the arena is as it was, private, and it may be tried again
 */
int ek_arena_carry(struct ekiden_arena *arena);

/** How changed pages are found; each falls back on those behind it. */
enum ek_arena_finder { EK_FIND_SCANNED, EK_FIND_READ, EK_FIND_COMPARED };

/** As ek_arena_carry(), beginning with this one. */
int ek_arena_carry_by(struct ekiden_arena *arena, enum ek_arena_finder finder);
