/* SPDX-License-Identifier: MIT */
/*
 * The codecs of random structs beside the walk over their tables, for bindings.py: the same bytes
 * leave, the same structs arrive, whatever comes is refused by both or by none, in the same words.
 */
#include <stdlib.h>
#include <string.h>

#include <ekiden/codec.h>

#include "draw.h"
#include "entry/process.h"
#include "mutate.h"
#include "record.h"
#include "recording.h"
#include "state/fast.h"
#include "state/native.h"
#include "trip.h"
#include "wire/message.h"

#define PACKED_MAX 65536 /* bytes of a record */
#define SEEDS 40
#define ROOT_MAX 65536 /* bytes of a struct, of random ones */
#define DAMAGES 60 /* of each record */

/* A schema's struct `record`, and what the walk needs besides. */
struct subject {
        const struct journey *journey;
        const struct ekiden_native *native;
        const struct ekiden_message *message;
        struct ekiden_objects *objects;
        struct ekiden_scratch scratch;
        struct ekiden_error error;
        struct ekiden_cursor cursor;
        size_t seen, left; /* records */
};

/* libFuzzer's part of mutate_message(): some bits, or bytes. */
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t size_max)
{
        (void)size_max;
        if (size > 0)
                data[draw(size)] = (uint8_t)(draw_one_in(2) ? draw_bits() : data[draw(size)] ^ 1);
        return size;
}

static void begin(struct subject *subject, const struct journey *journey,
                  const struct ekiden_natives *natives)
{
        const struct ekiden_item *item = ekiden_schema_item(journey->schema, "records");
        const struct ek_chain chain = {.from = journey->schema, .to = journey->schema};

        *subject = (struct subject){.journey = journey, .message = item->message};
        subject->native = natives->by_item[item - journey->schema->items];
        cr_assert_not_null(subject->native->codec, "%s", journey->name);
        cr_assert_eq(ek_objects_new(natives, &chain, &subject->objects), 0);
        ek_scratch_init(&subject->scratch);
        subject->cursor = (struct ekiden_cursor){
                .scratch = &subject->scratch,
                .error = &subject->error,
                .objects = subject->objects,
        };
}

static void end(struct subject *subject)
{
        ek_scratch_deinit(&subject->scratch);
        ek_objects_free(subject->objects);
}

/* As the walk and protobuf-c pack it; 0: they refuse it, or it is empty. */
static size_t pack_by_tables(struct subject *subject, const void *object, uint8_t *out)
{
        ProtobufCMessage *record;
        char field[EKIDEN_NAME_MAX + 1];

        ek_scratch_reset(&subject->scratch);
        record = ek_scratch_alloc(&subject->scratch, subject->native->descriptor->sizeof_message);
        protobuf_c_message_init(subject->native->descriptor, record);
        if (ek_native_export(&subject->cursor, subject->native, object, record) < 0 ||
            ek_record_check(record, true, field))
                return 0;
        cr_assert_leq(protobuf_c_message_get_packed_size(record), PACKED_MAX);
        return protobuf_c_message_pack(record, out);
}

/* 1, or 0: refused. The object is empty then. */
static int unpack_by_tables(struct subject *subject, const uint8_t *data, size_t size, void *object)
{
        ProtobufCMessage *record;

        ek_scratch_reset(&subject->scratch);
        subject->error.code = 0;
        return ek_message_unpack(subject->native->descriptor, &subject->scratch.allocator, data,
                                 size, &record) == 0 &&
               ek_native_import(&subject->cursor, subject->native, subject->message, record,
                                object) == 0;
}

static int unpack_by_codec(struct subject *subject, const uint8_t *data, size_t size, void *object)
{
        int r = subject->native->codec->unpack(data, size, object,
                                               ek_native_memory(subject->native));

        cr_assert(r == 0 || r == 1);
        if (r == 0)
                ek_native_clear(subject->native, NULL, object);
        return r;
}

/* Records with a float that is no number are left: the walk may change its bits. */
static bool expect_same_way_out(struct subject *subject, const void *object, uint8_t *ret_packed,
                                size_t *ret_size)
{
        static uint8_t packed[PACKED_MAX];
        size_t size = subject->native->codec->size(object);

        *ret_size = pack_by_tables(subject, object, ret_packed);
        subject->seen++;
        subject->left += size == EKIDEN_CODEC_LEFT;
        if (size == EKIDEN_CODEC_LEFT)
                return false;
        cr_assert_eq(size, *ret_size, "%s: %zu bytes, and %zu", subject->journey->name, size,
                     *ret_size);
        cr_assert_eq(subject->native->codec->pack(object, packed), packed + size);
        cr_assert(memcmp(packed, ret_packed, size) == 0, "%s", subject->journey->name);
        if (subject->native->codec->prefetch)
                subject->native->codec->prefetch(object);
        return true;
}

