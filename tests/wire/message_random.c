/* SPDX-License-Identifier: MIT */
/*
 * Bytes that a seed decides: noise, and sound messages with some damage. None crashes the check,
 * and what it accepts protobuf-c accepts too, and writes in a form that is accepted again.
 */
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

#include <ekiden/error.h>

#include "encoding.h"
#include "every_type.pb-c.h"
#include "wire/message.h"

#define ROUNDS 40000

static uint32_t draw(unsigned short seed[3], uint32_t below)
{
        return (uint32_t)nrand48(seed) % below;
}

static void draw_bytes(unsigned short seed[3], uint8_t *bytes, size_t size)
{
        for (size_t i = 0; i < size; i++)
                bytes[i] = (uint8_t)draw(seed, 256);
}

static void draw_message(unsigned short seed[3], struct encoding *out,
                         const ProtobufCMessageDescriptor *type, unsigned int depth);

static void draw_scalar(unsigned short seed[3], struct encoding *out, ProtobufCType type)
{
        uint8_t bytes[8];

        draw_bytes(seed, bytes, sizeof(bytes));
        switch (type) {
        case PROTOBUF_C_TYPE_FIXED32:
        case PROTOBUF_C_TYPE_SFIXED32:
        case PROTOBUF_C_TYPE_FLOAT:
                return append(out, bytes, 4);
        case PROTOBUF_C_TYPE_FIXED64:
        case PROTOBUF_C_TYPE_SFIXED64:
        case PROTOBUF_C_TYPE_DOUBLE:
                return append(out, bytes, 8);
        case PROTOBUF_C_TYPE_BOOL:
                return append_varint(out, bytes[0] & 1);
        default:
                return append_varint(out, (uint64_t)nrand48(seed) << draw(seed, 33));
        }
}

static enum wire_type wire_type(ProtobufCType type)
{
        switch (type) {
        case PROTOBUF_C_TYPE_FIXED32:
        case PROTOBUF_C_TYPE_SFIXED32:
        case PROTOBUF_C_TYPE_FLOAT:
                return FIXED32;
        case PROTOBUF_C_TYPE_FIXED64:
        case PROTOBUF_C_TYPE_SFIXED64:
        case PROTOBUF_C_TYPE_DOUBLE:
                return FIXED64;
        default:
                return VARINT;
        }
}

static void draw_field(unsigned short seed[3], struct encoding *out,
                       const ProtobufCMessageDescriptor *type, unsigned int depth)
{
        const ProtobufCFieldDescriptor *field = &type->fields[draw(seed, type->n_fields)];
        struct encoding inner = {.size = 0};

        if (field->type == PROTOBUF_C_TYPE_MESSAGE) {
                if (depth < 5)
                        draw_message(seed, &inner, field->descriptor, depth + 1);
        } else if (field->type == PROTOBUF_C_TYPE_STRING || field->type == PROTOBUF_C_TYPE_BYTES) {
                append(&inner, "text \xe2\x82\xac", draw(seed, 6));
        } else if (field->label == PROTOBUF_C_LABEL_REPEATED && draw(seed, 2)) {
                for (uint32_t left = draw(seed, 4); left > 0; left--)
                        draw_scalar(seed, &inner, field->type);
        } else {
                append_tag(out, field->id, wire_type(field->type));
                return draw_scalar(seed, out, field->type);
        }
        append_field(out, field->id, inner.bytes, inner.size);
}

static void draw_message(unsigned short seed[3], struct encoding *out,
                         const ProtobufCMessageDescriptor *type, unsigned int depth)
{
        unsigned int count = draw(seed, depth == 0 ? 8 : 3);

        for (unsigned int i = 0; i < count && out->size < 256; i++)
                draw_field(seed, out, type, depth);
}

/* Flips bits, cuts, repeats: what goes wrong on a wire, and what somebody would try. */
static void damage(unsigned short seed[3], struct encoding *out)
{
        uint8_t copied[16];
        size_t at, size;

        for (uint32_t left = draw(seed, 4); left > 0 && out->size > 0; left--) {
                at = draw(seed, (uint32_t)out->size);
                switch (draw(seed, 4)) {
                case 0:
                        out->bytes[at] ^= (uint8_t)(1 << draw(seed, 8));
                        break;
                case 1:
                        out->bytes[at] = (uint8_t)(0x80 | draw(seed, 0x80));
                        break;
                case 2:
                        out->size = at;
                        break;
                default:
                        size = out->size - at < sizeof(copied) ? out->size - at : sizeof(copied);
                        memcpy(copied, out->bytes + at, size);
                        append(out, copied, size);
                        break;
                }
        }
}

/* The check's verdict, which protobuf-c's own must follow. */
static int judge(const struct encoding *encoding, unsigned int round)
{
        const ProtobufCMessageDescriptor *type = &every__every__descriptor;
        size_t size = encoding->size;
        uint8_t *exact =
                malloc(size + 1); /* so that a read beyond the end is seen by a sanitizer */
        int r;

        cr_assert_not_null(exact);
        memcpy(exact, encoding->bytes, size);
        exact = realloc(exact, size > 0 ? size : 1);
        r = ek_message_check(type, exact, size);
        cr_assert(r == 0 || r == EKIDEN_EPROTOCOL || r == EKIDEN_ELIMIT);
        if (r == 0) {
                ProtobufCMessage *message = protobuf_c_message_unpack(type, NULL, size, exact);
                uint8_t *again;
                size_t size_again;

                cr_assert_not_null(message, "round %u: accepted, but protobuf-c refuses it", round);
                size_again = protobuf_c_message_get_packed_size(message);
                again = malloc(size_again + 1);
                cr_assert_eq(protobuf_c_message_pack(message, again), size_again);
                cr_assert_eq(ek_message_check(type, again, size_again), 0);
                protobuf_c_message_free_unpacked(message, NULL);
                free(again);
        }
        free(exact);
        return r;
}

Test(message_random, noise_never_crashes, .timeout = 120)
{
        unsigned short seed[3] = {1, 2, 3};

        for (unsigned int round = 0; round < ROUNDS; round++) {
                struct encoding encoding;

                encoding.size = draw(seed, 40);
                draw_bytes(seed, encoding.bytes, encoding.size);
                judge(&encoding, round);
        }
}

Test(message_random, sound_messages_are_accepted, .timeout = 120)
{
        unsigned short seed[3] = {4, 5, 6};

        for (unsigned int round = 0; round < ROUNDS / 4; round++) {
                struct encoding encoding = {.size = 0};

                draw_message(seed, &encoding, &every__every__descriptor, 0);
                cr_assert_eq(judge(&encoding, round), 0, "round %u", round);
        }
}

Test(message_random, damaged_messages_never_crash, .timeout = 120)
{
        unsigned short seed[3] = {7, 8, 9};
        unsigned int accepted = 0;

        for (unsigned int round = 0; round < ROUNDS; round++) {
                struct encoding encoding = {.size = 0};

                draw_message(seed, &encoding, &every__every__descriptor, 0);
                damage(seed, &encoding);
                accepted += judge(&encoding, round) == 0;
        }
        cr_assert(accepted > ROUNDS / 10 && accepted < ROUNDS * 9 / 10,
                  "%u of %d were accepted: the damage is not what it should be", accepted, ROUNDS);
}
