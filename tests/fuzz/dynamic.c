/* SPDX-License-Identifier: MIT */
/*
 * Target "dynamic": descriptors that are made at run time of a set that nobody vouches for, and
 * messages that are unpacked and printed by them. An input is itself a message: field 1 is the
 * set, field 2 what is unpacked, as each of the set's types.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dynamic.h"
#include "google/protobuf/descriptor.pb-c.h"
#include "peer.h"
#include "print.h"
#include "wire/message.h"

#define NAME_SIZE 1024
#define TYPES_MAX 64 /* that are tried */

struct part {
        const uint8_t *data;
        size_t size;
};

/* The fields 1 and 2, the last of each. */
static int take_apart(const uint8_t *data, size_t size, struct part parts[2])
{
        while (size > 0) {
                uint64_t tag, length;
                size_t n = ek_varint_read(data, size, &tag);
                size_t m = n > 0 ? ek_varint_read(data + n, size - n, &length) : 0;

                if (m == 0 || (tag != 10 && tag != 18) || length > size - n - m)
                        return -1;
                parts[tag == 18] = (struct part){data + n + m, (size_t)length};
                data += n + m + length;
                size -= n + m + (size_t)length;
        }
        return parts[0].data && parts[1].data ? 0 : -1;
}

static void print_message(const ProtobufCMessageDescriptor *descriptor,
                          const ProtobufCMessage *message)
{
        const struct ekiden_message type = {.descriptor = descriptor};
        const struct print print = {.allowed = TEXT_ASCII};
        struct json_object *object;
        char *text = NULL;
        size_t size = 0;
        FILE *out = open_memstream(&text, &size);

        expect(out);
        print_text(&print, out, &type, message, 0);
        expect(fclose(out) == 0);
        for (size_t i = 0; i < size; i++)
                expect(text[i] == '\n' || (text[i] >= ' ' && text[i] <= '~'));
        free(text);
        object = print_json(&print, &type, message);
        expect(object);
        json_object_put(object);
}

static void try_type(const struct dynamic_types *types, const char *name, const struct part *part)
{
        const ProtobufCMessageDescriptor *descriptor = dynamic_message(types, name);
        ProtobufCMessage *message;

        if (!descriptor ||
            ek_message_unpack(descriptor, NULL, part->data, part->size, &message) < 0)
                return;
        print_message(descriptor, message);
        protobuf_c_message_free_unpacked(message, NULL);
        target_succeeded();
}

/* The types at the top of each file; those within them are reached through their fields. */
static void try_types(const struct dynamic_types *types, const struct part *part)
{
        const struct Google__Protobuf__FileDescriptorSet *set = dynamic_set(types);
        size_t tried = 0;

        for (size_t i = 0; i < set->n_file; i++)
                for (size_t k = 0; k < set->file[i]->n_message_type; k++) {
                        const char *package = set->file[i]->package;
                        char name[NAME_SIZE];

                        snprintf(name, sizeof(name), "%s%s%s", package ? package : "",
                                 package && package[0] ? "." : "",
                                 set->file[i]->message_type[k]->name);
                        if (tried++ < TYPES_MAX)
                                try_type(types, name, part);
                }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        struct ekiden_error error = {0};
        struct dynamic_types *types;
        struct part parts[2] = {{0}};
        int r;

        if (take_apart(data, size, parts) < 0)
                return 0;
        r = dynamic_types_new(parts[0].data, parts[0].size, &types, &error);
        if (r < 0) {
                expect_told(&error, r);
                return 0;
        }
        try_types(types, &parts[1]);
        dynamic_types_free(types);
        return 0;
}
