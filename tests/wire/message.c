/* SPDX-License-Identifier: MIT */
/* What a message must be before protobuf-c gets to see it, rule by rule. */
#include "wire/message.h"

#include "record.h"

#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

#include <ekiden/error.h>

#include "ekiden/handover.pb-c.h"
#include "encoding.h"
#include "every_type.pb-c.h"

enum { INT32 = 1, FIXED32_FIELD = 7, FIXED64_FIELD = 8, TEXT = 15, BYTES = 16, NESTED = 17 };
enum { INT32S = 21, TEXTS = 28, PACKED_INT32S = 31, PACKED_FIXED64S = 33, PACKED_BOOLS = 35 };
enum { UNKNOWN = 1000 };

static int check(const struct encoding *encoding)
{
        return ek_message_check(&every__every__descriptor, encoding->bytes, encoding->size);
}

/* What the check lets through, protobuf-c must take: the two never disagree. */
static int unpack(const struct encoding *encoding)
{
        ProtobufCMessage *message;
        int r = ek_message_unpack(&every__every__descriptor, NULL, encoding->bytes, encoding->size,
                                  &message);

        cr_expect_eq(r, check(encoding), "check gives %d, unpack %d", check(encoding), r);
        if (r == 0)
                protobuf_c_message_free_unpacked(message, NULL);
        return r;
}

static int check_text(const char *bytes, size_t size)
{
        struct encoding encoding = {.size = 0};

        append_field(&encoding, TEXT, bytes, size);
        return unpack(&encoding);
}

#define CHECK_TEXT(literal) check_text(literal, sizeof(literal) - 1)

Test(message, text_is_utf8)
{
        cr_expect_eq(CHECK_TEXT(""), 0);
        cr_expect_eq(CHECK_TEXT("plain"), 0);
        cr_expect_eq(CHECK_TEXT("\x7f"), 0);
        cr_expect_eq(CHECK_TEXT("\xc2\x80"), 0, "U+0080");
        cr_expect_eq(CHECK_TEXT("\xdf\xbf"), 0, "U+07FF");
        cr_expect_eq(CHECK_TEXT("\xe0\xa0\x80"), 0, "U+0800");
        cr_expect_eq(CHECK_TEXT("\xed\x9f\xbf"), 0, "U+D7FF");
        cr_expect_eq(CHECK_TEXT("\xee\x80\x80"), 0, "U+E000");
        cr_expect_eq(CHECK_TEXT("\xef\xbf\xbf"), 0, "U+FFFF");
        cr_expect_eq(CHECK_TEXT("\xf0\x90\x80\x80"), 0, "U+10000");
        cr_expect_eq(CHECK_TEXT("\xf4\x8f\xbf\xbf"), 0, "U+10FFFF");
}

Test(message, text_that_is_no_utf8_is_refused)
{
        cr_expect_eq(CHECK_TEXT("\x80"), EKIDEN_EPROTOCOL, "a continuation alone");
        cr_expect_eq(CHECK_TEXT("a\xbf"), EKIDEN_EPROTOCOL);
        cr_expect_eq(CHECK_TEXT("\xc0\x80"), EKIDEN_EPROTOCOL, "overlong, two bytes");
        cr_expect_eq(CHECK_TEXT("\xc1\xbf"), EKIDEN_EPROTOCOL);
        cr_expect_eq(CHECK_TEXT("\xe0\x9f\xbf"), EKIDEN_EPROTOCOL, "overlong, three bytes");
        cr_expect_eq(CHECK_TEXT("\xf0\x8f\xbf\xbf"), EKIDEN_EPROTOCOL, "overlong, four bytes");
        cr_expect_eq(CHECK_TEXT("\xed\xa0\x80"), EKIDEN_EPROTOCOL, "surrogate U+D800");
        cr_expect_eq(CHECK_TEXT("\xed\xbf\xbf"), EKIDEN_EPROTOCOL, "surrogate U+DFFF");
        cr_expect_eq(CHECK_TEXT("\xf4\x90\x80\x80"), EKIDEN_EPROTOCOL, "U+110000");
        cr_expect_eq(CHECK_TEXT("\xf5\x80\x80\x80"), EKIDEN_EPROTOCOL);
        cr_expect_eq(CHECK_TEXT("\xff"), EKIDEN_EPROTOCOL);
        cr_expect_eq(CHECK_TEXT("\xc2"), EKIDEN_EPROTOCOL, "cut short");
        cr_expect_eq(CHECK_TEXT("\xe2\x82"), EKIDEN_EPROTOCOL);
        cr_expect_eq(CHECK_TEXT("\xf0\x9f\x98"), EKIDEN_EPROTOCOL);
        cr_expect_eq(CHECK_TEXT("\xe2\x82"
                                "a"),
                     EKIDEN_EPROTOCOL);
        cr_expect_eq(CHECK_TEXT("\xc2\xc2\x80"), EKIDEN_EPROTOCOL);
}

