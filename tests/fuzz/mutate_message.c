/* SPDX-License-Identifier: MIT */
/* See mutate.h. protobuf.dev, "Encoding": all that is needed of it to keep lengths right. */
#include <stdbool.h>
#include <string.h>

#include "mutate.h"

#define PARTS_MAX 256
#define DEPTH_MAX 12

/* A field of a message, or a record of a run, which has no tag. */
struct part {
        size_t begin, value,
                end; /* offsets: of the tag, of the value behind its length, behind it */
        unsigned int wire_type;
};

struct parts {
        struct part list[PARTS_MAX];
        size_t count;
};

/* What is changed, and how much room there is. */
struct buffer {
        uint8_t *data;
        size_t size, size_max;
};

/* Puts bytes in the place of others. false: there is no room, and nothing changed. */
static bool replace(struct buffer *buffer, size_t at, size_t length, const void *bytes, size_t size)
{
        if (buffer->size - length + size > buffer->size_max)
                return false;
        memmove(buffer->data + at + size, buffer->data + at + length, buffer->size - at - length);
        if (size > 0)
                memmove(buffer->data + at, bytes, size);
        buffer->size += size - length;
        return true;
}

/* The value at `at`; false: it is none. */
static bool read_value(const uint8_t *data, size_t size, size_t at, struct part *part)
{
        uint64_t value;
        size_t n = mutate_read_varint(data + at, size - at, &value);

        part->value = at;
        switch (part->wire_type) {
        case 0:
                part->end = at + n;
                return n > 0;
        case 1:
                part->end = at + 8;
                return size - at >= 8;
        case 5:
                part->end = at + 4;
                return size - at >= 4;
        case 2:
                if (n == 0 || value > size - at - n)
                        return false;
                part->value = at + n;
                part->end = part->value + (size_t)value;
                return true;
        default:
                return false;
        }
}

/* Takes a message apart; false: it is none, or is empty. */
static bool take_apart(const uint8_t *data, size_t size, bool has_tags, struct parts *parts)
{
        size_t at = 0;

        parts->count = 0;
        while (at < size && parts->count < PARTS_MAX) {
                struct part *part = &parts->list[parts->count++];
                uint64_t tag = 2;
                size_t n = has_tags ? mutate_read_varint(data + at, size - at, &tag) : 0;

                if ((has_tags && n == 0) || tag >> 3 > 1 << 29)
                        return false;
                part->begin = at;
                part->wire_type = (unsigned int)(tag & 7);
                if (!read_value(data, size, at + n, part))
                        return false;
                at = part->end;
        }
        return parts->count > 0;
}

static uint64_t any_number(struct dice *dice, uint64_t old)
{
        switch (dice_throw(dice, 8)) {
        case 0:
                return dice_throw(dice, 8);
        case 1:
                return old + 1;
        case 2:
                return old - 1;
        case 3:
                return old ^ UINT64_C(1) << dice_throw(dice, 64);
        case 4:
                return UINT64_MAX >> dice_throw(dice, 64);
        case 5:
                return UINT64_C(1) << dice_throw(dice, 64);
        case 6:
                return dice_throw(dice, 70000);
        default:
                return dice_bits(dice);
        }
}

static void change_varint(struct dice *dice, struct buffer *buffer, const struct part *part)
{
        uint8_t bytes[10];
        uint64_t old = 0;

        mutate_read_varint(buffer->data + part->value, part->end - part->value, &old);
        replace(buffer, part->value, part->end - part->value, bytes,
                mutate_write_varint(bytes, any_number(dice, old)));
}

static size_t mutate_at(struct dice *dice, uint8_t *data, size_t size, size_t size_max,
                        unsigned int depth);

/* In a copy behind which there is room; then the length in front of it is set anew. */
static void change_content(struct dice *dice, struct buffer *buffer, const struct part *part,
                           size_t tag_size, unsigned int depth)
{
        uint8_t prefix[10];
        size_t length = part->end - part->value;
        size_t room = buffer->size_max - buffer->size;
        size_t length_at = part->begin + tag_size;
        size_t changed, n;

        /* Ten bytes stay for a length that grows. */
        if (room < 10)
                return;
        room -= 10;
        memmove(buffer->data + part->end + room, buffer->data + part->end,
                buffer->size - part->end);
        changed = mutate_at(dice, buffer->data + part->value, length, length + room, depth + 1);
        memmove(buffer->data + part->value + changed, buffer->data + part->end + room,
                buffer->size - part->end);
        buffer->size += changed - length;
        n = mutate_write_varint(prefix, changed);
        replace(buffer, length_at, part->value - length_at, prefix, n);
}

