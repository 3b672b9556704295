/* SPDX-License-Identifier: MIT */
/* Verification of messages, streams and plain values, between programs of one version. */
#include "state/verify.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>

#include "store.h"
#include "verifying.h"
#include "yard_v1.ekiden.h"

#define CRATES 40

static const struct ek_chain same = {.from = &yard_v1, .to = &yard_v1};
static struct verifying verifying = {.chain = &same};
static struct store here, there;

static Yard__V1__Crate *there_crate(size_t i)
{
        return (Yard__V1__Crate *)there.records[i];
}

static bool are_anonymous; /* nothing but label and handles */

/* One eventfd is told from no other. */
static int open_handle(void)
{
        return are_anonymous ? memfd_create("handle", MFD_CLOEXEC) : eventfd(0, EFD_CLOEXEC);
}

static void add_crate(uint64_t id)
{
        Yard__V1__Crate crate = YARD__V1__CRATE__INIT;
        int32_t handles[] = {-1, -1};
        uint8_t content[] = {1, 2, (uint8_t)id};
        char label[32];

        snprintf(label, sizeof(label), "crate %u", (unsigned int)id);
        crate.has_id = crate.has_content = !are_anonymous;
        crate.has_handle = 1;
        crate.id = id;
        crate.label = label;
        crate.content = (ProtobufCBinaryData){sizeof(content), content};
        crate.handle = id % 4 == 0 ? open_handle() : -1;
        crate.handles = handles;
        crate.n_handles = 2;
        store_add(&here, &crate.base);
}

/* `key`: number of the key field; 0: records have none. */
static void begin_crates(unsigned int key)
{
        struct ek_tagged from = tag_item(&yard_v1, "crates", &store_binding, &here);
        struct ek_tagged to = tag_item(&yard_v1, "crates", &store_binding, &there);

        to.item.key = key;
        for (uint64_t i = 0; i < CRATES; i++)
                add_crate(100 + i);
        verifying_add(&verifying, &from, &to);
        verifying_hand_over(&verifying);
        cr_assert_eq(there.count, CRATES);
}

static void end(void)
{
        verifying_end(&verifying);
        store_clear(&here);
        store_clear(&there);
}

Test(verify, stream_that_came_whole_is_the_same)
{
        begin_crates(0);
        expect_same(&verifying);
        cr_expect_eq(verifying_figures("crates")->taken, CRATES);
        end();
}

Test(verify, stream_in_another_order_is_the_same)
{
        begin_crates(0);
        for (size_t i = 0; i < CRATES / 2; i++) {
                ProtobufCMessage *first = there.records[i];

                there.records[i] = there.records[CRATES - 1 - i];
                there.records[CRATES - 1 - i] = first;
        }
        expect_same(&verifying);
        end();
}

Test(verify, descriptor_under_another_number_is_the_same)
{
        int copy;

        begin_crates(1);
        copy = dup(there_crate(4)->handle);
        there_crate(4)->handle = copy;
        expect_same(&verifying);
        end();
}

/* What is changed in a record, and which field that is. */
static void change_id(Yard__V1__Crate *crate)
{
        crate->id ^= 1u << 20;
}
static void forget_id(Yard__V1__Crate *crate)
{
        crate->has_id = 0;
        crate->id = 0;
}
static void cut_label(Yard__V1__Crate *crate)
{
        crate->label[strlen(crate->label) - 1] = '\0';
}
static void forget_label(Yard__V1__Crate *crate)
{
        crate->label = NULL;
}
static void cut_content(Yard__V1__Crate *crate)
{
        crate->content.len--;
}
static void change_content(Yard__V1__Crate *crate)
{
        crate->content.data[0] ^= 0x80;
}
static void change_handle(Yard__V1__Crate *crate)
{
        crate->has_handle = 1;
        crate->handle = 0;
}
static void forget_handle(Yard__V1__Crate *crate)
{
        crate->handle = -1;
}
static void lose_handle_of_array(Yard__V1__Crate *crate)
{
        crate->n_handles--;
}

static const struct change {
        void (*make)(Yard__V1__Crate *crate);
        const char *field;
} changes[] = {
        {cut_label, "label"},
        {forget_label, "label"},
        {cut_content, "content"},
        {change_content, "content"},
        {change_handle, "handle"},
        {forget_handle, "handle"},
        {lose_handle_of_array, "handles"},
};

