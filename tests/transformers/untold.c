/* SPDX-License-Identifier: MIT */
/* Fields that change untold are cleared wherever they are, and nothing else is. */
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

#include "fields.h"
#include "note_v1.ekiden.h"
#include "post_v1.ekiden.h"

static Post__V1__Stamp stamps[5];
static Post__V1__Letter letter, reply;

static void make_stamp(Post__V1__Stamp *stamp, const char *text, bool is_told)
{
        post__v1__stamp__init(stamp);
        stamp->text = (char *)(uintptr_t)text;
        if (is_told)
                return;
        stamp->has_is_worn = stamp->is_worn = 1;
        stamp->has_weight = 1;
        stamp->weight = 1.5;
}

static void make_letter(bool is_told)
{
        static Post__V1__Stamp *more[2] = {&stamps[1], &stamps[2]};
        static Post__V1__Letter__ByNumberEntry entry;
        static Post__V1__Letter__ByNumberEntry *entries[1] = {&entry};

        for (size_t i = 0; i < 5; i++)
                make_stamp(&stamps[i], "text", is_told);
        post__v1__letter__init(&letter);
        post__v1__letter__init(&reply);
        post__v1__letter__by_number_entry__init(&entry);
        letter.has_number = 1;
        letter.number = 7;
        letter.has_seen_at = reply.has_seen_at = !is_told;
        letter.seen_at = reply.seen_at = 12;
        letter.stamp = &stamps[0];
        letter.more = more;
        letter.n_more = 2;
        entry.has_key = 1;
        entry.value = &stamps[3];
        letter.by_number = entries;
        letter.n_by_number = 1;
        letter.choice_case = POST__V1__LETTER__CHOICE_CHOSEN;
        letter.chosen = &stamps[4];
        letter.reply = &reply;
}

static size_t pack(const ProtobufCMessage *message, uint8_t packed[512])
{
        cr_assert_leq(protobuf_c_message_get_packed_size(message), 512);
        return protobuf_c_message_pack(message, packed);
}

Test(untold, fields_are_cleared_in_all_messages_below_and_nothing_else_is)
{
        const struct ekiden_message *type = ekiden_schema_item(&post_v1, "letters")->message;
        uint8_t told[512], cleared[512];
        size_t size;

        make_letter(true);
        size = pack(&letter.base, told);
        make_letter(false);
        cr_assert_neq(pack(&letter.base, cleared), size);
        ek_clear_untold(type, &letter.base);
        cr_assert_eq(pack(&letter.base, cleared), size);
        cr_expect_eq(memcmp(cleared, told, size), 0);
}

Test(untold, fields_without_presence_are_zero)
{
        Note__V1__Note note = NOTE__V1__NOTE__INIT;

        note.text = (char *)(uintptr_t) "text";
        note.seen_at = INT64_MIN;
        note.colour = NOTE__V1__COLOUR__BLUE;
        ek_clear_untold(ekiden_schema_item(&note_v1, "notes")->message, &note.base);
        cr_expect_eq(note.seen_at, 0);
        cr_expect_eq(note.colour, NOTE__V1__COLOUR__BLACK);
        cr_expect_str_eq(note.text, "text");
}

Test(untold, fields_below_are_found)
{
        const struct ekiden_message *type = ekiden_schema_item(&post_v1, "letters")->message;

        cr_expect(ek_message_has_untold(type));
        for (size_t i = 0; i < type->field_count; i++)
                if (type->fields[i].nested)
                        cr_expect(ek_message_has_untold(type->fields[i].nested), "%zu", i);
}
