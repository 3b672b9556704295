/* SPDX-License-Identifier: MIT */
/*
 * The measurement by which the store's table was chosen: Debian's tables and our own insert the
 * same entries, presized or growing, and find each in another order. Entries are as the store's:
 * struct and key in one allocation, the value in another.
 *
 *     tables TABLE KEYS [presized]
 *
 * prints nanoseconds of CPU time for each key and for the longest single insertion, and bytes of
 * the table itself.
 */
#include <glib.h>
#include <htslib/khash.h>
#include <malloc.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <urcu.h>
#include <urcu/rculfhash.h>
#define HASH_FUNCTION(key, size, ret_hash) ((ret_hash) = (unsigned int)hash_key(key, size))
#include <uthash.h>

#include "../hash.h"
#include "../table.h"

#define KEY_SIZE 16
#define VALUE_SIZE 100
#define AHEAD 16
#define GROUP 64

struct entry {
        uint8_t *value;
        uint32_t value_size, key_size;
        int64_t expires_at;
        uint8_t key[KEY_SIZE];
};

struct entry_for_uthash {
        struct entry entry;
        UT_hash_handle hh;
};

struct entry_for_liburcu {
        struct entry entry;
        struct cds_lfht_node node;
};

struct subject {
        const char *name;
        size_t entry_size;
        void (*begin)(uint64_t presized);
        void (*prefetch)(const struct entry *entry);
        void (*insert)(struct entry *entry);
        struct entry *(*find)(const uint8_t *key);
};

static const struct hash_seed seed = {1, 2};

static uint64_t hash_key(const void *key, size_t size)
{
        return hash_bytes(&seed, key, size);
}

/* The store's own. */

static struct table own;

static uint64_t own_hash(const void *entry, const void *data)
{
        (void)data;
        return hash_key(((const struct entry *)entry)->key, KEY_SIZE);
}

static bool own_has_key(const void *entry, const void *key)
{
        return memcmp(((const struct entry *)entry)->key, key, KEY_SIZE) == 0;
}

static const struct table_kind own_kind = {own_hash, own_has_key};

static void own_begin(uint64_t presized)
{
        table_init(&own, &own_kind, NULL);
        table_reserve(&own, presized);
}

static void own_prefetch(const struct entry *entry)
{
        table_prefetch(&own, hash_key(entry->key, KEY_SIZE));
}

static void own_insert(struct entry *entry)
{
        void *replaced;

        table_insert(&own, hash_key(entry->key, KEY_SIZE), entry->key, entry, &replaced);
}

static struct entry *own_find(const uint8_t *key)
{
        return table_find(&own, hash_key(key, KEY_SIZE), key);
}

/* GLib's GHashTable: it cannot be presized. */

static GHashTable *glib;

static guint glib_hash(gconstpointer key)
{
        return (guint)hash_key(key, KEY_SIZE);
}

static gboolean glib_equal(gconstpointer one, gconstpointer other)
{
        return memcmp(one, other, KEY_SIZE) == 0;
}

static void glib_begin(uint64_t presized)
{
        (void)presized;
        glib = g_hash_table_new(glib_hash, glib_equal);
}

static void glib_insert(struct entry *entry)
{
        g_hash_table_replace(glib, entry->key, entry);
}

static struct entry *glib_find(const uint8_t *key)
{
        return g_hash_table_lookup(glib, key);
}

/* uthash: it cannot be presized. */

static struct entry_for_uthash *uthash;

static void uthash_begin(uint64_t presized)
{
        (void)presized;
}

static void uthash_insert(struct entry *entry)
{
        struct entry_for_uthash *mine = (struct entry_for_uthash *)entry, *replaced;

        HASH_REPLACE(hh, uthash, entry.key, KEY_SIZE, mine, replaced);
}

static struct entry *uthash_find(const uint8_t *key)
{
        struct entry_for_uthash *found;

        HASH_FIND(hh, uthash, key, KEY_SIZE, found);
        return (struct entry *)found;
}

/* khash of htslib. */

#define khash_hash(key) ((khint_t)hash_key(key, KEY_SIZE))
#define khash_equal(one, other) (memcmp(one, other, KEY_SIZE) == 0)
KHASH_INIT(entries, const uint8_t *, struct entry *, 1, khash_hash, khash_equal)

static khash_t(entries) * khash;

static void khash_begin(uint64_t presized)
{
        khash = kh_init(entries);
        if (presized)
                kh_resize(entries, khash, (khint_t)(presized * 4 / 3));
}

static void khash_insert(struct entry *entry)
{
        int result;
        khint_t place = kh_put(entries, khash, entry->key, &result);

        kh_key(khash, place) = entry->key;
        kh_value(khash, place) = entry;
}

static struct entry *khash_find(const uint8_t *key)
{
        khint_t place = kh_get(entries, khash, key);

        return place == kh_end(khash) ? NULL : kh_value(khash, place);
}

/* liburcu's lock-free table, which grows in a thread of its own. */

static struct cds_lfht *liburcu;

static int liburcu_match(struct cds_lfht_node *node, const void *key)
{
        return memcmp(caa_container_of(node, struct entry_for_liburcu, node)->entry.key, key,
                      KEY_SIZE) == 0;
}

static void liburcu_begin(uint64_t presized)
{
        unsigned long buckets = 1024;

        while (buckets < presized)
                buckets *= 2;
        rcu_register_thread();
        liburcu = cds_lfht_new(buckets, 1024, 0, CDS_LFHT_AUTO_RESIZE | CDS_LFHT_ACCOUNTING, NULL);
}