static void expect_change(const struct change *change, size_t i, const char *words)
{
        Yard__V1__Crate kept = *there_crate(i);
        char label[32];
        uint8_t first = kept.content.data[0];

        strcpy(label, kept.label);
        change->make(there_crate(i));
        expect_difference(&verifying, "crates", change->field, words);
        *there_crate(i) = kept;
        strcpy(kept.label, label);
        kept.content.data[0] = first;
        expect_same(&verifying);
}

Test(verify, change_of_any_field_is_found_by_the_key)
{
        begin_crates(1);
        for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++)
                expect_change(&changes[i], 8, "record 8 (id 108) is not what it was");
        end();
}

Test(verify, change_is_found_by_a_key_of_text)
{
        begin_crates(2);
        expect_change(&changes[3], 8, "record 8 (label \"crate 108\") is not what it was");
        end();
}

Test(verify, change_is_found_by_a_key_of_bytes)
{
        begin_crates(3);
        expect_change(&changes[0], 8, "record 8 is not what it was");
        end();
}

Test(verify, change_of_any_field_is_found_where_there_is_no_key)
{
        begin_crates(0);
        for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++)
                expect_change(&changes[i], 8, "record 8 is not what it was");
        expect_change(&(struct change){change_id, "id"}, 8, "record 8 is not what it was");
        expect_change(&(struct change){forget_id, "id"}, 8, "record 8 is not what it was");
        end();
}

Test(verify, change_of_a_key_is_a_record_that_is_lost)
{
        begin_crates(1);
        expect_change(&(struct change){change_id, ""}, 5,
                      "record 5 (id 105) came, and the program");
        end();
}

Test(verify, change_in_any_record_is_found)
{
        begin_crates(1);
        for (size_t i = 0; i < CRATES; i++) {
                char words[64];

                snprintf(words, sizeof(words), "record %zu (id %zu) is not", i, 100 + i);
                expect_change(&changes[0], i, words);
        }
        end();
}

Test(verify, every_bit_of_the_content_counts)
{
        begin_crates(1);
        for (size_t bit = 0; bit < 24; bit++) {
                uint8_t *byte = &there_crate(3)->content.data[bit / 8];

                *byte ^= (uint8_t)(1 << bit % 8);
                expect_difference(&verifying, "crates", "content", "record 3 (id 103)");
                *byte ^= (uint8_t)(1 << bit % 8);
        }
        end();
}

Test(verify, record_that_is_lost_is_named)
{
        begin_crates(1);
        there.count--;
        expect_difference(&verifying, "crates", "", "record 39 (id 139) came, and the program");
        there.count++;
        expect_same(&verifying);
        end();
}

Test(verify, record_that_never_came_is_named)
{
        Yard__V1__Crate extra = YARD__V1__CRATE__INIT;

        begin_crates(1);
        extra.has_id = 1;
        extra.id = 7;
        store_add(&there, &extra.base);
        expect_difference(&verifying, "crates", "",
                          "record 40 (id 7) is in the program, and never");
        end();
}

Test(verify, record_that_is_there_twice_is_named)
{
        begin_crates(1);
        store_add(&there, there.records[11]);
        expect_difference(&verifying, "crates", "", "(id 111) is in the program twice; ");
        store_add(&there, there.records[11]);
        expect_difference(&verifying, "crates", "",
                          "(id 111) is in the program 3 times, and came 1 times; ");
        end();
}

/* One that is there twice, and another not at all: the count is right. */
Test(verify, record_in_the_place_of_another_is_found)
{
        begin_crates(1);
        protobuf_c_message_free_unpacked(there.records[0], NULL);
        there.records[0] = there.records[39];
        there.count--;
        store_add(&there, there.records[1]);
        expect_difference(&verifying, "crates", "", "record 0 (id 100) came, and the program");
        end();
}

Test(verify, all_records_lost_and_all_changed_are_told_of_by_the_first)
{
        begin_crates(1);
        there.count = 0;
        expect_difference(&verifying, "crates", "", "record 0 (id 100) came, and the program");
        there.count = CRATES;
        for (size_t i = 0; i < CRATES; i++)
                there_crate(i)->label[0] = 'C';
        expect_difference(&verifying, "crates", "label", "record 0 (id 100)");
        end();
}

