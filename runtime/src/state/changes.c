/* SPDX-License-Identifier: MIT */
/*
 * See changes.h. Keys lie one after the other in chunks of memory, which are sent in their order
 * and freed behind it; a hash table says which are there. It is cut into many small ones, each of
 * which grows by itself: so no call that notes a key stands still for the rest of them. Clients of
 * the program choose keys, so the hash is seeded.
 */
#include "state/changes.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include <xxhash.h>

#include "secret.h"

#define ITEMS_MAX 16 /* that are tracked at a time */
#define CHUNK_SIZE ((size_t)16 << 10) /* a part of EK_CHANGES_MAX_LEAST */
#define PUT_OFF_MAX ((size_t)64 << 20) /* bytes of the keys that scan() gives at once */
#define TABLES 256
#define FIRST_SLOTS 8

int ekiden_tracking;

/* A key. Numbers have 8 bytes of data; behind other data is a NUL. */
struct entry {
        uint64_t hash;
        size_t size;
        uint8_t data[];
};

struct chunk {
        struct chunk *next;
        size_t used, capacity; /* of bytes */
        _Alignas(struct entry) uint8_t bytes[];
};

struct table {
        struct entry **slots;
        size_t capacity, count; /* a power of two; a quarter at least is free */
};

/* Keys in the order in which they were noted. */
struct keys {
        struct chunk *first, *last;
        size_t at; /* of the first chunk: where the next key is taken */
        uint64_t count; /* left */
        size_t size; /* bytes of chunks and tables */
};

struct ek_changes {
        const struct ekiden_item *item;
        size_t max_bytes;
        bool is_secret, is_number;
        int failure;
        uint64_t seed;
        struct keys noted, leaving, put_off;
        struct table tables[TABLES]; /* of `noted` */
};

/* Threads of the program note keys while the main one sends others: the lock is for all that is
   tracked, and held for no longer than one key takes, or the tables are freed. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct ek_changes *tracked[ITEMS_MAX];
static size_t tracked_count;

void ek_changes_before_fork(void)
{
        pthread_mutex_lock(&lock);
}

void ek_changes_after_fork(bool is_child)
{
        if (is_child) {
                tracked_count = 0;
                __atomic_store_n(&ekiden_tracking, 0, __ATOMIC_RELAXED);
        }
        pthread_mutex_unlock(&lock);
}

static bool is_number(const struct ekiden_item *item)
{
        const ProtobufCFieldDescriptor *field =
                protobuf_c_message_descriptor_get_field(item->message->descriptor, item->key);

        return field && field->type != PROTOBUF_C_TYPE_STRING &&
               field->type != PROTOBUF_C_TYPE_BYTES;
}

int ek_changes_begin(const struct ekiden_item *item, size_t max_bytes, bool is_secret,
                     struct ek_changes **ret_changes)
{
        struct ek_changes *changes;
        ssize_t drawn;

        if (ek_changes_of(item))
                return EKIDEN_EEXISTS;
        if (tracked_count == ITEMS_MAX)
                return EKIDEN_ELIMIT;
        changes = calloc(1, sizeof(*changes));
        if (!changes)
                return EKIDEN_ENOMEM;
        changes->item = item;
        changes->max_bytes = max_bytes;
        changes->is_secret = is_secret;
        changes->is_number = is_number(item);
        do
                drawn = getrandom(&changes->seed, sizeof(changes->seed), 0);
        while (drawn < 0 && errno == EINTR);
        if (drawn != (ssize_t)sizeof(changes->seed)) {
                free(changes);
                return EKIDEN_ESYSTEM;
        }
        pthread_mutex_lock(&lock);
        tracked[tracked_count++] = changes;
        pthread_mutex_unlock(&lock);
        __atomic_store_n(&ekiden_tracking, 1, __ATOMIC_RELAXED);
        *ret_changes = changes;
        return 0;
}

static void free_first(struct ek_changes *changes, struct keys *keys)
{
        struct chunk *chunk = keys->first;

        keys->first = chunk->next;
        keys->at = 0;
        keys->size -= sizeof(*chunk) + chunk->capacity;
        ek_secret_free(changes->is_secret, chunk, sizeof(*chunk) + chunk->used);
}

static void free_tables(struct ek_changes *changes)
{
        for (size_t i = 0; i < TABLES; i++)
                free(changes->tables[i].slots);
        memset(changes->tables, 0, sizeof(changes->tables));
}

struct ek_changes *ek_changes_end(struct ek_changes *changes)
{
        if (!changes)
                return NULL;
        pthread_mutex_lock(&lock);
        for (size_t i = 0; i < tracked_count; i++)
                if (tracked[i] == changes)
                        tracked[i] = tracked[--tracked_count];
        if (tracked_count == 0)
                __atomic_store_n(&ekiden_tracking, 0, __ATOMIC_RELAXED);
        pthread_mutex_unlock(&lock);
        while (changes->noted.first)
                free_first(changes, &changes->noted);
        while (changes->leaving.first)
                free_first(changes, &changes->leaving);
        while (changes->put_off.first)
                free_first(changes, &changes->put_off);
        free_tables(changes);
        free(changes);
        return NULL;
}

struct ek_changes *ek_changes_of(const struct ekiden_item *item)
{
        for (size_t i = 0; i < tracked_count; i++)
                if (tracked[i]->item == item)
                        return tracked[i];
        return NULL;
}

static size_t slot_of(const struct table *table, uint64_t hash, const void *data, size_t size)
{
        size_t slot = (size_t)(hash / TABLES) & (table->capacity - 1);

        for (;;) {
                const struct entry *entry = table->slots[slot];

                if (!entry || (entry->hash == hash && entry->size == size &&
                               (size == 0 || memcmp(entry->data, data, size) == 0)))
                        return slot;
                slot = (slot + 1) & (table->capacity - 1);
        }
}

/* Room for one more. */
static int grow(struct ek_changes *changes, struct table *table)
{
        struct table larger = {.capacity = table->capacity > 0 ? table->capacity * 2 : FIRST_SLOTS,
                               .count = table->count};

        if (table->count < table->capacity / 4 * 3)
                return 0;
        larger.slots = calloc(larger.capacity, sizeof(*larger.slots));
        if (!larger.slots)
                return EKIDEN_ENOMEM;
        for (size_t i = 0; i < table->capacity; i++) {
                struct entry *entry = table->slots[i];

                if (entry)
                        larger.slots[slot_of(&larger, entry->hash, entry->data, entry->size)] =
                                entry;
        }
        changes->noted.size += (larger.capacity - table->capacity) * sizeof(*larger.slots);
        free(table->slots);
        *table = larger;
        return 0;
}

