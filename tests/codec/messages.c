/* SPDX-License-Identifier: MIT */
/*
 * Codecs of a schema with every kind of field, beside protobuf-c: random records both ways, damaged
 * encodings, and by name what a codec leaves.
 */
#include <string.h>

#include <criterion/criterion.h>

#include <ekiden/codec.h>
#include <ekiden/error.h>

#include "alike.h"
#include "draw.h"
#include "judge.h"
#include "kinds_v1.ekiden.h"
#include "record.h"
#include "records.h"
#include "scratch.h"

#define ROUNDS 2000
#define ENCODING_MAX 65536

static struct ekiden_scratch scratch;

static void set_up(void)
{
        draw_seed(draw_setting("EKIDEN_SEED", 1));
        ek_scratch_init(&scratch);
}

static void tear_down(void)
{
        ek_scratch_deinit(&scratch);
}

TestSuite(messages, .init = set_up, .fini = tear_down);

/* Runs for each item's message type. */
#define for_each_type(type)                                                                      \
        for (const struct ekiden_item *item = kinds_v1.items, *end = item + kinds_v1.item_count; \
             item < end; item++)                                                                 \
                for (const struct ekiden_message *type = item->message; type; type = NULL)

static size_t packed(const ProtobufCMessage *record, uint8_t bytes[ENCODING_MAX])
{
        cr_assert_leq(protobuf_c_message_get_packed_size(record), ENCODING_MAX);
        return protobuf_c_message_pack(record, bytes);
}

Test(messages, every_sound_record_is_packed_as_protobuf_c_packs_it)
{
        const char *wrong;

        for_each_type(type)
        {
                cr_assert_not_null(type->codec, "%s", item->name);
                for (unsigned int round = 0; round < ROUNDS; round++) {
                        ProtobufCMessage *record = draw_record(type->descriptor, &scratch, true);

                        cr_assert(judge_packing(type, record, &wrong), "%s, round %u: left",
                                  item->name, round);
                        cr_assert_null(wrong, "%s, round %u: %s", item->name, round, wrong);
                        ek_scratch_reset(&scratch);
                }
        }
}

Test(messages, a_record_that_has_a_size_is_one_that_the_engine_takes)
{
        const char *wrong;

        for_each_type(type)
        {
                size_t taken = 0;

                for (unsigned int round = 0; round < ROUNDS; round++) {
                        ProtobufCMessage *record = draw_record(type->descriptor, &scratch, false);

                        taken += judge_packing(type, record, &wrong);
                        cr_assert_null(wrong, "%s, round %u: %s", item->name, round, wrong);
                        ek_scratch_reset(&scratch);
                }
                cr_expect(taken > ROUNDS / 10 && taken < ROUNDS, "%s: %zu", item->name, taken);
        }
}

Test(messages, every_encoding_by_protobuf_c_is_taken_and_means_the_same)
{
        static uint8_t bytes[ENCODING_MAX];
        const char *wrong;

        for_each_type(type)
        {
                for (unsigned int round = 0; round < ROUNDS; round++) {
                        ProtobufCMessage *record = draw_record(type->descriptor, &scratch, true);
                        size_t size = packed(record, bytes);

                        cr_assert(judge_unpacking(type, bytes, size, &wrong), "%s, round %u: left",
                                  item->name, round);
                        cr_assert_null(wrong, "%s, round %u: %s", item->name, round, wrong);
                        ek_scratch_reset(&scratch);
                }
        }
}

Test(messages, a_damaged_encoding_that_is_taken_means_what_it_means_to_protobuf_c)
{
        static uint8_t bytes[ENCODING_MAX];
        const char *wrong;

        for_each_type(type)
        {
                size_t taken = 0;

                for (unsigned int round = 0; round < 10 * ROUNDS; round++) {
                        ProtobufCMessage *record = draw_record(type->descriptor, &scratch, true);
                        size_t size = packed(record, bytes);

                        damage(bytes, &size, sizeof(bytes));
                        taken += judge_unpacking(type, bytes, size, &wrong);
                        cr_assert_null(wrong, "%s, round %u: %s", item->name, round, wrong);
                        ek_scratch_reset(&scratch);
                }
                cr_expect(taken > ROUNDS / 10 && taken < 10 * ROUNDS, "%s: %zu", item->name, taken);
        }
}

