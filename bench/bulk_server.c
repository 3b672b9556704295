/* SPDX-License-Identifier: MIT */
/*
 * A server that does nothing but hold much: DESCRIPTORS open files and ENTRIES small records. It is
 * upgraded to itself, and what that takes is measured from outside.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <ekiden/ekiden.h>

#include "bulk_v1.ekiden.h"

#define KEY_SIZE 32
#define VALUE_SIZE 84

struct entry {
        char key[KEY_SIZE];
        uint8_t value[VALUE_SIZE];
        uint32_t flags;
        uint64_t expires, version;
};

static int *connections;
static size_t connection_count, connection_capacity;
static struct entry *entries;
static size_t entry_count, entry_capacity;

static void *one_more(void *array, size_t count, size_t *capacity, size_t size)
{
        if (count < *capacity)
                return array;
        *capacity = *capacity > 0 ? *capacity * 2 : 1024;
        array = reallocarray(array, *capacity, size);
        if (!array) {
                fprintf(stderr, "bulk: memory ran out\n");
                exit(EXIT_FAILURE);
        }
        return array;
}

static void add_connection(int descriptor)
{
        connections = one_more(connections, connection_count, &connection_capacity,
                               sizeof(connections[0]));
        connections[connection_count++] = descriptor;
}

static struct entry *add_entry(void)
{
        entries = one_more(entries, entry_count, &entry_capacity, sizeof(entries[0]));
        return &entries[entry_count++];
}

static uint64_t count_connections(void *data)
{
        (void)data;
        return connection_count;
}

static int export_connection(Bulk__V1__Connection *record, struct ekiden_cursor *cursor, void *data)
{
        (void)data;
        if (cursor->record == connection_count)
                return 0;
        record->descriptor = connections[cursor->record];
        return 1;
}

static int import_connection(const Bulk__V1__Connection *record, struct ekiden_cursor *cursor,
                             void *data)
{
        (void)cursor;
        (void)data;
        add_connection(record->descriptor);
        return 0;
}

static uint64_t count_entries(void *data)
{
        (void)data;
        return entry_count;
}

static int export_entry(Bulk__V1__Entry *record, struct ekiden_cursor *cursor, void *data)
{
        struct entry *entry = &entries[cursor->record];

        (void)data;
        if (cursor->record == entry_count)
                return 0;
        record->key = entry->key;
        record->has_flags = record->has_expires = record->has_version = record->has_value = 1;
        record->flags = entry->flags;
        record->expires = entry->expires;
        record->version = entry->version;
        record->value = (ProtobufCBinaryData){VALUE_SIZE, entry->value};
        return 1;
}

static int import_entry(const Bulk__V1__Entry *record, struct ekiden_cursor *cursor, void *data)
{
        struct entry *entry;

        (void)data;
        if (!record->key || strlen(record->key) >= KEY_SIZE || record->value.len != VALUE_SIZE)
                return ekiden_cursor_refuse(cursor, "the entry does not fit its place");
        entry = add_entry();
        strcpy(entry->key, record->key);
        memcpy(entry->value, record->value.data, VALUE_SIZE);
        entry->flags = record->flags;
        entry->expires = record->expires;
        entry->version = record->version;
        return 0;
}

static const struct bulk_v1_connections_functions connections_functions = {
        .count = count_connections,
        .export_record = export_connection,
        .import_record = import_connection,
};

static const struct bulk_v1_entries_functions entries_functions = {
        .count = count_entries,
        .export_record = export_entry,
        .import_record = import_entry,
};

static void open_connections(unsigned long count)
{
        for (unsigned long i = 0; i < count; i++) {
                int descriptor = eventfd(0, EFD_CLOEXEC);

                if (descriptor < 0) {
                        perror("bulk: eventfd");
                        exit(EXIT_FAILURE);
                }
                add_connection(descriptor);
        }
}

static void make_entries(unsigned long count)
{
        for (unsigned long i = 0; i < count; i++) {
                struct entry *entry = add_entry();

                snprintf(entry->key, KEY_SIZE, "session:%012lu", i);
                memset(entry->value, (int)('a' + i % 26), VALUE_SIZE);
                entry->flags = (uint32_t)i;
                entry->expires = UINT64_C(1800000000) + i;
                entry->version = i;
        }
}

int main(int argc, char **argv)
{
        struct ekiden_error error = {0};
        int began = ekiden_start(argc, argv, &bulk_v1, &error);

        if (began < 0) {
                fprintf(stderr, "bulk: %s\n", error.sentence);
                return ekiden_error_exit_status(error.code);
        }
        if (bulk_v1_tag_connections(&connections_functions, NULL) == EKIDEN_FRESH && argc > 1)
                open_connections(strtoul(argv[1], NULL, 10));
        if (bulk_v1_tag_entries(&entries_functions, NULL) == EKIDEN_FRESH && argc > 2)
                make_entries(strtoul(argv[2], NULL, 10));
        if (began == EKIDEN_FRESH && puts("serving") >= 0)
                fflush(stdout);
        for (;;) {
                ekiden_update_point("loop");
                pause();
        }
}
