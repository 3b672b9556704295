/* SPDX-License-Identifier: MIT */
/* Singletons whose state is the message itself: nothing to fill, and a deep copy to take. */
#include <stdlib.h>
#include <string.h>

#include "fields.h"
#include "secret.h"
#include "state/tagged.h"

/* The record aliases the state: export.c packs it before the program can change it. */
static int export_message(const void *functions, ProtobufCMessage *record,
                          struct ekiden_cursor *cursor, void *data)
{
        const ProtobufCMessage *state = data;

        (void)functions;
        if (cursor->record > 0)
                return 0;
        memcpy(record, state, state->descriptor->sizeof_message);
        return 1;
}

static int import_message(const void *functions, const ProtobufCMessage *record,
                          struct ekiden_cursor *cursor, void *data)
{
        const ProtobufCMessageDescriptor *descriptor = record->descriptor;
        const struct ekiden_message *type = functions;
        size_t size = protobuf_c_message_get_packed_size(record);
        uint8_t *bytes = ekiden_cursor_alloc(cursor, size);
        ProtobufCMessage *copy = NULL;

        if (bytes) {
                protobuf_c_message_pack(record, bytes);
                copy = protobuf_c_message_unpack(descriptor, NULL, size, bytes);
        }
        if (!copy)
                return EKIDEN_ENOMEM;
        ek_reset_absent_descriptors(type, copy);
        memcpy(data, copy, descriptor->sizeof_message);
        ek_secret_free(ek_message_has_secrets(type), copy, descriptor->sizeof_message);
        return 0;
}

const struct ekiden_binding ek_message_binding = {
        .export_record = export_message,
        .import_record = import_message,
};