Test(message, text_holds_no_nul_but_bytes_may)
{
        struct encoding encoding = {.size = 0};

        cr_expect_eq(CHECK_TEXT("a\0b"), EKIDEN_EPROTOCOL);
        cr_expect_eq(CHECK_TEXT("\0"), EKIDEN_EPROTOCOL);
        append_field(&encoding, BYTES, "\0\xff\0", 3);
        append_field(&encoding, UNKNOWN, "\0\xff\0", 3);
        cr_expect_eq(unpack(&encoding), 0);
        append_field(&encoding, TEXTS, "fine", 4);
        append_field(&encoding, TEXTS, "n\0t", 3);
        cr_expect_eq(unpack(&encoding), EKIDEN_EPROTOCOL, "in a repeated field");
}

/* The innermost message is `depth` below the outermost. */
static int check_nested(unsigned int field, unsigned int depth)
{
        struct encoding encoding = {.size = 0};

        for (unsigned int i = 0; i < depth; i++) {
                struct encoding outer = {.size = 0};

                append_field(&outer, field, encoding.bytes, encoding.size);
                encoding = outer;
        }
        return unpack(&encoding);
}

Test(message, nests_a_hundred_deep_and_no_deeper)
{
        static const unsigned int fields[] = {NESTED, 30};

        for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
                cr_expect_eq(check_nested(fields[i], 1), 0);
                cr_expect_eq(check_nested(fields[i], EK_MESSAGE_DEPTH_MAX), 0);
                cr_expect_eq(check_nested(fields[i], EK_MESSAGE_DEPTH_MAX + 1), EKIDEN_ELIMIT);
                cr_expect_eq(check_nested(fields[i], 600), EKIDEN_ELIMIT);
        }
        cr_expect_eq(check_nested(UNKNOWN, 600), 0, "unknown fields are not looked into");
}

/* In an outer message, so that every cut goes through something. */
Test(message, cut_at_any_byte_is_refused)
{
        struct encoding inner = {.size = 0}, outer = {.size = 0};

        append_tag(&inner, INT32, VARINT);
        append_varint(&inner, UINT64_MAX);
        append_tag(&inner, FIXED32_FIELD, FIXED32);
        append(&inner, "1234", 4);
        append_tag(&inner, FIXED64_FIELD, FIXED64);
        append(&inner, "12345678", 8);
        append_field(&inner, TEXT, "\xe2\x82\xac", 3);
        append_field(&inner, PACKED_INT32S, "\x01\x80\x01", 3);
        append_field(&outer, NESTED, inner.bytes, inner.size);
        cr_assert_eq(unpack(&outer), 0);
        for (size_t cut = outer.size - 1; cut > 0; cut--) {
                outer.size = cut;
                cr_expect_eq(unpack(&outer), EKIDEN_EPROTOCOL, "cut at %zu", cut);
        }
        outer.size = 0;
        cr_expect_eq(unpack(&outer), 0, "nothing at all is an empty message");
}

static int check_varint(const char *bytes, size_t size)
{
        struct encoding encoding = {.size = 0};

        append_tag(&encoding, INT32, VARINT);
        append(&encoding, bytes, size);
        return unpack(&encoding);
}

