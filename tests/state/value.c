/* SPDX-License-Identifier: MIT */
/* Plain C values: each type at its limits, and from each to each other where the value fits. */
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>

#include "exchange.h"

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

/* As ek_tagged_add() leaves it: the binding finds the value in the item itself. */
static void carry(struct ek_tagged *from, struct ek_tagged *to, struct exchange *ret_exchange)
{
        from->functions = from;
        to->functions = to;
        *ret_exchange = (struct exchange){.from = from, .to = to};
        run_exchange(ret_exchange);
}

static void expect_carried(enum ek_value_type type, void *from, void *to)
{
        struct ek_tagged tagged = tag_value(type, from, NULL),
                         tagged_to = tag_value(type, to, NULL);
        struct exchange exchange;

        carry(&tagged, &tagged_to, &exchange);
        cr_assert_eq(exchange.exported, 0, "%s", exchange.export_error.sentence);
        cr_assert_eq(exchange.imported, EKIDEN_RESUMED, "%s", exchange.import_error.sentence);
}

#define INTEGER_TYPES(X)                        \
        X(INT8, int8_t, INT8_MIN, INT8_MAX)     \
        X(INT16, int16_t, INT16_MIN, INT16_MAX) \
        X(INT32, int32_t, INT32_MIN, INT32_MAX) \
        X(INT64, int64_t, INT64_MIN, INT64_MAX) \
        X(UINT8, uint8_t, 0, UINT8_MAX)         \
        X(UINT16, uint16_t, 0, UINT16_MAX)      \
        X(UINT32, uint32_t, 0, UINT32_MAX)      \
        X(UINT64, uint64_t, 0, UINT64_MAX)

/* An integer type: its bounds, and how it is written and read through a 128-bit integer. */
struct integer_type {
        enum ek_value_type type;
        __int128 low, high;
        void (*store)(void *place, __int128 value);
        __int128 (*load)(const void *place);
};

#define STORE_AND_LOAD(name, type, low, high)                 \
        static void store_##type(void *place, __int128 value) \
        {                                                     \
                *(type *)place = (type)value;                 \
        }                                                     \
        static __int128 load_##type(const void *place)        \
        {                                                     \
                return *(const type *)place;                  \
        }
INTEGER_TYPES(STORE_AND_LOAD)

static const struct integer_type integer_types[] = {
#define ROW(name, type, low, high) {EK_VALUE_##name, low, high, store_##type, load_##type},
        INTEGER_TYPES(ROW)
#undef ROW
};

#define INTEGER_TYPE_COUNT (sizeof(integer_types) / sizeof(integer_types[0]))

/* What the importing program held before, and still holds after a refusal. */
#define BEFORE 77

static void carry_integer(const struct integer_type *from, const struct integer_type *to,
                          __int128 value)
{
        uint64_t place = 0, arrived[2] = {0, UINT64_C(0x5a5a5a5a5a5a5a5a)};
        struct ek_tagged tagged = tag_value(from->type, &place, NULL);
        struct ek_tagged tagged_to = tag_value(to->type, &arrived, NULL);
        struct exchange exchange;

        from->store(&place, value);
        to->store(&arrived, BEFORE);
        carry(&tagged, &tagged_to, &exchange);
        if (value >= to->low && value <= to->high) {
                cr_assert_eq(exchange.imported, EKIDEN_RESUMED, "%s",
                             exchange.import_error.sentence);
                cr_assert(to->load(&arrived) == value);
        } else {
                cr_assert_eq(exchange.imported, EKIDEN_ETYPE);
                cr_assert_not_null(strstr(exchange.import_error.sentence, "fit"));
                cr_assert(to->load(&arrived) == BEFORE);
        }
        cr_assert_eq(arrived[1], UINT64_C(0x5a5a5a5a5a5a5a5a));
}

/* 8 × 8 types × the bounds of all of them and their neighbours, as far as a type can hold them. */
LeakTest(value, integers_cross_between_all_types_where_they_fit)
{
        for (size_t i = 0; i < INTEGER_TYPE_COUNT; i++)
                for (size_t k = 0; k < INTEGER_TYPE_COUNT; k++)
                        for (size_t bound = 0; bound < 2 * INTEGER_TYPE_COUNT; bound++)
                                for (int near = -1; near <= 1; near++) {
                                        const struct integer_type *type = &integer_types[bound / 2];
                                        __int128 value =
                                                (bound % 2 ? type->high : type->low) + near;

                                        if (value >= integer_types[i].low &&
                                            value <= integer_types[i].high)
                                                carry_integer(&integer_types[i], &integer_types[k],
                                                              value);
                                }
}

/* Whether the value fits is for the program's next version to see: the error carries ETYPE. */
LeakTest(value, out_of_range_is_a_type_error)
{
        int32_t large = 300;
        uint8_t small = 0;
        struct ek_tagged tagged = tag_value(EK_VALUE_INT32, &large, NULL);
        struct ek_tagged tagged_to = tag_value(EK_VALUE_UINT8, &small, NULL);
        struct exchange exchange;

        carry(&tagged, &tagged_to, &exchange);
        cr_expect_eq(exchange.imported, EKIDEN_ETYPE);
        cr_expect_eq(exchange.import_error.code, EKIDEN_ETYPE, "the error says %s",
                     ekiden_error_name(exchange.import_error.code));
        cr_expect_str_eq(exchange.import_error.item, "value");
}