static const struct ekiden_message *type_of(const char *name)
{
        return ekiden_schema_item(&kinds_v1, name)->message;
}

/* What the codec answers to an encoding, and what it makes of it. */
static int unpack(const char *item, const void *data, size_t size, void *message)
{
        return type_of(item)->codec->unpack(data, size, message, &scratch);
}

#define unpack_text(item, text, message) unpack(item, text, sizeof(text) - 1, message)

Test(messages, bytes_point_into_the_data_and_texts_do_not)
{
        static const uint8_t data[] = "\x7a\x03ink\x82\x01\x05quill";
        Kinds__V1__Optional message;

        cr_assert_eq(unpack("optional", data, sizeof(data) - 1, &message), 1);
        cr_expect_str_eq(message.string, "ink");
        cr_expect(message.string < (const char *)data ||
                  message.string >= (const char *)data + sizeof(data));
        cr_expect_eq(message.bytes.len, 5);
        cr_expect_eq(message.bytes.data, data + 8);
}

Test(messages, text_that_is_not_utf8_or_has_a_nul_is_left)
{
        Kinds__V1__Optional message;

        cr_expect_eq(unpack_text("optional", "\x7a\x03gr\xfc", &message), 0);
        cr_expect_eq(unpack_text("optional", "\x7a\x09gruene T\xc3", &message), 0);
        cr_expect_eq(unpack_text("optional", "\x7a\x03i\x00k", &message), 0);
        cr_expect_eq(unpack_text("optional", "\x7a\x0agr\xc3\xbcne Tee", &message), 1);
        cr_expect_str_eq(message.string, "gr\xc3\xbcne Tee");
}

Test(messages, fields_that_are_unknown_or_twice_or_out_of_order_are_left)
{
        Kinds__V1__Optional message;
        Kinds__V1__Choice choice;

        cr_expect_eq(unpack_text("optional", "\x08\x01\x10\x02", &message), 1);
        cr_expect_eq(unpack_text("optional", "\x10\x02\x08\x01", &message), 0);
        cr_expect_eq(unpack_text("optional", "\x08\x01\x08\x02", &message), 0);
        cr_expect_eq(unpack_text("optional", "\x08\x01\xf8\x01\x02", &message), 0);
        cr_expect_eq(unpack_text("choice", "\x08\x01", &choice), 1);
        cr_expect_eq(unpack_text("choice", "\x08\x01\x1a\x01o", &choice), 0);
}

Test(messages, a_required_field_that_is_not_there_is_left)
{
        Kinds__V1__Required message;

        cr_expect_eq(unpack("required", "", 0, &message), 0);
}

Test(messages, what_goes_beyond_its_end_is_left)
{
        static uint8_t bytes[ENCODING_MAX];
        const char *wrong;

        for_each_type(type)
        {
                ProtobufCMessage *record = draw_record(type->descriptor, &scratch, true);
                size_t size = packed(record, bytes);

                for (size_t cut = 0; cut < size; cut++) {
                        judge_unpacking(type, bytes, cut, &wrong);
                        cr_assert_null(wrong, "%s, cut at %zu: %s", item->name, cut, wrong);
                }
        }
}

/* A tree of one branch, so deep, by its encoding: the innermost first. */
static size_t encode_tree(uint8_t *end, unsigned int depth)
{
        uint8_t *begin = end;

        for (unsigned int i = 0; i < depth; i++) {
                size_t size = (size_t)(end - begin);
                uint8_t head[6], *behind = ekiden_put_varint(ekiden_put_tag(head, 0x12), size);

                begin -= behind - head;
                memcpy(begin, head, (size_t)(behind - head));
        }
        return (size_t)(end - begin);
}

