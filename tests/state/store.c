/* SPDX-License-Identifier: MIT */
/* See store.h. */
#include "store.h"

#include <stdlib.h>
#include <string.h>

static ProtobufCMessage *copy(const ProtobufCMessage *record)
{
        size_t size = protobuf_c_message_get_packed_size(record);
        uint8_t *bytes = malloc(size + 1);
        ProtobufCMessage *made;

        cr_assert_not_null(bytes);
        protobuf_c_message_pack(record, bytes);
        made = protobuf_c_message_unpack(record->descriptor, NULL, size, bytes);
        cr_assert_not_null(made);
        free(bytes);
        return made;
}

void store_add(struct store *store, const ProtobufCMessage *record)
{
        cr_assert_lt(store->count, STORED_MAX);
        store->records[store->count++] = copy(record);
}

void store_clear(struct store *store)
{
        for (size_t i = 0; i < store->count; i++)
                protobuf_c_message_free_unpacked(store->records[i], NULL);
        store->count = 0;
}

static int export_record(const void *functions, ProtobufCMessage *record,
                         struct ekiden_cursor *cursor, void *data)
{
        const struct store *store = data;

        (void)functions;
        if (cursor->record == store->count)
                return 0;
        memcpy(record, store->records[cursor->record], record->descriptor->sizeof_message);
        return 1;
}

static int import_record(const void *functions, const ProtobufCMessage *record,
                         struct ekiden_cursor *cursor, void *data)
{
        (void)functions;
        (void)cursor;
        store_add(data, record);
        return 0;
}

const struct ekiden_binding store_binding = {
        .export_record = export_record,
        .import_record = import_record,
};
