/* SPDX-License-Identifier: MIT */
/*
 * Random records through generated hops, for property.py, which makes the schemas and the table
 * `pairs`, and compares what protoc says of the records before and after.
 *
 *     property SEED RECORDS
 *
 * For each pair and each item of its older schema it writes three files of packed
 * `message W { repeated M r = 1; }`: PAIR.ITEM.before, .after (the newer version) and .back (the
 * older one again).
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "chain.h"
#include "codec.h"
#include "judge.h"
#include "property.h"
#include "records.h"

static uint64_t state;

static uint64_t draw(void)
{
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        return state;
}

/* Small, large, and at the ends. */
static uint64_t draw_number(void)
{
        switch (draw() % 4) {
        case 0:
                return draw() % 3;
        case 1:
                return UINT64_MAX - draw() % 3;
        case 2:
                return (uint64_t)INT32_MAX + draw() % 3 - 1;
        default:
                return draw();
        }
}

static struct ekiden_scratch scratch;

static char *draw_text(void)
{
        static const char *const words[] = {"",          "x",         "tea", "caf\xc3\xa9",
                                            "a \"b\"\n", "0123456789"};
        const char *word = words[draw() % 6];

        return strcpy(ek_scratch_alloc(&scratch, strlen(word) + 1), word);
}

static ProtobufCMessage *draw_message(const ProtobufCMessageDescriptor *type, unsigned int depth);

static size_t draw_value(const ProtobufCFieldDescriptor *field, void *value, unsigned int depth)
{
        const ProtobufCEnumDescriptor *values = field->descriptor;
        ProtobufCBinaryData *bytes = value;
        uint64_t number = draw_number();
        uint32_t word = (uint32_t)number;
        double real = (double)(draw() % 4000) / 2 - 1000;
        float single = (float)real;

        switch (field->type) {
        case PROTOBUF_C_TYPE_BOOL:
                *(protobuf_c_boolean *)value = (int)(number & 1);
                return sizeof(protobuf_c_boolean);
        case PROTOBUF_C_TYPE_ENUM:
                *(int *)value = values->values[draw() % values->n_values].value;
                return sizeof(int);
        case PROTOBUF_C_TYPE_FLOAT:
                memcpy(value, &single, sizeof(single));
                return sizeof(single);
        case PROTOBUF_C_TYPE_DOUBLE:
                memcpy(value, &real, sizeof(real));
                return sizeof(real);
        case PROTOBUF_C_TYPE_STRING:
                *(char **)value = draw_text();
                return sizeof(char *);
        case PROTOBUF_C_TYPE_BYTES:
                bytes->data = (uint8_t *)draw_text();
                bytes->len = strlen((char *)bytes->data);
                return sizeof(*bytes);
        case PROTOBUF_C_TYPE_MESSAGE:
                *(ProtobufCMessage **)value = draw_message(field->descriptor, depth + 1);
                return sizeof(ProtobufCMessage *);
        case PROTOBUF_C_TYPE_INT64:
        case PROTOBUF_C_TYPE_SINT64:
        case PROTOBUF_C_TYPE_SFIXED64:
        case PROTOBUF_C_TYPE_UINT64:
        case PROTOBUF_C_TYPE_FIXED64:
                memcpy(value, &number, sizeof(number));
                return sizeof(number);
        default:
                memcpy(value, &word, sizeof(word));
                return sizeof(word);
        }
}

static void draw_field(const ProtobufCFieldDescriptor *field, ProtobufCMessage *message,
                       unsigned int depth)
{
        char *value = (char *)message + field->offset;
        void *quantifier = (char *)message + field->quantifier_offset;
        size_t count = draw() % 4, used = 0;

        if (field->type == PROTOBUF_C_TYPE_MESSAGE && depth > 2)
                return;
        if (field->label == PROTOBUF_C_LABEL_REPEATED) {
                char *list = ek_scratch_alloc(&scratch, count * sizeof(ProtobufCBinaryData));

                for (size_t i = 0; i < count; i++)
                        used += draw_value(field, list + used, depth);
                *(size_t *)quantifier = count;
                *(char **)value = list;
                return;
        }
        if (field->label != PROTOBUF_C_LABEL_REQUIRED && draw() % 3 == 0)
                return;
        if (field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF)
                *(uint32_t *)quantifier = field->id;
        else if (field->label == PROTOBUF_C_LABEL_OPTIONAL && field->quantifier_offset > 0)
                *(protobuf_c_boolean *)quantifier = 1;
        draw_value(field, value, depth);
}

static ProtobufCMessage *draw_message(const ProtobufCMessageDescriptor *type, unsigned int depth)
{
        ProtobufCMessage *message = ek_scratch_alloc(&scratch, type->sizeof_message);

        protobuf_c_message_init(type, message);
        for (unsigned int i = 0; i < type->n_fields; i++)
                draw_field(&type->fields[i], message, depth);
        return message;
}

/* Adds a record to a file, as a field of W. */
static void write_record(FILE *file, const ProtobufCMessage *record)
{
        size_t size = protobuf_c_message_get_packed_size(record);
        uint8_t *bytes = malloc(size + 1);
        size_t left = size;

        protobuf_c_message_pack(record, bytes);
        fputc(0x0a, file);
        for (; left >= 0x80; left >>= 7)
                fputc((int)(left & 0x7f) | 0x80, file);
        fputc((int)left, file);
        fwrite(bytes, 1, size, file);
        free(bytes);
}

struct sink {
        FILE *file;
        const struct ek_route *back;
        FILE *back_file;
        uint64_t number;
};