/* As entries of a table of sessions are that has no key: "user" is as good a field as "socket". */
Test(verify, swapped_descriptors_are_told_by_their_field_where_there_is_no_key)
{
        Yard__V1__Crate *four, *eight;
        int kept;

        are_anonymous = true;
        begin_crates(0);
        four = there_crate(4);
        eight = there_crate(8);
        kept = four->handle;
        four->handle = eight->handle;
        eight->handle = kept;
        expect_difference(&verifying, "crates", "handle", "record 4 is not");
        there.records[4] = &eight->base;
        there.records[8] = &four->base;
        expect_difference(&verifying, "crates", "handle", "record 8 is not");
        end();
}

/* The sentence goes to a log: it says where, never what. */
Test(verify, sentence_has_no_value_in_it)
{
        begin_crates(1);
        strcpy(there_crate(2)->label, "secret!");
        cr_assert_eq(verifying_verify(&verifying), EKIDEN_EREFUSED);
        cr_expect_null(strstr(verifying.error.sentence, "secret!"));
        cr_expect_null(strstr(verifying.error.sentence, "crate 102"));
        end();
}

static unsigned int exports, exports_with_more; /* so many of them have a record more */

static int export_fickle(const void *functions, ProtobufCMessage *record,
                         struct ekiden_cursor *cursor, void *data)
{
        exports += cursor->record == 0;
        if (cursor->record < there.count)
                return store_binding.export_record(functions, record, cursor, data);
        return cursor->record == there.count && exports <= exports_with_more; /* an empty one */
}

static int import_fickle(const void *functions, const ProtobufCMessage *record,
                         struct ekiden_cursor *cursor, void *data)
{
        return store_binding.import_record(functions, record, cursor, data);
}

/* What a program exports may be another thing each time: with a clock in it, say. */
Test(verify, state_that_changes_while_it_is_looked_at_is_refused)
{
        static const struct ekiden_binding fickle = {.export_record = export_fickle,
                                                     .import_record = import_fickle};
        struct ek_tagged from = tag_item(&yard_v1, "crates", &store_binding, &here);
        struct ek_tagged to = tag_item(&yard_v1, "crates", &fickle, &there);

        add_crate(100);
        verifying_add(&verifying, &from, &to);
        verifying_hand_over(&verifying);
        exports_with_more = 2;
        expect_difference(&verifying, "crates", "", "each time that it is exported");
        end();
}

Test(verify, empty_stream_is_the_same)
{
        struct ek_tagged from = tag_item(&yard_v1, "crates", &store_binding, &here);
        struct ek_tagged to = tag_item(&yard_v1, "crates", &store_binding, &there);

        verifying_add(&verifying, &from, &to);
        verifying_hand_over(&verifying);
        expect_same(&verifying);
        end();
}

static Yard__V1__Gate gate_here = YARD__V1__GATE__INIT, gate_there = YARD__V1__GATE__INIT;

static void begin_gate(void)
{
        static Yard__V1__Lock lock = YARD__V1__LOCK__INIT;
        static Yard__V1__Lock *locks[] = {&lock, &lock};
        struct ek_tagged from = tag_item(&yard_v1, "gate", &ek_message_binding, &gate_here);
        struct ek_tagged to = tag_item(&yard_v1, "gate", &ek_message_binding, &gate_there);

        lock.has_number = 1;
        lock.number = 5;
        gate_here.name = (char *)(uintptr_t) "north";
        gate_here.lock = &lock;
        gate_here.locks = locks;
        gate_here.n_locks = 2;
        gate_here.guard_case = YARD__V1__GATE__GUARD_GUARD_NAME;
        gate_here.guard_name = (char *)(uintptr_t) "ann";
        verifying_add(&verifying, &from, &to);
        verifying_hand_over(&verifying);
}

Test(verify, singleton_and_what_is_nested_in_it_is_compared_by_path)
{
        char *name;

        begin_gate();
        expect_same(&verifying);
        gate_there.locks[1]->number++;
        expect_difference(&verifying, "gate", "locks[1].number", "record 0 is not what it was");
        gate_there.locks[1]->number--;
        gate_there.lock->has_number = 0;
        expect_difference(&verifying, "gate", "lock.number", "is not there any more");
        gate_there.lock->has_number = 1;
        gate_there.n_locks = 1;
        expect_difference(&verifying, "gate", "locks", "another number of elements");
        gate_there.n_locks = 2;
        name = gate_there.guard_name;
        gate_there.guard_name = (char *)(uintptr_t) "bob";
        expect_difference(&verifying, "gate", "guard_name", "has another value");
        gate_there.guard_case = YARD__V1__GATE__GUARD_GUARD_HANDLE;
        gate_there.guard_handle = -1;
        cr_expect_eq(verifying_verify(&verifying), EKIDEN_EREFUSED);
        gate_there.guard_case = YARD__V1__GATE__GUARD_GUARD_NAME;
        gate_there.guard_name = name;
        expect_same(&verifying);
        end();
}