static void expect_same_way_in(struct subject *subject, const void *original, const uint8_t *packed,
                               size_t size)
{
        void *object = ek_native_new(subject->native, NULL);

        cr_assert_eq(unpack_by_codec(subject, packed, size, object), 1, "%s",
                     subject->journey->name);
        cr_assert(!subject->journey->record_differs(original, object), "%s",
                  subject->journey->name);
        ek_native_free(subject->native, NULL, object);
}

/* Where the codec says yes, the tables do, and it is the same. */
static void expect_same_verdict(struct subject *subject, const uint8_t *packed, size_t size)
{
        static uint8_t one[PACKED_MAX], other[PACKED_MAX];
        void *by_codec = ek_native_new(subject->native, NULL);
        void *by_tables = ek_native_new(subject->native, NULL);

        if (unpack_by_codec(subject, packed, size, by_codec)) {
                cr_assert_eq(unpack_by_tables(subject, packed, size, by_tables), 1, "%s: %s",
                             subject->journey->name, subject->error.sentence);
                cr_assert_eq(pack_by_tables(subject, by_codec, one),
                             pack_by_tables(subject, by_tables, other));
                cr_assert(memcmp(one, other, pack_by_tables(subject, by_codec, one)) == 0, "%s",
                          subject->journey->name);
        }
        ek_native_free(subject->native, NULL, by_codec);
        ek_native_free(subject->native, NULL, by_tables);
}

static void expect_same_verdicts(struct subject *subject, const uint8_t *packed, size_t size)
{
        static uint8_t damaged[PACKED_MAX];
        struct dice dice = dice_new((unsigned int)draw_bits());

        for (size_t cut = 0; cut < size && cut < 200; cut++)
                expect_same_verdict(subject, packed, cut);
        for (int i = 0; i < DAMAGES; i++) {
                size_t damaged_size = size;

                memcpy(damaged, packed, size);
                for (size_t times = draw(3) + 1; times > 0; times--)
                        damaged_size = draw_one_in(3) ? LLVMFuzzerMutate(damaged, damaged_size, 0)
                                                      : mutate_message(&dice, damaged, damaged_size,
                                                                       PACKED_MAX);
                expect_same_verdict(subject, damaged, damaged_size);
        }
}

/* Counts records, and those of them that were left. */
static void expect_same_ways(const struct journey *journey, uint64_t seed, size_t *seen,
                             size_t *left)
{
        static uint8_t packed[PACKED_MAX];
        struct trip trip = {.count = 0};
        struct subject subject;
        size_t size;

        draw_seed(seed);
        journey->fill(&trip);
        begin(&subject, journey, trip_tag(journey, &trip));
        for (size_t i = 0; i < trip.record_count && i < 12; i++) {
                if (expect_same_way_out(&subject, trip.records[i], packed, &size))
                        expect_same_way_in(&subject, trip.records[i], packed, size);
                expect_same_verdicts(&subject, packed, size);
        }
        *seen += subject.seen;
        *left += subject.left;
        trip_untag();
        end(&subject);
        trip_forget();
}

LeakTest(codecs, what_a_codec_takes_is_what_the_tables_make_of_it)
{
        uint64_t first = draw_setting("EKIDEN_SEED", 1);
        size_t seen = 0, left = 0;

        for (const struct journey *journey = journeys; journey->name; journey++)
                for (uint64_t i = 0; i < SEEDS; i++)
                        expect_same_ways(journey, first + i, &seen, &left);
        cr_assert_lt(left, seen / 4, "%zu of %zu were left", left, seen);
}

static void record_with(const struct journey *journey, struct trip *trip, bool is_fast,
                        struct recording *ret_recording)
{
        struct ekiden_error error = {0};

        ek_fast_is_on = is_fast;
        trip_tag(journey, trip);
        cr_assert_eq(record(ret_recording, &error), 0, "%s: %s", journey->name, error.sentence);
        trip_untag();
        ek_fast_is_on = true;
}

static int play_with(const struct journey *journey, struct trip *trip, bool is_fast,
                     const struct recording *recording, struct ekiden_error *error)
{
        const struct ek_chain chain = {.from = journey->schema, .to = journey->schema};
        int r;

        ek_fast_is_on = is_fast;
        r = play(recording, trip_tag(journey, trip), &chain, error);
        trip_untag();
        ek_fast_is_on = true;
        return r;
}

