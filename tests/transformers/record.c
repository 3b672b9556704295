/* SPDX-License-Identifier: MIT */
/* What may not leave a program or a transformer: found before it is packed, with the field named.
 */
#include "record.h"

#include <criterion/criterion.h>
#include <string.h>

#include "ekiden/control.pb-c.h"

static char field[EKIDEN_NAME_MAX + 1];

static const char *check(const ProtobufCMessage *message)
{
        return ek_record_check(message, true, field);
}

static void expect_wrong(const char *wrong, const char *words, const char *name)
{
        cr_assert_not_null(wrong);
        cr_expect_not_null(strstr(wrong, words), "%s", wrong);
        cr_expect_str_eq(field, name);
}

Test(record, that_is_sound_passes)
{
        Ekiden__Refusal refusal = EKIDEN__REFUSAL__INIT;

        cr_expect_null(check(&refusal.base));
        refusal.sentence = (char *)"駅伝";
        refusal.has_phase = 1;
        refusal.phase = 3;
        cr_expect_null(check(&refusal.base));
}

Test(record, with_text_that_is_not_utf8_is_refused)
{
        Ekiden__Refusal refusal = EKIDEN__REFUSAL__INIT;

        refusal.sentence = (char *)"caf\xe9";
        expect_wrong(check(&refusal.base), "UTF-8", "sentence");
}

Test(record, with_a_required_field_null_is_refused)
{
        Ekiden__Pull pull = EKIDEN__PULL__INIT;
        Ekiden__Offer offer = EKIDEN__OFFER__INIT;

        pull.item = NULL;
        expect_wrong(check(&pull.base), "NULL", "item");
        offer.program = (char *)"program";
        offer.schema = NULL;
        expect_wrong(check(&offer.base), "NULL", "schema");
}

Test(record, with_an_element_null_is_refused)
{
        Ekiden__Status status = EKIDEN__STATUS__INIT;
        Ekiden__ItemStatus item = EKIDEN__ITEM_STATUS__INIT;
        Ekiden__ItemStatus *items[] = {&item, NULL};

        status.program = item.name = (char *)"x";
        status.items = items;
        status.n_items = 1;
        cr_expect_null(check(&status.base));
        status.n_items = 2;
        expect_wrong(check(&status.base), "NULL", "items");
        status.items = NULL;
        expect_wrong(check(&status.base), "array is NULL", "items");
}

Test(record, with_a_value_and_without_its_flag_is_refused_where_it_was_filled)
{
        Ekiden__Item item = EKIDEN__ITEM__INIT;

        item.item = (char *)"x";
        item.count = 7;
        expect_wrong(check(&item.base), "has_", "count");
        cr_expect_null(ek_record_check(&item.base, false, field), "a program's own state");
        item.has_count = 1;
        cr_expect_null(check(&item.base));
}

Test(record, with_a_submessage_that_is_not_initialised_is_refused)
{
        Ekiden__Event event = EKIDEN__EVENT__INIT;
        Ekiden__Refusal refusal = {0};

        event.refusal = &refusal;
        expect_wrong(check(&event.base), "not initialised", "refusal");
}