/* Bytes of an entry in its chunk. */
static size_t room_of(size_t size)
{
        size_t room = sizeof(struct entry) + size + 1;

        return (room + _Alignof(struct entry) - 1) & ~(_Alignof(struct entry) - 1);
}

static struct entry *new_entry(struct keys *keys, size_t size)
{
        size_t room = room_of(size);
        struct chunk *chunk = keys->last;
        struct entry *entry;

        if (!chunk || chunk->capacity - chunk->used < room) {
                size_t capacity = room > CHUNK_SIZE ? room : CHUNK_SIZE;

                chunk = malloc(sizeof(*chunk) + capacity);
                if (!chunk)
                        return NULL;
                *chunk = (struct chunk){.capacity = capacity};
                if (keys->last)
                        keys->last->next = chunk;
                else
                        keys->first = chunk;
                keys->last = chunk;
                keys->size += sizeof(*chunk) + capacity;
        }
        entry = (struct entry *)(void *)(chunk->bytes + chunk->used);
        chunk->used += room;
        return entry;
}

static size_t size_of(const struct ek_changes *changes)
{
        return changes->noted.size + changes->leaving.size;
}

/* A key at the end of a list. */
static int add(struct keys *keys, const void *data, size_t size, struct entry **ret_entry)
{
        struct entry *entry = new_entry(keys, size);

        if (!entry)
                return EKIDEN_ENOMEM;
        entry->size = size;
        if (size > 0)
                memcpy(entry->data, data, size);
        entry->data[size] = '\0';
        keys->count++;
        *ret_entry = entry;
        return 0;
}