static Kinds__V1__Tree *grow_tree(unsigned int depth)
{
        Kinds__V1__Tree *tree = NULL;

        for (unsigned int i = 0; i <= depth; i++) {
                Kinds__V1__Tree *parent = ek_scratch_alloc(&scratch, sizeof(*parent));

                kinds__v1__tree__init(parent);
                if (tree) {
                        parent->children = ek_scratch_alloc(&scratch, sizeof(tree));
                        parent->children[0] = tree;
                        parent->n_children = 1;
                }
                tree = parent;
        }
        return tree;
}

Test(messages, what_is_nested_100_deep_is_taken_and_101_left)
{
        const struct ekiden_codec *codec = type_of("tree")->codec;
        static uint8_t bytes[1024];
        Kinds__V1__Tree message;
        size_t size = encode_tree(bytes + sizeof(bytes), 100);

        cr_expect_eq(unpack("tree", bytes + sizeof(bytes) - size, size, &message), 1);
        size = encode_tree(bytes + sizeof(bytes), 101);
        cr_expect_eq(unpack("tree", bytes + sizeof(bytes) - size, size, &message), 0);
        cr_expect_eq(codec->size(&grow_tree(100)->base),
                     protobuf_c_message_get_packed_size(&grow_tree(100)->base));
        cr_expect_eq(codec->size(&grow_tree(101)->base), EKIDEN_CODEC_LEFT);
}

/* What a deep tree's innermost holds counts too, though it cannot hold itself. */
Test(messages, what_cannot_hold_itself_is_counted_where_it_is_held)
{
        const struct ekiden_codec *codec = type_of("tree")->codec;
        Kinds__V1__Holder holder = KINDS__V1__HOLDER__INIT;
        Kinds__V1__Middle middle = KINDS__V1__MIDDLE__INIT;
        Kinds__V1__Leaf leaf = KINDS__V1__LEAF__INIT;
        char field[EKIDEN_NAME_MAX + 1];

        holder.middle = &middle;
        middle.leaf = &leaf;
        for (unsigned int depth = 95; depth <= 100; depth++) {
                Kinds__V1__Tree *tree = grow_tree(depth), *inner = tree;
                const char *wrong;

                while (inner->n_children > 0)
                        inner = inner->children[0];
                inner->holder = &holder;
                cr_expect_eq(judge_packing(type_of("tree"), &tree->base, &wrong), depth <= 97);
                cr_expect_null(wrong);
                cr_expect_eq(codec->size(&tree->base) == EKIDEN_CODEC_LEFT,
                             ek_record_check(&tree->base, true, field) != NULL);
        }
}

Test(messages, a_value_without_its_flag_and_a_field_of_a_newer_version_have_no_size)
{
        const struct ekiden_codec *codec = type_of("optional")->codec;
        Kinds__V1__Optional message = KINDS__V1__OPTIONAL__INIT;
        ProtobufCMessageUnknownField unknown = {.tag = 99};

        cr_expect_eq(codec->size(&message.base), 0);
        message.uint32 = 1;
        cr_expect_eq(codec->size(&message.base), EKIDEN_CODEC_LEFT);
        message.has_uint32 = 1;
        cr_expect_eq(codec->size(&message.base), 2);
        message.base.n_unknown_fields = 1;
        message.base.unknown_fields = &unknown;
        cr_expect_eq(codec->size(&message.base), EKIDEN_CODEC_LEFT);
}

/* A descriptor that is none is -1 in a record, and 0 on the wire. */
Test(messages, an_absent_descriptor_is_none)
{
        const struct ekiden_codec *codec = type_of("tree")->codec;
        Kinds__V1__Tree message = KINDS__V1__TREE__INIT;

        message.descriptor = -1;
        cr_expect_eq(codec->size(&message.base), 0);
        message.descriptor = 3;
        cr_expect_eq(codec->size(&message.base), EKIDEN_CODEC_LEFT);
}