Test(message, varints_have_64_bits_at_most)
{
        cr_expect_eq(check_varint("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 10), 0);
        cr_expect_eq(check_varint("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02", 10),
                     EKIDEN_EPROTOCOL);
        cr_expect_eq(check_varint("\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01", 11),
                     EKIDEN_EPROTOCOL);
        cr_expect_eq(check_varint("\x80", 1), EKIDEN_EPROTOCOL);
}

Test(message, varints_survive_a_round_trip)
{
        uint8_t bytes[10];

        for (unsigned int bit = 0; bit < 64; bit++) {
                for (int less = 0; less < 2; less++) {
                        uint64_t value = (UINT64_C(1) << bit) - (uint64_t)less, read;
                        size_t size = ek_varint_write(bytes, value);

                        cr_expect_eq(ek_varint_read(bytes, size, &read), size);
                        cr_expect_eq(read, value);
                        cr_expect_eq(ek_varint_read(bytes, size - 1, &read), 0, "cut short");
                }
        }
        cr_expect_eq(ek_varint_write(bytes, UINT64_MAX), 10);
}

/* Field numbers are 1 to 2^29 - 1. */
Test(message, tags_name_a_field)
{
        struct encoding encoding = {.size = 0};

        append_tag(&encoding, (1U << 29) - 1, VARINT);
        append_varint(&encoding, 1);
        cr_expect_eq(unpack(&encoding), 0);
        encoding.size = 0;
        append_tag(&encoding, 0, VARINT);
        append_varint(&encoding, 1);
        cr_expect_eq(unpack(&encoding), EKIDEN_EPROTOCOL, "field 0");
        encoding.size = 0;
        append_varint(&encoding, UINT64_C(1) << 32);
        append_varint(&encoding, 1);
        cr_expect_eq(unpack(&encoding), EKIDEN_EPROTOCOL, "a tag over 32 bits");
}

/* Longer forms of a tag or a length say the same and nobody writes them: protobuf-c takes five
 * bytes. */
Test(message, tags_and_lengths_have_five_bytes_at_most)
{
        struct encoding encoding = {.size = 0};

        append(&encoding, "\x88\x80\x80\x80\x00\x01", 6);
        cr_expect_eq(unpack(&encoding), 0);
        encoding.size = 0;
        append(&encoding, "\x88\x80\x80\x80\x80\x00\x01", 7);
        cr_expect_eq(unpack(&encoding), EKIDEN_EPROTOCOL, "a tag of six bytes");
        encoding.size = 0;
        append(&encoding, "\x82\x01\x81\x80\x80\x80\x00x", 8);
        cr_expect_eq(unpack(&encoding), 0);
        encoding.size = 0;
        append(&encoding, "\x82\x01\x81\x80\x80\x80\x80\x00x", 9);
        cr_expect_eq(unpack(&encoding), EKIDEN_EPROTOCOL, "a length of six bytes");
}

static int check_wire_type(unsigned int field, enum wire_type type)
{
        struct encoding encoding = {.size = 0};

        append_tag(&encoding, field, type);
        if (type == FIXED32)
                append(&encoding, "\1\1\1\1", 4);
        else if (type == FIXED64)
                append(&encoding, "\1\1\1\1\1\1\1\1", 8);
        else if (type != GROUP && type != GROUP_END)
                append(&encoding, "\0", 1); /* a varint, or a length of 0 */
        return unpack(&encoding);
}

/* A repeated scalar may come packed or not, however it was declared; nothing else has a choice. */
Test(message, fields_come_with_their_own_wire_type)
{
        static const enum wire_type own[] = {
                [1] = VARINT,   [2] = VARINT,   [3] = VARINT,  [4] = VARINT,  [5] = VARINT,
                [6] = VARINT,   [7] = FIXED32,  [8] = FIXED64, [9] = FIXED32, [10] = FIXED64,
                [11] = FIXED32, [12] = FIXED64, [13] = VARINT, [14] = VARINT, [15] = LENGTH,
                [16] = LENGTH,  [17] = LENGTH,  [21] = VARINT, [22] = VARINT, [23] = VARINT,
                [24] = FIXED32, [25] = FIXED64, [26] = VARINT, [27] = VARINT, [28] = LENGTH,
                [29] = LENGTH,  [30] = LENGTH,  [31] = VARINT, [32] = VARINT, [33] = FIXED64,
                [34] = FIXED32, [35] = VARINT,  [36] = VARINT, [40] = LENGTH,
        };
        static const enum wire_type all[] = {
                VARINT,  FIXED64,           LENGTH,           GROUP, GROUP_END,
                FIXED32, (enum wire_type)6, (enum wire_type)7};

        for (unsigned int field = 1; field < sizeof(own) / sizeof(own[0]); field++) {
                if (!protobuf_c_message_descriptor_get_field(&every__every__descriptor, field))
                        continue;
                for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
                        int fits = all[i] == own[field] ||
                                   (all[i] == LENGTH && field >= 21 && field <= 36);

                        cr_expect_eq(check_wire_type(field, all[i]), fits ? 0 : EKIDEN_EPROTOCOL,
                                     "field %u, wire type %d", field, (int)all[i]);
                }
        }
}

static int check_packed(unsigned int field, const char *bytes, size_t size)
{
        struct encoding encoding = {.size = 0};

        append_field(&encoding, field, bytes, size);
        return unpack(&encoding);
}

Test(message, packed_runs_hold_whole_elements)
{
        cr_expect_eq(check_packed(PACKED_INT32S, "\1\2\x80\1", 4), 0);
        cr_expect_eq(check_packed(PACKED_INT32S, "\1\2\x80", 3), EKIDEN_EPROTOCOL);
        cr_expect_eq(check_packed(INT32S, "\1\2\x80\1", 4), 0, "declared without packed");
        cr_expect_eq(check_packed(INT32S, "\x80", 1), EKIDEN_EPROTOCOL);
        cr_expect_eq(check_packed(PACKED_FIXED64S, "12345678abcdefgh", 16), 0);
        for (size_t size = 9; size < 16; size++)
                cr_expect_eq(check_packed(PACKED_FIXED64S, "12345678abcdefgh", size),
                             EKIDEN_EPROTOCOL);
        cr_expect_eq(check_packed(PACKED_BOOLS, "\0\1\0\1", 4), 0);
        cr_expect_eq(check_packed(PACKED_BOOLS, "\0\2", 2), EKIDEN_EPROTOCOL, "neither 0 nor 1");
        cr_expect_eq(check_packed(PACKED_BOOLS, "\x81\0", 2), EKIDEN_EPROTOCOL, "a long form");
}

Test(message, lengths_end_inside_their_message)
{
        struct encoding encoding = {.size = 0};

        append_tag(&encoding, UNKNOWN, LENGTH);
        append_varint(&encoding, UINT64_MAX);
        append(&encoding, "abc", 3);
        cr_expect_eq(unpack(&encoding), EKIDEN_EPROTOCOL);
        encoding.size = 0;
        append_field(&encoding, NESTED, "\x82\x01\x02x", 4); /* bytes of length 2, only one there */
        append_field(&encoding, TEXT, "after", 5);
        cr_expect_eq(unpack(&encoding), EKIDEN_EPROTOCOL, "it would end in the outer message");
}

/* An allocator that has so much and no more, and knows what is left of it. */
struct purse {
        unsigned int left; /* allocations */
        int held;
};

static void *spend(void *data, size_t size)
{
        struct purse *purse = data;

        if (purse->left == 0)
                return NULL;
        purse->left--;
        purse->held++;
        return malloc(size);
}

static void give_back(void *data, void *memory)
{
        struct purse *purse = data;

        purse->held -= memory != NULL;
        free(memory);
}

static int unpack_with(struct purse *purse, const ProtobufCMessageDescriptor *descriptor,
                       const struct encoding *encoding)
{
        ProtobufCAllocator allocator = {spend, give_back, purse};
        ProtobufCMessage *message;
        int r = ek_message_unpack(descriptor, &allocator, encoding->bytes, encoding->size,
                                  &message);

        if (r == 0)
                protobuf_c_message_free_unpacked(message, &allocator);
        cr_expect_eq(purse->held, 0, "%d allocations are left", purse->held);
        return r;
}

Test(message, memory_that_runs_out_is_told_from_damage_wherever_it_does)
{
        struct encoding encoding = {.size = 0};
        unsigned int allowed = 0;
        int r;

        append_field(&encoding, TEXT, "text", 4);
        append_field(&encoding, BYTES, "bytes", 5);
        append_field(&encoding, NESTED, "", 0);
        append_field(&encoding, TEXTS, "one", 3);
        append_field(&encoding, UNKNOWN, "new", 3);
        do {
                r = unpack_with(&(struct purse){.left = allowed}, &every__every__descriptor,
                                &encoding);
                cr_expect(r == 0 || r == EKIDEN_ENOMEM, "after %u allocations: %d", allowed, r);
        } while (r < 0 && allowed++ < 100);
        cr_expect_gt(allowed, 5);
}

Test(message, without_a_required_field_is_malformed)
{
        struct encoding encoding = {.size = 0};

        append_field(&encoding, 2, "fingerprint", 11); /* and no version */
        cr_expect_eq(unpack_with(&(struct purse){.left = 100}, &ekiden__schema_id__descriptor,
                                 &encoding),
                     EKIDEN_EPROTOCOL);
}

/* What leaves obeys the limit that what arrives is held to: packing calls itself for each level. */
Test(message, records_nested_too_deep_are_found_before_they_are_packed)
{
        static Every__Every levels[EK_MESSAGE_DEPTH_MAX + 200000];
        const size_t count = sizeof(levels) / sizeof(levels[0]);
        char field[EKIDEN_NAME_MAX + 1];

        for (size_t i = 0; i < count; i++)
                every__every__init(&levels[i]);
        for (size_t i = 0; i < EK_MESSAGE_DEPTH_MAX; i++)
                levels[i].single_every = &levels[i + 1];
        cr_expect_null(ek_record_check(&levels[0].base, true, field), "as deep as it may be");
        for (size_t i = EK_MESSAGE_DEPTH_MAX; i + 1 < count; i++)
                levels[i].single_every = &levels[i + 1];
        cr_expect_not_null(ek_record_check(&levels[0].base, true, field));
        cr_expect_str_eq(field, "single_every");
}