static void fail(const char *what, const struct ekiden_error *error)
{
        fprintf(stderr, "%s: %s\n", what, error->sentence);
        exit(1);
}

static int sink_back(void *data, ProtobufCMessage *record)
{
        write_record(data, record);
        return 0;
}

static int sink(void *data, ProtobufCMessage *record)
{
        struct sink *to = data;
        struct ekiden_error error = {0};

        write_record(to->file, record);
        if (ek_route_run(to->back, record, to->number, &scratch, sink_back, to->back_file, &error) <
            0)
                fail("back", &error);
        return 0;
}

static FILE *open_file(const char *pair, const char *item, const char *ending)
{
        char name[256];
        FILE *file;

        snprintf(name, sizeof(name), "%s.%s.%s", pair, item, ending);
        file = fopen(name, "wb");
        if (!file)
                exit(2);
        return file;
}

static void expect(bool is_so, const struct ekiden_item *item, const char *what)
{
        if (is_so)
                return;
        fprintf(stderr, "%s: %s\n", item->name, what);
        exit(1);
}

#define DAMAGES 20 /* of each record */

/* By the codec beside protobuf-c: the whole record is taken, and what is damaged, as both do. */
static void judge(const struct ekiden_item *item, const ProtobufCMessage *record,
                  const uint8_t *bytes, size_t size)
{
        const struct ekiden_message *type = item->message;
        size_t size_max = 2 * size + 100;
        const char *wrong;

        expect(judge_packing(type, record, &wrong), item, "the codec left a sound record");
        expect(!wrong, item, wrong);
        expect(judge_unpacking(type, bytes, size, &wrong), item, "the codec left an encoding");
        expect(!wrong, item, wrong);
        for (unsigned int i = 0; i < DAMAGES; i++) {
                uint8_t *damaged = malloc(size_max);
                size_t damaged_size = size;

                memcpy(damaged, bytes, size);
                damage(damaged, &damaged_size, size_max);
                judge_unpacking(type, damaged, damaged_size, &wrong);
                expect(!wrong, item, wrong);
                free(damaged);
        }
}

static void find_chain(struct ek_registry *registry, const struct ekiden_schema *from,
                       const struct ekiden_schema *to, struct ek_chain *ret_chain)
{
        struct ekiden_error error = {0};

        if (ek_chain_find(registry, to, from->version, ret_chain, &error) < 0 ||
            ek_chain_check(ret_chain, &error) < 0)
                fail("chain", &error);
}

static void run_item(const struct pair *pair, const struct ekiden_item *item,
                     const struct ek_chain *up, const struct ek_chain *down, unsigned long records)
{
        struct ekiden_error error = {0};
        struct ek_route route, back;
        struct sink to = {.back = &back};
        FILE *before;

        if (ek_route_find(up, item, &route, &error) < 0 || !route.source ||
            ek_route_find(down, route.source, &back, &error) < 0 || !back.source)
                fail(item->name, &error);
        before = open_file(pair->name, item->name, "before");
        to.file = open_file(pair->name, item->name, "after");
        to.back_file = open_file(pair->name, item->name, "back");
        for (to.number = 0; to.number < records; to.number++) {
                ProtobufCMessage *record, *read;
                size_t size;
                uint8_t *bytes;

                ek_scratch_reset(&scratch);
                record = draw_message(route.source->message->descriptor, 0);
                write_record(before, record);
                size = protobuf_c_message_get_packed_size(record);
                bytes = ek_scratch_alloc(&scratch, size + 1);
                protobuf_c_message_pack(record, bytes);
                judge(route.source, record, bytes, size);
                expect(ek_codec_unpack(route.decoded_as, &scratch, bytes, size, &read) == EK_FAST,
                       route.source, "the codec left it to protobuf-c");
                if (!EK_FAST)
                        read = protobuf_c_message_unpack(route.decoded_as->descriptor,
                                                         &scratch.allocator, size, bytes);
                if (ek_route_run(&route, read, to.number, &scratch, sink, &to, &error) < 0)
                        fail(item->name, &error);
        }
        fclose(before);
        fclose(to.file);
        fclose(to.back_file);
}

int main(int argc, char **argv)
{
        unsigned long records = argc > 2 ? strtoul(argv[2], NULL, 10) : 1;

        state = argc > 1 ? strtoull(argv[1], NULL, 10) * 2654435761u + 1 : 1;
        ek_scratch_init(&scratch);
        for (const struct pair *pair = pairs; pair->name; pair++) {
                struct ek_registry registry = {.count = 0};
                struct ek_chain up, down;

                if (ek_registry_add(&registry, pair->up) < 0 ||
                    ek_registry_add(&registry, pair->down) < 0)
                        return 2;
                find_chain(&registry, pair->up->from, pair->up->to, &up);
                find_chain(&registry, pair->up->to, pair->up->from, &down);
                for (size_t i = 0; i < pair->up->to->item_count; i++)
                        run_item(pair, &pair->up->to->items[i], &up, &down, records);
        }
        ek_scratch_deinit(&scratch);
        return 0;
}

/* Tables of schemas name these for programs; nothing is tagged here. */
int ekiden_tag_message(const void *item, void *state_);
int ekiden_tag_stream(const void *item, const void *binding, const void *functions, void *data);

int ekiden_tag_message(const void *item, void *state_)
{
        (void)item;
        (void)state_;
        return -1;
}

int ekiden_tag_stream(const void *item, const void *binding, const void *functions, void *data)
{
        (void)item;
        (void)binding;
        (void)functions;
        (void)data;
        return -1;
}