/* A program that refuses a record is told of in the same words, and keeps the same ones. */
static void expect_same_refusal(const struct journey *journey, const struct recording *recording,
                                size_t record_number)
{
        struct trip fast = {.refuse_at = record_number}, slow = {.refuse_at = record_number};
        struct ekiden_error one = {0}, other = {0};

        cr_assert_eq(play_with(journey, &fast, true, recording, &one), EKIDEN_EREFUSED);
        cr_assert_eq(play_with(journey, &slow, false, recording, &other), EKIDEN_EREFUSED);
        cr_assert_str_eq(one.sentence, other.sentence);
        cr_assert_str_eq(one.item, other.item);
        cr_assert_eq(fast.record_count, 0, "all were taken back");
        cr_assert_eq(slow.record_count, 0);
}

/* Those that a codec took; each was in the end inserted. */
static void expect_announced_in_order(const struct trip *trip)
{
        size_t next = 0;

        for (size_t i = 0; i < trip->record_count; i++)
                next += next < trip->announced_count && trip->announced[next] == trip->records[i];
        cr_assert_eq(next, trip->announced_count);
}

/* At whatever allocation memory runs out, what is left is the same, in the same words. Returns
   whether it did. */
static bool expect_same_shortage(const struct journey *journey, const struct recording *recording,
                                 size_t place)
{
        struct ekiden_error errors[2] = {{0}};
        size_t left[2]; /* of the items before, which are the program's */
        int results[2];

        for (int is_fast = 0; is_fast < 2; is_fast++) {
                struct trip trip = {.root = trip_zeroed(ROOT_MAX)};
                size_t before = trip_live;

                trip_fail_at = place;
                results[is_fast] = play_with(journey, &trip, is_fast, recording, &errors[is_fast]);
                left[is_fast] = trip_live - before;
                trip_fail_at = 0;
                cr_assert(results[is_fast] == 0 || trip.record_count == 0);
        }
        cr_assert_eq(results[0], results[1], "%s, allocation %zu: %s, and %s", journey->name, place,
                     errors[0].sentence, errors[1].sentence);
        cr_assert_str_eq(errors[0].sentence, errors[1].sentence);
        cr_assert_eq(left[0], left[1], "%s, allocation %zu: %zu are left, and %zu", journey->name,
                     place, left[0], left[1]);
        return results[0] < 0;
}

static void expect_same_shortages(const struct journey *journey, uint64_t seed)
{
        struct trip before = {.count = 0};
        struct recording recording;
        size_t places = 0;

        draw_seed(seed);
        journey->fill(&before);
        record_with(journey, &before, false, &recording);
        for (size_t step = 1, place = 1; places < 80; place += step, places++) {
                if (!expect_same_shortage(journey, &recording, place))
                        break;
                step += places % 20 == 0;
        }
        cr_assert_gt(places, 1);
        free_recording(&recording);
        trip_forget();
}

LeakTest(codecs, memory_that_runs_out_leaves_the_same_with_codecs_and_without)
{
        uint64_t first = draw_setting("EKIDEN_SEED", 1);

        for (const struct journey *journey = journeys; journey->name; journey++)
                for (uint64_t i = 0; i < 4; i++)
                        expect_same_shortages(journey, first + i);
}

static void expect_same_streams(const struct journey *journey, uint64_t seed)
{
        struct trip before = {.count = 0}, fast = {.count = 0}, slow = {.count = 0};
        struct recording one, other;
        struct ekiden_error error = {0};

        draw_seed(seed);
        journey->fill(&before);
        record_with(journey, &before, true, &one);
        record_with(journey, &before, false, &other);
        cr_assert(recordings_agree(&one, &other), "%s, seed %llu", journey->name,
                  (unsigned long long)seed);
        cr_assert_eq(play_with(journey, &fast, true, &one, &error), 0, "%s", error.sentence);
        cr_assert_eq(play_with(journey, &slow, false, &one, &error), 0, "%s", error.sentence);
        cr_assert_null(journey->differs(&before, &fast), "%s, seed %llu: %s", journey->name,
                       (unsigned long long)seed, journey->differs(&before, &fast));
        cr_assert_null(journey->differs(&before, &slow), "%s, seed %llu: %s", journey->name,
                       (unsigned long long)seed, journey->differs(&before, &slow));
        expect_announced_in_order(&fast);
        if (before.record_count > 0)
                expect_same_refusal(journey, &one, draw(before.record_count) + 1);
        free_recording(&one);
        free_recording(&other);
        trip_forget();
}

LeakTest(codecs, streams_are_the_same_with_codecs_and_without)
{
        uint64_t first = draw_setting("EKIDEN_SEED", 1);

        for (const struct journey *journey = journeys; journey->name; journey++)
                for (uint64_t i = 0; i < SEEDS; i++)
                        expect_same_streams(journey, first + i);
}