static void liburcu_insert(struct entry *entry)
{
        struct entry_for_liburcu *mine = (struct entry_for_liburcu *)entry;

        rcu_read_lock();
        cds_lfht_add_replace(liburcu, (unsigned long)hash_key(entry->key, KEY_SIZE), liburcu_match,
                             entry->key, &mine->node);
        rcu_read_unlock();
}

static struct entry *liburcu_find(const uint8_t *key)
{
        struct cds_lfht_iter iterator;
        struct cds_lfht_node *node;

        rcu_read_lock();
        cds_lfht_lookup(liburcu, (unsigned long)hash_key(key, KEY_SIZE), liburcu_match, key,
                        &iterator);
        node = cds_lfht_iter_get_node(&iterator);
        rcu_read_unlock();
        return node ? &caa_container_of(node, struct entry_for_liburcu, node)->entry : NULL;
}

static const struct subject subjects[] = {
        {"own", sizeof(struct entry), own_begin, own_prefetch, own_insert, own_find},
        {"own-unfetched", sizeof(struct entry), own_begin, NULL, own_insert, own_find},
        {"glib", sizeof(struct entry), glib_begin, NULL, glib_insert, glib_find},
        {"uthash", sizeof(struct entry_for_uthash), uthash_begin, NULL, uthash_insert, uthash_find},
        {"khash", sizeof(struct entry), khash_begin, NULL, khash_insert, khash_find},
        {"liburcu", sizeof(struct entry_for_liburcu), liburcu_begin, NULL, liburcu_insert,
         liburcu_find},
};

static uint64_t now_ns(void)
{
        struct timespec now;

        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
        return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static uint64_t resident_bytes(void)
{
        unsigned long total, resident = 0;
        FILE *file = fopen("/proc/self/statm", "re");

        if (file && fscanf(file, "%lu %lu", &total, &resident) != 2)
                resident = 0;
        if (file)
                fclose(file);
        return (uint64_t)resident * (uint64_t)sysconf(_SC_PAGESIZE);
}

static void make_key(uint64_t number, uint8_t key[KEY_SIZE])
{
        memcpy(key, "key:", 4);
        for (int i = KEY_SIZE - 1; i >= 4; i--, number /= 10)
                key[i] = (uint8_t)('0' + number % 10);
}

static struct entry *make_entry(const struct subject *subject, uint64_t number)
{
        struct entry *entry = calloc(1, subject->entry_size);

        entry->value = malloc(VALUE_SIZE);
        memset(entry->value, 'v', VALUE_SIZE);
        entry->value_size = VALUE_SIZE;
        entry->key_size = KEY_SIZE;
        make_key(number, entry->key);
        return entry;
}

/* Entries come in a window, as they do in an import: made, its slot prefetched, and inserted.
 * Returns the longest time that a group of them took. */
static uint64_t fill(const struct subject *subject, uint64_t count)
{
        struct entry *window[AHEAD];
        uint64_t longest = 0, begin = now_ns();

        for (uint64_t i = 0; i < count + AHEAD; i++) {
                if (i >= AHEAD)
                        subject->insert(window[i % AHEAD]);
                if (i < count) {
                        window[i % AHEAD] = make_entry(subject, i);
                        if (subject->prefetch)
                                subject->prefetch(window[i % AHEAD]);
                }
                if (i % GROUP == GROUP - 1) {
                        uint64_t end = now_ns();

                        longest = end - begin > longest ? end - begin : longest;
                        begin = end;
                }
        }
        return longest;
}

static uint64_t find_all(const struct subject *subject, uint64_t count)
{
        uint8_t key[KEY_SIZE];
        uint64_t found = 0;

        for (uint64_t i = 0; i < count; i++) {
                make_key(i * 2654435761 % count, key);
                found += subject->find(key) != NULL;
        }
        return found;
}

static int measure(const struct subject *subject, uint64_t count, bool presized)
{
        uint64_t before, entries, begin, filled, longest, found;
        double each = (double)count;

        /* What the entries take without a table. */
        before = resident_bytes();
        for (uint64_t i = 0; i < 100000; i++)
                make_entry(subject, i);
        entries = (resident_bytes() - before) / 100000;

        before = resident_bytes();
        begin = now_ns();
        subject->begin(presized ? count : 0);
        longest = fill(subject, count);
        filled = now_ns();
        found = find_all(subject, count);
        printf("%-14s %8lu %-8s insert %4.0f ns  find %4.0f ns  longest 64 %9.3f ms  "
               "table %5.1f B, entry %lu B%s\n",
               subject->name, (unsigned long)count, presized ? "presized" : "grown",
               (double)(filled - begin) / each, (double)(now_ns() - filled) / each,
               (double)longest / 1e6,
               ((double)(resident_bytes() - before) - each * (double)entries) / each,
               (unsigned long)entries, found < count ? "  not all found" : "");
        return 0;
}

int main(int argc, char **argv)
{
        for (size_t i = 0; argc >= 3 && i < sizeof(subjects) / sizeof(subjects[0]); i++)
                if (strcmp(argv[1], subjects[i].name) == 0)
                        return measure(&subjects[i], strtoull(argv[2], NULL, 0), argc > 3);
        fprintf(stderr,
                "usage: tables own|own-unfetched|glib|uthash|khash|liburcu KEYS [presized]\n");
        return 1;
}
