/* SPDX-License-Identifier: MIT */
/*
 * See reader.h. A payload of OBJECTS is a message as it is, a field for each item of the schema.
 * The records of BATCH become fields of the same message, numbered in the same way; and since
 * protoc writes fields in the order of their numbers, all are sorted by these.
 */
#include "reader.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ekiden/handover.pb-c.h"

/* All records of one item. */
struct records {
        char *bytes;
        size_t size, count;
        FILE *stream;
};

static uint64_t read_varint(const uint8_t **at, const uint8_t *end)
{
        uint64_t value = 0;

        for (unsigned int shift = 0; shift < 64; shift += 7) {
                cr_assert_lt(*at, end);
                value |= (uint64_t)(**at & 0x7f) << shift;
                if (*(*at)++ < 0x80)
                        return value;
        }
        cr_assert_fail("a varint of more than 10 bytes");
        return 0;
}

static void write_varint(FILE *stream, uint64_t value)
{
        for (; value >= 0x80; value >>= 7)
                fputc((int)(value & 0x7f) | 0x80, stream);
        fputc((int)value, stream);
}

static size_t index_of(const struct ekiden_schema *schema, const struct captured_frame *frame)
{
        Ekiden__Item *item = ekiden__item__unpack(NULL, frame->size, frame->payload);
        size_t index;

        cr_assert_not_null(item);
        index = (size_t)(ekiden_schema_item(schema, item->item) - schema->items);
        ekiden__item__free_unpacked(item, NULL);
        cr_assert_lt(index, schema->item_count);
        return index;
}

/* The records of a frame, each to those of its item: `item`, or what their own tag says. */
static void sort_frame(const struct captured_frame *frame, struct records *records, size_t item,
                       size_t item_count)
{
        const uint8_t *at = frame->payload, *end = at + frame->size;

        while (at < end) {
                uint64_t length;

                if (frame->kind == EKIDEN__FRAME_KIND__OBJECTS) {
                        uint64_t tag = read_varint(&at, end);

                        cr_assert_eq(tag & 7, 2, "a record is delimited by its length");
                        item = (size_t)(tag >> 3) - 1;
                        cr_assert_lt(item, item_count);
                }
                length = read_varint(&at, end);
                cr_assert_leq(length, (size_t)(end - at));
                write_varint(records[item].stream, (item + 1) << 3 | 2);
                write_varint(records[item].stream, length);
                fwrite(at, 1, (size_t)length, records[item].stream);
                at += length;
                records[item].count++;
        }
}

/* The recording as one message; *ret_count records. */
static char *sort_records(const struct recording *recording, const struct ekiden_schema *schema,
                          size_t *ret_size, size_t *ret_count)
{
        struct records *records = calloc(schema->item_count, sizeof(*records));
        FILE *stream;
        char *bytes;
        size_t item = 0;

        for (size_t i = 0; i < schema->item_count; i++)
                records[i].stream = open_memstream(&records[i].bytes, &records[i].size);
        for (size_t i = 0; i < recording->count; i++) {
                const struct captured_frame *frame = &recording->frames[i];

                if (frame->kind == EKIDEN__FRAME_KIND__ITEM)
                        item = index_of(schema, frame);
                else if (frame->kind == EKIDEN__FRAME_KIND__BATCH ||
                         frame->kind == EKIDEN__FRAME_KIND__OBJECTS)
                        sort_frame(frame, records, item, schema->item_count);
        }
        *ret_count = 0;
        stream = open_memstream(&bytes, ret_size);
        for (size_t i = 0; i < schema->item_count; i++) {
                fclose(records[i].stream);
                fwrite(records[i].bytes, 1, records[i].size, stream);
                free(records[i].bytes);
                *ret_count += records[i].count;
        }
        fclose(stream);
        free(records);
        return bytes;
}

static void write_file(const char *folder, const char *name, const void *bytes, size_t size)
{
        char path[256];
        FILE *file;

        snprintf(path, sizeof(path), "%s/%s", folder, name);
        file = fopen(path, "wb");
        cr_assert_not_null(file);
        cr_assert_eq(fwrite(bytes, 1, size, file), size);
        cr_assert_eq(fclose(file), 0);
}

static char *read_file(const char *folder, const char *name, size_t *ret_size)
{
        char path[256], buffer[4096], *bytes;
        FILE *file, *stream = open_memstream(&bytes, ret_size);
        size_t size;

        snprintf(path, sizeof(path), "%s/%s", folder, name);
        file = fopen(path, "rb");
        cr_assert_not_null(file);
        while ((size = fread(buffer, 1, sizeof(buffer), file)) > 0)
                fwrite(buffer, 1, size, stream);
        fclose(file);
        fclose(stream);
        return bytes;
}

/* `message Handover { repeated PACKAGE.MESSAGE item_N = N + 1; … }` */
static void write_schema(const char *folder, const struct ekiden_schema *schema, const char *import)
{
        char *text;
        size_t size;
        FILE *stream = open_memstream(&text, &size);

        fprintf(stream, "syntax = \"proto2\";\nimport \"%s\";\nmessage Handover {\n", import);
        for (size_t i = 0; i < schema->item_count; i++)
                fprintf(stream, "  repeated %s item_%zu = %zu;\n",
                        schema->items[i].message->descriptor->name, i, i + 1);
        fputs("}\n", stream);
        fclose(stream);
        write_file(folder, "handover.proto", text, size);
        free(text);
}

static void run_protoc(const char *folder, const char *what, const char *from, const char *to)
{
        char command[1024];

        snprintf(command, sizeof(command),
                 "%s -I%s " TEST_PROTO_PATHS " --%s=Handover handover.proto < %s/%s > %s/%s",
                 TEST_PROTOC, folder, what, folder, from, folder, to);
        cr_assert_eq(system(command), 0, "%s", command);
}

/* A field that protoc does not know is printed by its number. */
static bool has_unknown_field(const char *text)
{
        for (const char *line = text; line; line = strchr(line, '\n')) {
                line += strspn(line, "\n ");
                if (*line >= '0' && *line <= '9')
                        return true;
        }
        return false;
}

size_t expect_protoc_agrees(const struct recording *recording, const struct ekiden_schema *schema,
                            const char *import, uint64_t seed)
{
        char folder[] = "/tmp/ekiden-reader-XXXXXX", command[64];
        size_t size, again_size, text_size, count;
        char *bytes = sort_records(recording, schema, &size, &count), *text, *again;

        cr_assert_not_null(mkdtemp(folder));
        write_schema(folder, schema, import);
        write_file(folder, "bytes", bytes, size);
        run_protoc(folder, "decode", "bytes", "text");
        text = read_file(folder, "text", &text_size);
        cr_assert_not(has_unknown_field(text), "seed %llu: a field is in no schema: see %s",
                      (unsigned long long)seed, folder);
        run_protoc(folder, "encode", "text", "again");
        again = read_file(folder, "again", &again_size);
        cr_assert(size == again_size && memcmp(bytes, again, size) == 0,
                  "seed %llu: protoc writes other bytes: see %s", (unsigned long long)seed, folder);
        snprintf(command, sizeof(command), "rm -r %s", folder);
        cr_assert_eq(system(command), 0);
        free(bytes);
        free(text);
        free(again);
        return count;
}
