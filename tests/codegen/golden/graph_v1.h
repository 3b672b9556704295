/* SPDX-License-Identifier: MIT */
/* The program's own structs that graph_v1.proto is bound to. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "common/native_common.h"

#ifdef __cplusplus
extern "C" {
#endif

struct peer;

struct room {
        char name[16];
        struct peer *owner;
        struct peer **members;
        int member_count;
        struct room *parent;
};

struct peer {
        uint64_t id;
        struct room *room;
        struct room rooms_of_its_own[2];
        struct peer *friends[4];
        int (*on_line)(struct peer *peer, const char *line);
        struct address address;
        struct letter_box *box;
        struct peer *next;
};

struct letter_box {
        unsigned int size;
        uint16_t mark;
        char bytes[];
};

struct lobby {
        struct peer *first;
        struct room main_room;
};

void *graph_alloc(size_t size_bytes);
void graph_free(void *memory);
struct peer *peer_new(void);
void peer_free(struct peer *peer);

#ifdef __cplusplus
}
#endif
