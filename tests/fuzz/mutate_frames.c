/* SPDX-License-Identifier: MIT */
/*
 * Mutates a stream of frames: what is in one of them, or which there are. Checksums and lengths are
 * made anew, and so are the counts in END and SNAPSHOT_END, without which nothing would be read
 * that comes behind a change.
 */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "ekiden/handover.pb-c.h"
#include "mutate.h"
#include "wire/frame.h"

#define FRAMES_MAX 256

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t size_max, unsigned int seed);
size_t LLVMFuzzerCustomCrossOver(const uint8_t *left, size_t left_size, const uint8_t *right,
                                 size_t right_size, uint8_t *out, size_t out_max,
                                 unsigned int seed);

/* A frame of the stream, in memory of its own. */
struct piece {
        uint16_t kind;
        uint8_t *payload;
        size_t size;
};

struct stream {
        struct piece pieces[FRAMES_MAX];
        size_t count;
};

static uint8_t *copy_of(const uint8_t *bytes, size_t size, size_t room)
{
        uint8_t *copy = malloc(room > 0 ? room : 1);

        if (!copy)
                abort();
        if (size > 0)
                memcpy(copy, bytes, size);
        return copy;
}

/* The frames of a stream, checksums not looked at. How many bytes they have. */
static size_t read_stream(const uint8_t *data, size_t size, struct stream *stream)
{
        struct ek_frame_header header;
        size_t at = 0;

        stream->count = 0;
        while (stream->count < FRAMES_MAX - 1 && size - at >= EK_FRAME_HEADER_SIZE &&
               ek_frame_header_read(data + at, &header) == 0 &&
               size - at - EK_FRAME_HEADER_SIZE >= header.length) {
                stream->pieces[stream->count++] = (struct piece){
                        header.kind,
                        copy_of(data + at + EK_FRAME_HEADER_SIZE, header.length, header.length),
                        header.length,
                };
                at += EK_FRAME_HEADER_SIZE + header.length;
        }
        return at;
}

/* As many of them as find room. */
static size_t write_stream(const struct stream *stream, uint8_t *data, size_t size_max)
{
        size_t at = 0;

        for (size_t i = 0; i < stream->count; i++) {
                const struct piece *piece = &stream->pieces[i];

                if (size_max - at < EK_FRAME_HEADER_SIZE + piece->size)
                        break;
                ek_frame_header_write(data + at, piece->kind, piece->payload, piece->size);
                memcpy(data + at + EK_FRAME_HEADER_SIZE, piece->payload, piece->size);
                at += EK_FRAME_HEADER_SIZE + piece->size;
        }
        return at;
}

static void free_stream(struct stream *stream)
{
        for (size_t i = 0; i < stream->count; i++)
                free(stream->pieces[i].payload);
}

static void insert(struct stream *stream, size_t at, struct piece piece)
{
        memmove(&stream->pieces[at + 1], &stream->pieces[at],
                (stream->count++ - at) * sizeof(stream->pieces[0]));
        stream->pieces[at] = piece;
}

static void mutate_payload(struct dice *dice, struct piece *piece, size_t room)
{
        size_t size_max = piece->size + room;
        uint8_t *payload = copy_of(piece->payload, piece->size, size_max);

        free(piece->payload);
        piece->payload = payload;
        if (size_max == 0)
                return;
        if (dice_throw(dice, 8) == 0)
                piece->size = LLVMFuzzerMutate(payload, piece->size, size_max);
        else if (piece->kind == EKIDEN__FRAME_KIND__BATCH)
                piece->size = mutate_run(dice, payload, piece->size, size_max);
        else
                piece->size = mutate_message(dice, payload, piece->size, size_max);
}

static void mutate_stream(struct dice *dice, struct stream *stream, size_t room)
{
        size_t at = dice_throw(dice, stream->count);
        struct piece *piece = &stream->pieces[at];
        struct piece copy;

        switch (dice_throw(dice, 16)) {
        case 0:
                free(piece->payload);
                memmove(piece, piece + 1, (--stream->count - at) * sizeof(*piece));
                break;
        case 1:
        case 2:
                copy = *piece;
                copy.payload = copy_of(piece->payload, piece->size, piece->size);
                insert(stream, dice_throw(dice, stream->count + 1), copy);
                break;
        case 3:
                copy = *piece;
                *piece = stream->pieces[at = dice_throw(dice, stream->count)];
                stream->pieces[at] = copy;
                break;
        case 4:
                piece->kind = (uint16_t)(1 + dice_throw(dice, 19));
                break;
        default:
                mutate_payload(dice, piece, room);
                break;
        }
}