static size_t tag_size_of(const struct buffer *buffer, const struct part *part, bool has_tags)
{
        uint64_t tag;

        return has_tags ? mutate_read_varint(buffer->data + part->begin, part->end - part->begin,
                                             &tag)
                        : 0;
}

static void change_part(struct dice *dice, struct buffer *buffer, const struct part *part,
                        bool has_tags, unsigned int depth)
{
        if (part->wire_type == 0)
                change_varint(dice, buffer, part);
        else if (part->wire_type == 2)
                change_content(dice, buffer, part, tag_size_of(buffer, part, has_tags), depth);
        else
                LLVMFuzzerMutate(buffer->data + part->value, part->end - part->value,
                                 part->end - part->value);
}

/* Another number or type for a field; what follows may be read in another way then. */
static void change_tag(struct dice *dice, struct buffer *buffer, const struct part *part)
{
        uint8_t bytes[10];
        uint64_t tag;
        size_t n = mutate_read_varint(buffer->data + part->begin, part->end - part->begin, &tag);

        tag = dice_throw(dice, 4) ? dice_throw(dice, 48) << 3 | (tag & 7)
                                  : (tag & ~UINT64_C(7)) | dice_throw(dice, 6);
        replace(buffer, part->begin, n, bytes, mutate_write_varint(bytes, tag));
}

static void add_field(struct dice *dice, struct buffer *buffer, size_t at)
{
        uint8_t bytes[24];
        size_t wire_type = dice_throw(dice, 2) * 2;
        size_t n = mutate_write_varint(bytes, (1 + dice_throw(dice, 40)) << 3 | wire_type);

        if (wire_type == 0) {
                n += mutate_write_varint(bytes + n, any_number(dice, 0));
        } else {
                size_t length = dice_throw(dice, 8);

                bytes[n++] = (uint8_t)length;
                for (size_t i = 0; i < length; i++)
                        bytes[n++] = (uint8_t)('a' + dice_throw(dice, 26));
        }
        replace(buffer, at, 0, bytes, n);
}

static void repeat(struct dice *dice, struct buffer *buffer, const struct parts *parts,
                   const struct part *part)
{
        const struct part *before = &parts->list[dice_throw(dice, parts->count)];
        size_t length = part->end - part->begin;
        uint8_t copy[4096];

        if (length > sizeof(copy))
                return;
        memcpy(copy, buffer->data + part->begin, length);
        replace(buffer, before->begin, 0, copy, length);
}

static void mutate_parts(struct dice *dice, struct buffer *buffer, const struct parts *parts,
                         bool has_tags, unsigned int depth)
{
        const struct part *part = &parts->list[dice_throw(dice, parts->count)];

        switch (dice_throw(dice, 12)) {
        case 0:
                replace(buffer, part->begin, part->end - part->begin, NULL, 0);
                break;
        case 1:
        case 2:
                repeat(dice, buffer, parts, part);
                break;
        case 3:
                if (has_tags)
                        add_field(dice, buffer, part->begin);
                break;
        case 4:
                if (has_tags)
                        change_tag(dice, buffer, part);
                break;
        default:
                change_part(dice, buffer, part, has_tags, depth);
                break;
        }
}

static size_t mutate_any(struct dice *dice, uint8_t *data, size_t size, size_t size_max,
                         bool has_tags, unsigned int depth)
{
        struct buffer buffer = {data, size, size_max};
        struct parts parts;

        if (depth >= DEPTH_MAX || !take_apart(data, size, has_tags, &parts))
                return LLVMFuzzerMutate(data, size, size_max);
        mutate_parts(dice, &buffer, &parts, has_tags, depth);
        return buffer.size;
}

/* The content of a field: a message more often than not, if it can be read as one. */
static size_t mutate_at(struct dice *dice, uint8_t *data, size_t size, size_t size_max,
                        unsigned int depth)
{
        if (size_max == 0)
                return 0;
        if (dice_throw(dice, 5) == 0)
                return LLVMFuzzerMutate(data, size, size_max);
        return mutate_any(dice, data, size, size_max, true, depth);
}

size_t mutate_message(struct dice *dice, uint8_t *data, size_t size, size_t size_max)
{
        return mutate_any(dice, data, size, size_max, true, 0);
}

size_t mutate_run(struct dice *dice, uint8_t *data, size_t size, size_t size_max)
{
        return mutate_any(dice, data, size, size_max, false, 0);
}