static struct ek_tagged tag_value(enum ek_value_type type, void *data, size_t *size_bytes)
{
        return (struct ek_tagged){
                .item = {.name = "value",
                         .kind = EKIDEN_ITEM_SINGLETON,
                         .message = &ek_value_message},
                .name = "value",
                .binding = &ek_value_binding,
                .data = data,
                .value_type = type,
                .size_bytes = size_bytes,
        };
}

static void begin_value(enum ek_value_type from, void *here_value, enum ek_value_type to,
                        void *there_value, size_t *size_bytes)
{
        struct ek_tagged theirs = tag_value(from, here_value, size_bytes);
        struct ek_tagged ours = tag_value(to, there_value, size_bytes);

        verifying.count = 0;
        verifying_add(&verifying, &theirs, &ours);
        verifying_hand_over(&verifying);
}

#define VALUES(X)                       \
        X(INT8, int8_t, -1)             \
        X(INT16, int16_t, -300)         \
        X(INT32, int32_t, 70000)        \
        X(INT64, int64_t, 1)            \
        X(UINT8, uint8_t, 200)          \
        X(UINT16, uint16_t, 40000)      \
        X(UINT32, uint32_t, 0)          \
        X(UINT64, uint64_t, UINT64_MAX) \
        X(DOUBLE, double, -0.0)

#define EXPECT_EVERY_BIT(name, type, value)                                                 \
        {                                                                                   \
                type mine = value, yours = 0;                                               \
                uint8_t bytes[sizeof(type)];                                                \
                                                                                            \
                begin_value(EK_VALUE_##name, &mine, EK_VALUE_##name, &yours, NULL);         \
                expect_same(&verifying);                                                    \
                for (size_t bit = 0; bit < 8 * sizeof(type); bit++) {                       \
                        memcpy(bytes, &yours, sizeof(yours));                               \
                        bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);                          \
                        memcpy(&yours, bytes, sizeof(yours));                               \
                        cr_expect_eq(verifying_verify(&verifying), EKIDEN_EREFUSED,         \
                                     #name ", bit %zu", bit);                               \
                        cr_expect_str_eq(verifying.error.item, "value");                    \
                        verifying_end(&verifying);                                          \
                        yours = 0;                                                          \
                        begin_value(EK_VALUE_##name, &mine, EK_VALUE_##name, &yours, NULL); \
                }                                                                           \
                verifying_end(&verifying);                                                  \
        }

Test(verify, every_bit_of_a_plain_value_counts){VALUES(EXPECT_EVERY_BIT)}

Test(verify, integer_that_was_widened_or_became_unsigned_is_the_same)
{
        uint16_t mine = 40000;
        int64_t yours;

        begin_value(EK_VALUE_UINT16, &mine, EK_VALUE_INT64, &yours, NULL);
        cr_assert_eq(verifying_verify(&verifying), 0, "%s", verifying.error.sentence);
        cr_expect_eq(verifying_figures("value")->verdict, EKIDEN__VERDICT__SAME);
        yours++;
        expect_difference(&verifying, "value", "integer", "record 0");
        verifying_end(&verifying);
}

Test(verify, text_bytes_truth_and_descriptor_are_compared)
{
        char *mine = (char *)(uintptr_t) "text", *yours = NULL;
        bool truth = true, taken = false;
        int handle = eventfd(0, EFD_CLOEXEC), received = -1, number;

        begin_value(EK_VALUE_STRING, &mine, EK_VALUE_STRING, &yours, NULL);
        expect_same(&verifying);
        yours[3] = '\0';
        expect_difference(&verifying, "value", "text", "another value");
        verifying_end(&verifying);
        free(yours);
        begin_value(EK_VALUE_BOOL, &truth, EK_VALUE_BOOL, &taken, NULL);
        expect_same(&verifying);
        taken = false;
        expect_difference(&verifying, "value", "truth", "another value");
        verifying_end(&verifying);
        begin_value(EK_VALUE_DESCRIPTOR, &handle, EK_VALUE_DESCRIPTOR, &received, NULL);
        expect_same(&verifying);
        number = received;
        received = 0;
        expect_difference(&verifying, "value", "descriptor", "another value");
        verifying_end(&verifying);
        close(number);
        close(handle);
}
