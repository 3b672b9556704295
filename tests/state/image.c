/* SPDX-License-Identifier: MIT */
/* What of a record counts when what a program was given is compared with what it exports. */
#include "state/image.h"

#include <criterion/criterion.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <ekiden/native.h>

#include "exchange.h"
#include "yard_v1.ekiden.h"

/* A struct with room for a fixed number of values, and no member that counts them. */
static const struct ekiden_member members[] = {
        {.field = 2, .kind = EKIDEN_MEMBER_BYTES, .room = EKIDEN_ROOM_FIXED, .capacity = 8},
        {.field = 4, .kind = EKIDEN_MEMBER_NUMBER, .room = EKIDEN_ROOM_FIXED, .capacity = 4},
};
static const struct ekiden_native fixed = {
        .descriptor = &yard__v1__crate__descriptor, .members = members, .member_count = 2};

static struct ek_digest digest_of(ProtobufCMessage *record, bool is_crossing,
                                  const struct ekiden_native *native)
{
        const struct ekiden_item *item = ekiden_schema_item(&yard_v1, "crates");
        const struct ek_tagged tagged = {.item = *item};
        struct ek_digest objects = {0};
        struct ek_image image;

        ek_image_init(&image, &tagged, is_crossing, &objects);
        cr_assert_eq(ek_image_add(&image, item->message, native, false, record), 0);
        ek_image_deinit(&image);
        cr_assert(objects.low == 0 && objects.high == 0, "it has no identity");
        return image.records;
}

static bool are_same(Yard__V1__Crate *one, Yard__V1__Crate *other, bool is_crossing,
                     const struct ekiden_native *native)
{
        const struct ek_digest a = digest_of(&one->base, is_crossing, native);
        const struct ek_digest b = digest_of(&other->base, is_crossing, native);

        return ek_digest_equals(&a, &b);
}

static Yard__V1__Crate new_crate(void)
{
        Yard__V1__Crate crate = YARD__V1__CRATE__INIT;

        crate.handle = -1;
        return crate;
}

Test(image, absent_field_is_its_default_between_versions_and_not_in_one)
{
        Yard__V1__Crate absent = new_crate(), set = new_crate();

        set.has_id = set.has_content = set.has_handle = 1;
        set.label = (char *)(uintptr_t) "";
        cr_expect(are_same(&absent, &set, true, NULL));
        cr_expect_not(are_same(&absent, &set, false, NULL));
        set.id = 1;
        cr_expect_not(are_same(&absent, &set, true, NULL));
        set.id = 0;
        set.label = (char *)(uintptr_t) "x";
        cr_expect_not(are_same(&absent, &set, true, NULL));
        set.label = NULL;
        set.handle = STDIN_FILENO;
        cr_expect_not(are_same(&absent, &set, true, NULL));
}

Test(image, descriptor_is_what_it_leads_to)
{
        Yard__V1__Crate one = new_crate(), other = new_crate();

        one.has_handle = other.has_handle = 1;
        one.handle = memfd_create("one", MFD_CLOEXEC);
        other.handle = dup(one.handle);
        cr_expect(are_same(&one, &other, true, NULL));
        cr_expect(are_same(&one, &other, false, NULL));
        other.handle = memfd_create("other", MFD_CLOEXEC);
        cr_expect_not(are_same(&one, &other, true, NULL));
        cr_expect_not(are_same(&one, &other, false, NULL));
}

/* Of a struct with a fixed array all values go out, of which a few may have come. */
Test(image, values_that_nobody_has_set_in_a_fixed_array_are_none)
{
        int32_t handles[] = {-1, -1, -1, -1}, open[] = {STDIN_FILENO, -1};
        uint8_t bytes[] = {1, 0, 2, 0, 0};
        Yard__V1__Crate few = new_crate(), all = new_crate();

        few.has_content = all.has_content = 1;
        few.content = (ProtobufCBinaryData){3, bytes};
        all.content = (ProtobufCBinaryData){5, bytes};
        few.handles = open;
        few.n_handles = 1;
        handles[0] = STDIN_FILENO;
        all.handles = handles;
        all.n_handles = 4;
        cr_expect(are_same(&few, &all, true, &fixed));
        cr_expect_not(are_same(&few, &all, true, NULL),
                      "an array of any length has as many as it has");
        cr_expect_not(are_same(&few, &all, false, &fixed));
        few.content.len = 1;
        cr_expect_not(are_same(&few, &all, true, &fixed));
        few.content.len = 3;
        few.n_handles = 0;
        cr_expect_not(are_same(&few, &all, true, &fixed));
}

static struct ek_digest gate_digest(Yard__V1__Gate *gate)
{
        const struct ekiden_item *item = ekiden_schema_item(&yard_v1, "gate");
        const struct ek_tagged tagged = {.item = *item};
        struct ek_digest objects = {0};
        struct ek_image image;

        ek_image_init(&image, &tagged, true, &objects);
        cr_assert_eq(ek_image_add(&image, item->message, NULL, false, &gate->base), 0);
        ek_image_deinit(&image);
        return image.records;
}

static bool is_empty_gate(Yard__V1__Gate *gate)
{
        Yard__V1__Gate empty = YARD__V1__GATE__INIT;
        struct ek_digest one = gate_digest(gate), other = gate_digest(&empty);

        return ek_digest_equals(&one, &other);
}

Test(image, message_that_says_nothing_is_none_but_as_one_of_several_or_of_a_oneof)
{
        Yard__V1__Gate gate = YARD__V1__GATE__INIT;
        Yard__V1__Lock lock = YARD__V1__LOCK__INIT, *locks[] = {&lock};

        lock.has_number = 1;
        gate.lock = &lock;
        cr_expect(is_empty_gate(&gate));
        lock.number = 3;
        cr_expect_not(is_empty_gate(&gate));
        lock.number = 0;
        gate.lock = NULL;
        gate.locks = locks;
        gate.n_locks = 1;
        cr_expect_not(is_empty_gate(&gate));
        gate.n_locks = 0;
        gate.guard_case = YARD__V1__GATE__GUARD_GUARD_LOCK;
        gate.guard_lock = &lock;
        cr_expect_not(is_empty_gate(&gate));
        gate.guard_case = YARD__V1__GATE__GUARD_GUARD_NAME;
        gate.guard_name = (char *)(uintptr_t) "";
        cr_expect_not(is_empty_gate(&gate));
}

/* What is in a record is the program's own, and goes into it next. */
Test(image, record_is_unchanged)
{
        Yard__V1__Crate crate, before;

        memset(&crate, 0, sizeof(crate)); /* what lies between its members, too */
        yard__v1__crate__init(&crate);
        crate.has_id = crate.has_handle = crate.has_content = 1;
        crate.handle = STDIN_FILENO;
        memcpy(&before, &crate, sizeof(before));
        digest_of(&crate.base, true, &fixed);
        digest_of(&crate.base, false, NULL);
        cr_expect_eq(memcmp(&before, &crate, sizeof(crate)), 0);
}
