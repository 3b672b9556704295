/* SPDX-License-Identifier: MIT */
/*
 * What lies in an arena's two memory files. The data file holds the blocks: a prefix of 16 bytes
 * each, then what the program keeps there. The table file holds all that the allocator knows: a
 * header, for each page of the data which block is the first that begins there, and then an entry
 * for each block. Apart from each other they change hands better: who takes
 * an arena over reads and writes a few pages of the table, and none of the data.
 *
 * Offsets and numbers of entries take the place of pointers, so that the files mean the same
 * wherever they are mapped. Both are of the machine's own byte order, as they never leave it.
 */
#pragma once

#include <stdint.h>

#define EK_ARENA_MAGIC UINT64_C(0x31616e6572616b65) /* "ekarena1" */
#define EK_ARENA_TABLE_START ((size_t)4096) /* bytes: the header's room */
#define EK_ARENA_PAGE                                                               \
        ((size_t)4096) /* of the data: a number of 4 bytes for each lies behind the \
                          header, and then the entries (starts.c) */
#define EK_ARENA_STEP ((size_t)2 << 20) /* the data file grows by multiples of a huge page */
#define EK_ARENA_TABLE_STEP ((size_t)64 << 10)

#define EK_BLOCK_GRANULE ((size_t)16) /* offsets and sizes are multiples of it */
#define EK_BLOCK_MIN ((size_t)64) /* bytes, with the prefix */
#define EK_BLOCK_USED ((uint64_t)1) /* in `size` */
#define EK_LEVEL_FIRST 6 /* blocks from 2^6 bytes … */
#define EK_LEVELS 42 /* … to less than 2^48 */
#define EK_SUBLEVELS 16 /* classes of sizes in each power of two */

/** An entry of the table. One that is not in use has size 0, and `free_after` is the next such. */
struct ek_block {
        uint64_t offset; /* of the prefix, in the data file */
        uint64_t size; /* bytes with the prefix, and EK_BLOCK_USED */
        uint32_t before, after; /* neighbours in the data file; 0: none */
        uint32_t free_before, free_after; /* of the same class; 0: none */
};

/** Where blocks of one class begin, by TLSF (Masmano et al., "TLSF: a New Dynamic Memory Allocator
    for Real-Time Systems", ECRTS 2004): found in constant time, by two steps through bitmaps. */
struct ek_arena_header {
        uint64_t magic;
        uint64_t reserved_bytes; /* that the data may grow to, which says where the entries begin */
        uint64_t data_bytes; /* that blocks cover, from 0 on */
        uint64_t used_bytes, used_blocks, free_blocks;
        uint32_t count; /* entries that were ever in use, entry 0 among them, which is none */
        uint32_t unused; /* the first that is to be used again; 0: none */
        uint32_t last; /* the block at the end of the data; 0: there is none */
        uint32_t padding;
        uint64_t levels; /* a bit for each that has a free block */
        uint32_t sublevels[EK_LEVELS]; /* as `levels`, of each level */
        uint32_t heads[EK_LEVELS][EK_SUBLEVELS]; /* of lists of free blocks; 0: empty */
};

_Static_assert(sizeof(struct ek_arena_header) <= EK_ARENA_TABLE_START, "the header has its room");
_Static_assert(sizeof(struct ek_block) == 32, "entries lie one after the other");

/** Ahead of what the program keeps in a block: who writes beyond the block before it is found out.
 */
struct ek_prefix {
        uint32_t number;
        uint32_t mark; /* the number, changed: what is not a block is told from one */
        uint64_t padding;
};

#define EK_PREFIX_MARK UINT32_C(0xa5e4b10c)

_Static_assert(sizeof(struct ek_prefix) == EK_BLOCK_GRANULE, "what follows is aligned");
