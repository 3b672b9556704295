/* SPDX-License-Identifier: MIT */
/* Batches made by hand: what a peer may not say of records, descriptors and their numbers. */
#include <string.h>
#include <sys/eventfd.h>

#include "capture.h"
#include "crates.h"
#include "ekiden/handover.pb-c.h"

static uint8_t item[] = "\x0a\x06"
                        "crates\x10\x01"; /* ITEM "crates", a stream */
static uint8_t flags[] = "\x0a\x02\x01\x01";

struct counts {
        uint8_t records, bytes, descriptors;
};

static void set(struct captured_frame *frame, uint16_t kind, uint8_t *payload, size_t size)
{
        frame->kind = kind;
        frame->payload = payload;
        frame->size = size;
}

/* Imports a stream of one batch, with two descriptors beside it. What the program took is counted.
 */
static int import(const char *batch, size_t batch_size, struct counts counts,
                  struct ekiden_error *error, struct crates *ret_crates)
{
        const struct ek_tagged tagged = tag_item(&yard_v1, "crates", &crates_binding, ret_crates);
        const struct ek_route route = identity(&yard_v1, "crates");
        uint8_t bytes[64],
                end[] = {0x08, counts.records, 0x10, counts.bytes, 0x18, counts.descriptors};
        struct capture stream = {.count = 4};
        int r;

        memcpy(bytes, batch, batch_size);
        set(&stream.frames[0], EKIDEN__FRAME_KIND__ITEM, item, sizeof(item) - 1);
        set(&stream.frames[1], EKIDEN__FRAME_KIND__DESCRIPTORS, flags, sizeof(flags) - 1);
        stream.frames[1].descriptor_count = 2;
        stream.frames[1].descriptors[0] = eventfd(1, EFD_CLOEXEC);
        stream.frames[1].descriptors[1] = eventfd(2, EFD_CLOEXEC);
        set(&stream.frames[2], EKIDEN__FRAME_KIND__BATCH, bytes, batch_size);
        set(&stream.frames[3], EKIDEN__FRAME_KIND__END, end, sizeof(end));
        *ret_crates = (struct crates){0};
        r = replay(&stream, SIZE_MAX, &tagged, &route, error);
        close(stream.frames[1].descriptors[0]);
        close(stream.frames[1].descriptors[1]);
        return r;
}

static void expect_refused(const char *batch, size_t size, const char *words, uint64_t taken)
{
        struct ekiden_error error;
        struct crates crates;

        cr_expect_eq(
                import(batch, size, (struct counts){1, (uint8_t)(size - 1), 2}, &error, &crates),
                EKIDEN_EPROTOCOL);
        cr_expect_eq(error.code, EKIDEN_EPROTOCOL);
        cr_expect_not_null(strstr(error.sentence, words), "\"%s\"", error.sentence);
        cr_expect_eq(crates.taken, taken);
}

#define REFUSED(batch, words, taken) expect_refused(batch, sizeof(batch) - 1, words, taken)

/* handle = 1, handles = [2] */
static const char sound[] = "\x04\x20\x01\x28\x02";

LeakTest(batch, that_is_sound_is_imported)
{
        struct ekiden_error error;
        struct crates crates;

        cr_assert_eq(import(sound, 5, (struct counts){1, 4, 2}, &error, &crates), EKIDEN_RESUMED,
                     "%s", error.sentence);
        cr_assert_eq(crates.taken, 1);
}

LeakTest(batch, names_each_descriptor_once)
{
        REFUSED("\x04\x20\x01\x28\x01", "did not come with it", 0);
        REFUSED("\x06\x20\x01\x28\x02\x28\x02", "did not come with it", 0);
        REFUSED("\x04\x20\x01\x28\x02\x02\x20\x01", "did not come with it", 1);
}

LeakTest(batch, names_no_descriptor_that_did_not_come)
{
        REFUSED("\x04\x20\x01\x28\x03", "did not come with it", 0);
        REFUSED("\x06\x20\x01\x28\x80\x80\x04", "did not come with it", 0);
        REFUSED("\x0d\x20\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01\x28\x02", "did not come with it",
                0);
        REFUSED("\x0d\x20\x80\x80\x80\x80\xf8\xff\xff\xff\xff\x01\x28\x02", "did not come with it",
                0);
}

LeakTest(batch, names_every_descriptor_that_came)
{
        REFUSED("\x02\x20\x01", "no record names", 1);
        REFUSED("\x02\x28\x02", "no record names", 1);
        REFUSED("\x00", "no record names", 1);
}

LeakTest(batch, holds_whole_records)
{
        REFUSED("\x05\x20\x01\x28\x02", "length goes beyond", 0);
        REFUSED("\x04\x20\x01\x28\x02\x01", "length goes beyond", 1);
        REFUSED("\x04\x20\x01\x28\x02\x80", "length goes beyond", 1);
        REFUSED("\x04\x20\x01\x28\x02\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01",
                "length goes beyond", 1);
}

LeakTest(batch, holds_sound_messages)
{
        REFUSED("\x04\x20\x01\x28", "length goes beyond", 0);
        REFUSED("\x03\x20\x01\x28", "damaged", 0);
        REFUSED("\x03\x12\x01\xff", "UTF-8", 0);
}

/* Each of the three numbers of END, one too many and one too few. */
LeakTest(batch, is_counted_by_the_end)
{
        static const struct counts wrong[] = {{0, 4, 2}, {2, 4, 2}, {1, 3, 2},
                                              {1, 5, 2}, {1, 4, 1}, {1, 4, 3}};

        for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
                struct ekiden_error error;
                struct crates crates;

                cr_expect_eq(import(sound, 5, wrong[i], &error, &crates), EKIDEN_EPROTOCOL);
                cr_expect_not_null(strstr(error.sentence, "not the number"), "%s", error.sentence);
        }
}