static int note(struct ek_changes *changes, const void *data, size_t size)
{
        uint64_t hash = XXH3_64bits_withSeed(data, size, changes->seed);
        struct table *table = &changes->tables[hash % TABLES];
        struct entry *entry;
        size_t slot;
        int r;

        if (table->capacity > 0 && table->slots[slot_of(table, hash, data, size)])
                return 0;
        if (size > changes->max_bytes || size_of(changes) + room_of(size) > changes->max_bytes)
                return EKIDEN_ELIMIT;
        if (grow(changes, table) < 0)
                return EKIDEN_ENOMEM;
        r = add(&changes->noted, data, size, &entry);
        if (r < 0)
                return r;
        entry->hash = hash;
        slot = slot_of(table, hash, data, size);
        table->slots[slot] = entry;
        table->count++;
        return 0;
}

static void note_failure(struct ek_changes *changes, int r)
{
        if (r < 0 && changes->failure == 0)
                changes->failure = r;
}

static void note_key(struct ek_changes *changes, const struct ekiden_key *key)
{
        note_failure(changes, changes->is_number ? note(changes, &key->number, sizeof(key->number))
                                                 : note(changes, key->data, key->size));
}

void ek_changes_note_of(const struct ekiden_item *item, const struct ekiden_key *key)
{
        struct ek_changes *changes;

        pthread_mutex_lock(&lock);
        changes = ek_changes_of(item);
        if (changes)
                note_key(changes, key);
        pthread_mutex_unlock(&lock);
}

int ek_changes_put_off(struct ek_changes *changes, const struct ekiden_key *key)
{
        const void *data = changes->is_number ? (const void *)&key->number : key->data;
        size_t size = changes->is_number ? sizeof(key->number) : key->size;
        struct entry *entry;
        int r = EKIDEN_ELIMIT;

        pthread_mutex_lock(&lock);
        if (changes->put_off.size + size <= PUT_OFF_MAX)
                r = add(&changes->put_off, data, size, &entry);
        pthread_mutex_unlock(&lock);
        return r;
}

int ek_changes_failure(const struct ek_changes *changes)
{
        int failure;

        pthread_mutex_lock(&lock);
        failure = changes->failure;
        pthread_mutex_unlock(&lock);
        return failure;
}

uint64_t ek_changes_noted(const struct ek_changes *changes)
{
        uint64_t count;

        pthread_mutex_lock(&lock);
        count = changes->noted.count;
        pthread_mutex_unlock(&lock);
        return count;
}

size_t ek_changes_size(const struct ek_changes *changes)
{
        size_t size;

        pthread_mutex_lock(&lock);
        size = size_of(changes);
        pthread_mutex_unlock(&lock);
        return size;
}

/* With the lock. */
static void turn(struct ek_changes *changes)
{
        size_t tables = 0;

        if (changes->leaving.count > 0)
                return;
        while (changes->leaving.first)
                free_first(changes, &changes->leaving);
        for (size_t i = 0; i < TABLES; i++)
                tables += changes->tables[i].capacity * sizeof(*changes->tables[i].slots);
        changes->leaving = changes->noted;
        changes->leaving.size -= tables;
        changes->noted = (struct keys){0};
        free_tables(changes);
}

void ek_changes_turn(struct ek_changes *changes)
{
        pthread_mutex_lock(&lock);
        turn(changes);
        pthread_mutex_unlock(&lock);
}

/* With the lock. */
static bool next(struct ek_changes *changes, struct keys *keys, struct ekiden_key *ret_key)
{
        struct entry *entry;

        while (keys->first && keys->at == keys->first->used)
                free_first(changes, keys);
        if (!keys->first) {
                *keys = (struct keys){0};
                return false;
        }
        entry = (struct entry *)(void *)(keys->first->bytes + keys->at);
        keys->at += room_of(entry->size);
        keys->count--;
        *ret_key = (struct ekiden_key){0};
        if (changes->is_number) {
                memcpy(&ret_key->number, entry->data, sizeof(ret_key->number));
        } else {
                ret_key->data = entry->data;
                ret_key->size = entry->size;
        }
        return true;
}

static bool take(struct ek_changes *changes, struct keys *keys, struct ekiden_key *ret_key)
{
        bool is_there;

        pthread_mutex_lock(&lock);
        is_there = next(changes, keys, ret_key);
        pthread_mutex_unlock(&lock);
        return is_there;
}

bool ek_changes_next(struct ek_changes *changes, struct ekiden_key *ret_key)
{
        return take(changes, &changes->leaving, ret_key);
}

bool ek_changes_next_put_off(struct ek_changes *changes, struct ekiden_key *ret_key)
{
        return take(changes, &changes->put_off, ret_key);
}
