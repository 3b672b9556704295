/* SPDX-License-Identifier: MIT */
/* What bindings.py writes for each random schema, for trips.c. */
#pragma once

#include <ekiden/native.h>

/* One process's state: a singleton, and a stream of entries. */
struct trip {
        void *root;
        void *entries[64];
        size_t count;
};

struct journey {
        const char *name; /* NULL: the end */
        const struct ekiden_schema *schema;
        void (*fill)(struct trip *trip); /* all but entries and root exist by trip_allocate() */
        void (*tag)(struct trip *trip); /* makes a root of zeroes, where there is none */
        const char *(*differs)(const struct trip *before, const struct trip *after); /* NULL: no */
};

extern const struct journey journeys[];

/* Both are the schemas' own c_alloc and c_free. */
void *trip_allocate(size_t size_bytes);
void trip_release(void *memory);

/** Memory of zeroes. */
void *trip_zeroed(size_t size_bytes);

/** A string of at most `size_max` bytes. */
char *trip_text(size_t size_max);