LeakTest(value, doubles_arrive_bit_by_bit)
{
        const double values[] = {0.0,      -0.0,     1.5,       DBL_MIN, DBL_MAX,
                                 -DBL_MAX, INFINITY, -INFINITY, NAN,     4.9406564584124654e-324};

        for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
                double from = values[i], to = 7;

                expect_carried(EK_VALUE_DOUBLE, &from, &to);
                cr_assert_eq(memcmp(&from, &to, sizeof(to)), 0, "%g became %g", from, to);
        }
}

LeakTest(value, bools_arrive)
{
        for (int i = 0; i < 2; i++) {
                bool from = i == 1, to = i == 0;

                expect_carried(EK_VALUE_BOOL, &from, &to);
                cr_assert_eq(to, from);
        }
}

LeakTest(value, strings_arrive_and_null_stays_null)
{
        const char *const texts[] = {"", "text", "\xe2\x82\xac uro", NULL};

        for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
                const char *from = texts[i];
                char before[] = "before", *to = before;

                expect_carried(EK_VALUE_STRING, &from, &to);
                if (from)
                        cr_assert_str_eq(to, from);
                else
                        cr_assert_null(to);
                cr_assert_neq(to, before);
                free(to);
        }
}

LeakTest(value, string_that_is_no_utf8_is_refused)
{
        char text[] = "caf\xe9", *to = NULL;
        char *from = text;
        struct ek_tagged tagged = tag_value(EK_VALUE_STRING, &from, NULL);
        struct ek_tagged tagged_to = tag_value(EK_VALUE_STRING, &to, NULL);
        struct exchange exchange;

        carry(&tagged, &tagged_to, &exchange);
        cr_assert_lt(exchange.imported, 0);
        cr_assert_eq(exchange.exported, EKIDEN_EREFUSED, "it does not leave the program");
        cr_assert_not_null(strstr(exchange.export_error.sentence, "UTF-8"), "%s",
                           exchange.export_error.sentence);
        cr_assert_null(to);
}

static void carry_bytes(void *from, size_t size)
{
        void *to = NULL;
        size_t size_to = 99;
        struct ek_tagged tagged = tag_value(EK_VALUE_BYTES, &from, &size);
        struct ek_tagged tagged_to = tag_value(EK_VALUE_BYTES, &to, &size_to);
        struct exchange exchange;

        carry(&tagged, &tagged_to, &exchange);
        cr_assert_eq(exchange.imported, EKIDEN_RESUMED, "%s", exchange.import_error.sentence);
        cr_assert_eq(size_to, size);
        if (size > 0)
                cr_assert_eq(memcmp(from, to, size), 0);
        free(to);
}

LeakTest(value, bytes_of_any_size_arrive)
{
        const size_t large = (size_t)3 << 20;
        char bytes[] = {0, -1, 0, 'x'}, *block = calloc(1, large);

        carry_bytes(bytes, sizeof(bytes));
        carry_bytes(bytes, 0);
        carry_bytes(NULL, 0);
        block[large - 1] = 1;
        carry_bytes(block, large);
        free(block);
}

LeakTest(value, descriptors_arrive_and_none_stays_none)
{
        int from = eventfd(5, EFD_CLOEXEC), to = -7, none = -1;
        eventfd_t count;

        expect_carried(EK_VALUE_DESCRIPTOR, &from, &to);
        cr_assert_neq(to, from);
        cr_assert_eq(eventfd_read(to, &count), 0);
        cr_assert_eq(count, 5);
        close(to);
        close(from);
        expect_carried(EK_VALUE_DESCRIPTOR, &none, &to);
        cr_assert_eq(to, -1);
}

/* Everything but one integer for another is refused, and says so. */
LeakTest(value, of_another_type_is_refused_with_a_sentence)
{
        for (int from_type = EK_VALUE_INT8; from_type <= EK_VALUE_DESCRIPTOR; from_type++) {
                for (int to_type = EK_VALUE_INT8; to_type <= EK_VALUE_DESCRIPTOR; to_type++) {
                        uint64_t from[2] = {0}, to[2] = {BEFORE, BEFORE};
                        size_t size_from = 0, size_to = BEFORE;
                        char text[] = "text", *string = text;
                        struct ek_tagged tagged = tag_value(
                                (enum ek_value_type)from_type,
                                from_type == EK_VALUE_STRING ? (void *)&string : from, &size_from);
                        struct ek_tagged tagged_to =
                                tag_value((enum ek_value_type)to_type, to, &size_to);
                        struct exchange exchange;

                        if (from_type == to_type ||
                            (from_type <= EK_VALUE_UINT64 && to_type <= EK_VALUE_UINT64))
                                continue;
                        carry(&tagged, &tagged_to, &exchange);
                        cr_expect_eq(exchange.imported, EKIDEN_ETYPE, "%d to %d", from_type,
                                     to_type);
                        cr_expect_eq(exchange.import_error.code, EKIDEN_ETYPE, "%d to %d: %s",
                                     from_type, to_type,
                                     ekiden_error_name(exchange.import_error.code));
                        cr_expect_not_null(strstr(exchange.import_error.sentence, "type"), "%s",
                                           exchange.import_error.sentence);
                        cr_expect_eq(to[0], BEFORE, "it is left alone");
                        cr_expect_eq(size_to, BEFORE);
                }
        }
}
