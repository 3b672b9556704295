/* SPDX-License-Identifier: MIT */
/*
 * A captured item sent again with some damage behind sound checksums: as a peer would that means
 * harm. Never a crash and never a leak; an error with a sentence, or an import that is sound.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>

#include "capture.h"
#include "crates.h"
#include "ekiden/handover.pb-c.h"

static void fill(struct crates *crates, Yard__V1__Crate *crate, struct ekiden_cursor *cursor)
{
        crate->has_id = 1;
        crate->id = 300 + cursor->record;
        crate->label = ekiden_cursor_printf(cursor, "\xc3\xa4%u", (unsigned int)cursor->record);
        crate->has_handle = 1;
        crate->handle = cursor->record == 1 ? -1 : crates->pool[0];
        crate->n_handles = 1;
        crate->handles = ekiden_cursor_alloc(cursor, sizeof(int32_t));
        crate->handles[0] = crates->pool[1];
}

/* A record that the program gets to see keeps the rules, whatever was sent. */
static void take(struct crates *crates, const Yard__V1__Crate *crate, uint64_t number)
{
        (void)number;
        if (crate->label)
                cr_assert_leq(strlen(crate->label), crates->size);
        cr_assert(crate->handle == -1 || fcntl(crate->handle, F_GETFD) == FD_CLOEXEC ||
                  fcntl(crate->handle, F_GETFD) == 0);
        for (size_t i = 0; i < crate->n_handles; i++) {
                cr_assert_geq(crate->handles[i], -1);
                cr_assert_neq(crate->handles[i], 0);
                cr_assert(crate->handles[i] == -1 || crate->handles[i] != crate->handle);
        }
}

static struct crates importing;
static struct ek_tagged tagged_to;
static struct ek_route route;
static struct capture captured;

static void capture_crates(void)
{
        int pool[2] = {eventfd(1, EFD_CLOEXEC), eventfd(2, EFD_CLOEXEC)};
        struct crates from = {.count = 3, .fill = fill, .pool = pool};
        const struct ek_tagged tagged = tag_item(&yard_v1, "crates", &crates_binding, &from);

        capture_item(&tagged, &captured);
        importing = (struct crates){.take = take, .size = 64};
        tagged_to = tag_item(&yard_v1, "crates", &crates_binding, &importing);
        route = identity(&yard_v1, "crates");
        close(pool[0]);
        close(pool[1]);
}

/* What came of one attack. Returns whether it was an import. */
static bool attack(const struct capture *capture, size_t bytes_max)
{
        struct ekiden_error error;
        int before = count_open_descriptors();
        int r = replay(capture, bytes_max, &tagged_to, &route, &error);

        cr_assert_leq(r, EKIDEN_RESUMED);
        if (r < 0) {
                cr_assert_eq(error.code, r, "returned %d, but the error says %d", r, error.code);
                cr_assert(error.sentence[0]);
                cr_assert_str_eq(error.item, "crates");
        }
        expect_open_descriptors(before);
        return r >= 0;
}

LeakTest(hostile, undamaged_stream_is_imported)
{
        capture_crates();
        cr_assert_eq(captured.count, 4);
        cr_assert(attack(&captured, SIZE_MAX));
        cr_assert_eq(importing.taken, 3);
        free_capture(&captured);
}

/* Some flips keep it sound: in an id, in a letter, in a count that is only a hint. */
LeakTest(hostile, every_bit_flipped_is_an_error_or_a_sound_import)
{
        size_t imports = 0, attacks = 0;
        bool is_import;

        capture_crates();
        for (size_t i = 0; i < captured.count; i++) {
                struct captured_frame *frame = &captured.frames[i];

                for (size_t bit = 0; bit < 8 * frame->size; bit++) {
                        frame->payload[bit / 8] ^= (uint8_t)(1 << bit % 8);
                        is_import = attack(&captured, SIZE_MAX);
                        cr_assert(!is_import || frame->kind != EKIDEN__FRAME_KIND__END,
                                  "bit %zu of END", bit);
                        imports += is_import;
                        attacks++;
                        frame->payload[bit / 8] ^= (uint8_t)(1 << bit % 8);
                }
        }
        cr_assert(imports > 0 && imports < attacks / 2, "%zu of %zu", imports, attacks);
        free_capture(&captured);
}

LeakTest(hostile, every_byte_replaced_by_an_extreme_is_an_error_or_a_sound_import)
{
        static const uint8_t extremes[] = {0x00, 0x7f, 0x80, 0xff};

        capture_crates();
        for (size_t i = 0; i < captured.count; i++) {
                struct captured_frame *frame = &captured.frames[i];

                for (size_t at = 0; at < frame->size; at++) {
                        uint8_t was = frame->payload[at];

                        for (size_t k = 0; k < sizeof(extremes); k++) {
                                frame->payload[at] = extremes[k];
                                attack(&captured, SIZE_MAX);
                        }
                        frame->payload[at] = was;
                }
        }
        free_capture(&captured);
}

LeakTest(hostile, stream_cut_at_any_byte_is_an_error)
{
        capture_crates();
        for (size_t cut = 0; cut < captured_bytes(&captured); cut++)
                cr_assert_not(attack(&captured, cut), "cut at %zu", cut);
        cr_assert(attack(&captured, captured_bytes(&captured)));
        free_capture(&captured);
}

LeakTest(hostile, payload_cut_at_any_byte_is_an_error)
{
        capture_crates();
        for (size_t i = 0; i < captured.count; i++) {
                size_t size = captured.frames[i].size;

                for (size_t cut = 0; cut < size; cut++) {
                        bool is_hint; /* ITEM without its count, a field that is optional */

                        captured.frames[i].size = cut;
                        is_hint = captured.frames[i].kind == EKIDEN__FRAME_KIND__ITEM &&
                                  cut == size - 2;
                        cr_assert_eq(attack(&captured, SIZE_MAX), is_hint, "frame %zu cut at %zu",
                                     i, cut);
                }
                captured.frames[i].size = size;
        }
        free_capture(&captured);
}

LeakTest(hostile, frame_left_out_or_repeated_or_of_any_other_kind_is_an_error)
{
        capture_crates();
        for (size_t i = 0; i < captured.count; i++) {
                struct captured_frame *frame = &captured.frames[i];
                struct capture other = {.count = 0};
                const uint16_t kind = frame->kind;

                for (size_t k = 0; k < captured.count; k++)
                        if (k != i)
                                other.frames[other.count++] = captured.frames[k];
                cr_assert_not(attack(&other, SIZE_MAX), "without frame %zu", i);
                other = captured;
                memmove(&other.frames[i + 1], &other.frames[i],
                        (other.count++ - i) * sizeof(other.frames[0]));
                /* What follows END is the next item's. */
                cr_assert_eq(attack(&other, SIZE_MAX), kind == EKIDEN__FRAME_KIND__END,
                             "frame %zu twice", i);
                for (uint16_t any = 0; any < 80; any++) {
                        if (any == kind || (i == 0 && any == EKIDEN__FRAME_KIND__ABSENT))
                                continue;
                        frame->kind = any;
                        cr_assert_not(attack(&captured, SIZE_MAX), "frame %zu as kind %u", i, any);
                }
                frame->kind = kind;
        }
        free_capture(&captured);
}
