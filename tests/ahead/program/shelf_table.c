/* SPDX-License-Identifier: MIT */
/* See shelf.h. */
#include <stdlib.h>
#include <string.h>

#include "shelf.h"

#define FIRST_CAPACITY 8

static uint64_t hash(const uint8_t *key, size_t size)
{
        uint64_t value = UINT64_C(14695981039346656037); /* FNV-1a */

        for (size_t i = 0; i < size; i++)
                value = (value ^ key[i]) * UINT64_C(1099511628211);
        return value ^ value >> 29;
}

static struct book **bucket_of(const struct shelf *shelf, const uint8_t *key, size_t size)
{
        return &shelf->buckets[hash(key, size) & (shelf->capacity - 1)];
}

struct book *shelf_find(const struct shelf *shelf, const uint8_t *key, size_t size)
{
        if (shelf->capacity == 0)
                return NULL;
        for (struct book *book = *bucket_of(shelf, key, size); book; book = book->next)
                if (book->key_size == size && (size == 0 || memcmp(book->key, key, size) == 0))
                        return book;
        return NULL;
}

static void resize(struct shelf *shelf, size_t capacity)
{
        struct shelf resized = {.capacity = capacity, .count = shelf->count};

        resized.buckets = calloc(capacity, sizeof(struct book *));
        if (!resized.buckets)
                abort();
        for (size_t i = 0; i < shelf->capacity; i++)
                while (shelf->buckets[i]) {
                        struct book *book = shelf->buckets[i];
                        struct book **bucket = bucket_of(&resized, book->key, book->key_size);

                        shelf->buckets[i] = book->next;
                        book->next = *bucket;
                        *bucket = book;
                }
        free(shelf->buckets);
        *shelf = resized;
}

void book_free(struct book *book)
{
        free(book->key);
        free(book->title);
        free(book);
}

void shelf_put(struct shelf *shelf, struct book *book)
{
        struct book *old = shelf_find(shelf, book->key, book->key_size);
        struct book **bucket;

        if (old) {
                shelf_take_out(shelf, old);
                book_free(old);
        }
        if (shelf->count >= shelf->capacity)
                resize(shelf, shelf->capacity > 0 ? shelf->capacity * 2 : FIRST_CAPACITY);
        bucket = bucket_of(shelf, book->key, book->key_size);
        book->next = *bucket;
        *bucket = book;
        shelf->count++;
}

bool shelf_take_out(struct shelf *shelf, struct book *book)
{
        struct book **at;

        if (shelf->capacity == 0)
                return false;
        for (at = bucket_of(shelf, book->key, book->key_size); *at && *at != book;
             at = &(*at)->next)
                ;
        if (!*at)
                return false;
        *at = book->next;
        if (--shelf->count < shelf->capacity / 8 && shelf->capacity > FIRST_CAPACITY)
                resize(shelf, shelf->capacity / 2);
        return true;
}

static uint64_t reversed(uint64_t value)
{
        uint64_t result = 0;

        for (int i = 0; i < 64; i++)
                result |= (value >> i & 1) << (63 - i);
        return result;
}

/* The number behind, counted from its highest bit down: what a smaller or larger table splits or
   joins lies together then. */
static uint64_t next_position(uint64_t position, uint64_t mask)
{
        return reversed(reversed(position | ~mask) + 1);
}

uint64_t shelf_scan(const struct shelf *shelf, uint64_t position, struct book **books, size_t room,
                    size_t *ret_count)
{
        uint64_t mask = shelf->capacity - 1;

        *ret_count = 0;
        if (shelf->capacity == 0)
                return 0;
        do {
                size_t count = *ret_count;

                for (struct book *book = shelf->buckets[position & mask]; book; book = book->next) {
                        if (count < room)
                                books[count] = book;
                        count++;
                }
                if (count > room && *ret_count > 0)
                        return position; /* the bucket comes next time, … */
                *ret_count = count;
                if (count > room)
                        return position; /* … and when there is room for so many */
                position = next_position(position, mask);
        } while (position != 0);
        return 0;
}

struct book *shelf_next(const struct shelf *shelf, const struct book *book)
{
        size_t i = 0;

        if (book && book->next)
                return book->next;
        if (book)
                i = (size_t)(hash(book->key, book->key_size) & (shelf->capacity - 1)) + 1;
        for (; i < shelf->capacity; i++)
                if (shelf->buckets[i])
                        return shelf->buckets[i];
        return NULL;
}

void shelf_empty(struct shelf *shelf)
{
        for (size_t i = 0; i < shelf->capacity; i++)
                while (shelf->buckets[i]) {
                        struct book *book = shelf->buckets[i];

                        shelf->buckets[i] = book->next;
                        book_free(book);
                }
        free(shelf->buckets);
        *shelf = (struct shelf){0};
}
