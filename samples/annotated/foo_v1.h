/* SPDX-License-Identifier: MIT */
/*
 * The structs, annotated as in Figure 2 of Hayden et al., "State Transfer for Clear and Efficient
 * Runtime Updates" (HotSWUp 2011). The schema state/annotated_v1.proto was made of this file.
 */
#pragma once

#include <stddef.h>

#include <ekiden/annotate.h>

#include "network.h"

struct foo;

/** What several foos may hold in common. */
struct bar {
        struct foo *PTR owner; /* who had it first */
        int holders;
};

/** A foo is in a ring, and may point to any other one, or to itself. */
struct foo {
        char *ZT name; /* NULL: where the ring begins and ends */
        size_t buf_len;
        char *PTRARRAY(buf_len) buf;
        struct bar *PTR bar;
        struct foo *PTR buddy;
        struct foo *PTR next;
        struct foo *PTR previous;
        unsigned int IGNORE lookups; /* in this process */
};

/** Who is served, one after the other. */
struct client {
        int DESCRIPTOR listener;
        int DESCRIPTOR connection; /* -1: nobody */
        size_t length;
        char PTRARRAY(length) line[LINE_SIZE]; /* that has not come in full */
};
