/* SPDX-License-Identifier: MIT */
/* Books in a hash table that grows and shrinks, and can be scanned meanwhile. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct book {
        struct book *next; /* in its bucket */
        uint8_t *key;
        uint32_t key_size;
        uint32_t value;
        char *title;
        uint64_t doubled; /* from version 2 on: twice the value */
};

struct loan {
        int32_t number;
        uint64_t due;
};

struct ledger {
        uint64_t random; /* state of the generator */
        uint64_t changes;
        uint32_t legs;
        uint64_t due_sum; /* of all loans */
};

struct shelf {
        struct book **buckets;
        size_t capacity; /* of buckets, a power of two */
        size_t count;
};

struct book *shelf_find(const struct shelf *shelf, const uint8_t *key, size_t size);

/** Takes the book over, in place of the one with its key, which is freed. */
void shelf_put(struct shelf *shelf, struct book *book);

/** Takes it out, found by its address: true. It is the caller's. */
bool shelf_take_out(struct shelf *shelf, struct book *book);

/** As Redis's SCAN: by buckets, in the order of their number's bits reversed. */
uint64_t shelf_scan(const struct shelf *shelf, uint64_t position, struct book **books, size_t room,
                    size_t *ret_count);

/** The one after a book, or the first where that is NULL. */
struct book *shelf_next(const struct shelf *shelf, const struct book *book);

void book_free(struct book *book);
void shelf_empty(struct shelf *shelf);
