/* SPDX-License-Identifier: MIT */
/* What bindings.py writes for each random schema, for trips.c. */
#pragma once

#include <ekiden/native.h>

/* One process's state: a singleton, and a stream of entries. */
#define TRIP_RECORDS 150 /* at most */

struct trip {
        void *root;
        void *entries[64];
        size_t count;
        void *records[TRIP_RECORDS]; /* of a container that is scanned */
        size_t record_count;
        const void *announced[TRIP_RECORDS]; /* by prefetch, in turn */
        size_t announced_count;
        uint64_t reserved;
        size_t refuse_at; /* what insert() refuses: number of a record from 1; 0: none */
};

struct journey {
        const char *name; /* NULL: the end */
        const struct ekiden_schema *schema;
        void (*fill)(struct trip *trip); /* all but entries and root exist by trip_allocate() */
        void (*tag)(struct trip *trip); /* makes a root of zeroes, where there is none */
        const char *(*differs)(const struct trip *before, const struct trip *after); /* NULL: no */
        bool (*record_differs)(const void *one, const void *other);
};

extern const struct journey journeys[];

/* Both are the schemas' own c_alloc and c_free. How many of them are in use; and which one from now
   on fails, 0: none. */
extern size_t trip_live, trip_fail_at;
void *trip_allocate(size_t size_bytes);
void trip_release(void *memory);

/** The container of records, as <ekiden/native.h> has it. */
uint64_t trip_scan(struct trip *trip, uint64_t position, void **entries, size_t room,
                   size_t *ret_count);
int trip_take(struct trip *trip, void *entry, struct ekiden_cursor *cursor);
bool trip_drop(struct trip *trip, const void *entry);
void trip_announce(struct trip *trip, const void *entry);

/** Registers the items of a trip; what was tagged is untagged by untag(). */
const struct ekiden_natives *trip_tag(const struct journey *journey, struct trip *trip);
void trip_untag(void);

/** Frees all that trip_allocate() gave, and what it gave in all. */
void trip_forget(void);

/** Memory of zeroes. */
void *trip_zeroed(size_t size_bytes);

/** A string of at most `size_max` bytes. */
char *trip_text(size_t size_max);