/* Counts the records of a run; for OBJECTS each has a tag in front. */
static void count_records(const struct piece *piece, uint64_t *records, uint64_t *bytes)
{
        size_t at = 0;

        while (at < piece->size) {
                uint64_t length;
                size_t n;

                if (piece->kind == EKIDEN__FRAME_KIND__OBJECTS) {
                        n = mutate_read_varint(piece->payload + at, piece->size - at, &length);
                        if (n == 0)
                                return;
                        at += n;
                }
                n = mutate_read_varint(piece->payload + at, piece->size - at, &length);
                if (n == 0 || length > piece->size - at - n)
                        return;
                at += n + (size_t)length;
                ++*records;
                *bytes += length;
        }
}

static void count_descriptors(const struct piece *piece, uint64_t *descriptors)
{
        Ekiden__Descriptors *message =
                ekiden__descriptors__unpack(NULL, piece->size, piece->payload);

        if (!message)
                return;
        *descriptors += message->close_on_exec.len;
        ekiden__descriptors__free_unpacked(message, NULL);
}

static void set_message(struct piece *piece, const ProtobufCMessage *message)
{
        free(piece->payload);
        piece->size = protobuf_c_message_get_packed_size(message);
        piece->payload = copy_of(NULL, 0, piece->size);
        protobuf_c_message_pack(message, piece->payload);
}

static void add_to_total(Ekiden__SnapshotEnd *total, const Ekiden__End *counts)
{
        total->items++;
        total->records += counts->records;
        total->objects += counts->objects;
        total->bytes += counts->bytes;
        total->descriptors += counts->descriptors;
}

/* Each END says what came since its ITEM, and SNAPSHOT_END what came in all. */
static void correct_ends(struct stream *stream)
{
        Ekiden__SnapshotEnd total = EKIDEN__SNAPSHOT_END__INIT;
        Ekiden__End counts = EKIDEN__END__INIT;

        for (size_t i = 0; i < stream->count; i++) {
                struct piece *piece = &stream->pieces[i];

                if (piece->kind == EKIDEN__FRAME_KIND__ITEM)
                        ekiden__end__init(&counts);
                else if (piece->kind == EKIDEN__FRAME_KIND__BATCH)
                        count_records(piece, &counts.records, &counts.bytes);
                else if (piece->kind == EKIDEN__FRAME_KIND__OBJECTS)
                        count_records(piece, &counts.objects, &counts.bytes);
                else if (piece->kind == EKIDEN__FRAME_KIND__DESCRIPTORS)
                        count_descriptors(piece, &counts.descriptors);
                counts.has_objects = counts.objects > 0;
                if (piece->kind == EKIDEN__FRAME_KIND__END) {
                        set_message(piece, &counts.base);
                        add_to_total(&total, &counts);
                } else if (piece->kind == EKIDEN__FRAME_KIND__SNAPSHOT_END) {
                        set_message(piece, &total.base);
                }
        }
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t size_max, unsigned int seed)
{
        struct dice dice = dice_new(seed);
        struct stream stream;
        size_t used = read_stream(data, size, &stream);

        /* Now and then what is behind the last frame, or all of it, is damaged as bytes. */
        if (stream.count == 0 || dice_throw(&dice, 24) == 0) {
                free_stream(&stream);
                return LLVMFuzzerMutate(data, size, size_max);
        }
        mutate_stream(&dice, &stream, size_max > used ? size_max - used : 0);
        if (dice_throw(&dice, 32) != 0)
                correct_ends(&stream);
        size = write_stream(&stream, data, size_max);
        free_stream(&stream);
        return size;
}

/* The first frames of one stream, and the last of another. */
size_t LLVMFuzzerCustomCrossOver(const uint8_t *left, size_t left_size, const uint8_t *right,
                                 size_t right_size, uint8_t *out, size_t out_max, unsigned int seed)
{
        struct dice dice = dice_new(seed);
        struct stream head, tail;
        size_t first, at;

        read_stream(left, left_size, &head);
        read_stream(right, right_size, &tail);
        first = dice_throw(&dice, tail.count);
        for (at = dice_throw(&dice, head.count + 1); head.count > at;)
                free(head.pieces[--head.count].payload);
        for (size_t i = first; i < tail.count && head.count < FRAMES_MAX - 1; i++)
                head.pieces[head.count++] = (struct piece){
                        tail.pieces[i].kind,
                        copy_of(tail.pieces[i].payload, tail.pieces[i].size, tail.pieces[i].size),
                        tail.pieces[i].size};
        correct_ends(&head);
        at = write_stream(&head, out, out_max);
        free_stream(&head);
        free_stream(&tail);
        return at;
}
