/* SPDX-License-Identifier: MIT */
/*
 * Target "ahead_sender": what a hostile successor may say to a predecessor that sends ahead. What
 * stands up to the first AHEAD, and behind it up to WARM, comes while the program goes through
 * update points and changes its books; the rest when it pauses, or should have. Only TAKEN lets it
 * leave, and after anything else the program has its state and notes no changes.
 */
#include <string.h>
#include <unistd.h>

#include "ekiden/handover.pb-c.h"
#include "handover/predecessor_private.h"
#include "peer.h"
#include "shelf_program.h"
#include "shelf_v1.native.h"

#define PASSES 64 /* through an update point, of which each can send something */

static const struct ek_deadlines deadlines = {
        .ms = {[EKIDEN_PHASE_CHECK] = 1000,
               [EKIDEN_PHASE_WARM] = 1000,
               [EKIDEN_PHASE_PAUSE] = 1000,
               [EKIDEN_PHASE_TRANSFER] = 100,
               [EKIDEN_PHASE_READY] = 1000,
               [EKIDEN_PHASE_COMMIT] = 1000},
};

/* Where the stream behind `from` has its first frame of this kind behind it; or its end. */
static size_t behind(const uint8_t *data, size_t size, size_t from, uint16_t kind)
{
        struct ek_frame frame;
        size_t offset = from;

        while (peer_next(data, size, &offset, &frame))
                if (frame.kind == kind)
                        return offset;
        return size;
}

/* What has not been sent yet. */
static struct {
        int peer;
        const uint8_t *data;
        size_t size;
} rest;

static void send_rest(void)
{
        if (!rest.data)
                return;
        peer_send(rest.peer, rest.data, rest.size);
        peer_end(rest.peer);
        rest.data = NULL;
}

static void on_phase(void *data, enum ekiden_phase phase)
{
        (void)data;
        if (phase == EKIDEN_PHASE_PAUSE)
                send_rest();
}

static void change_books(unsigned int pass)
{
        struct book *book = shelf_find(&shelf_program.books, (const uint8_t *)"7", 1);

        expect(book != NULL);
        book->value = pass;
        shelf_v1_touch_books((const uint8_t *)"7", 1);
        shelf_v1_touch_books((const uint8_t *)"no such", 7);
}

static int pass_update_points(struct ekiden_error *error)
{
        int r = 0;

        for (unsigned int pass = 0; r == 0 && pass < PASSES; pass++) {
                ek_predecessor.ahead.pace.next_ns = 0; /* as if time had passed */
                r = ek_predecessor_step("loop", error);
                change_books(pass);
        }
        return r;
}

static int be_predecessor(const uint8_t *data, size_t size, struct ekiden_error *error)
{
        const struct ek_origin origin = {.umask = 022};
        const struct ek_predecessor_setup setup = {
                .schema = &shelf_v1, .origin = &origin, .deadlines = &deadlines, .leg = 1};
        size_t asked = behind(data, size, 0, EKIDEN__FRAME_KIND__AHEAD);
        size_t warm = behind(data, size, asked, EKIDEN__FRAME_KIND__WARM);
        int ours, peer, r;

        peer_sockets(&ours, &peer);
        ek_predecessor.setup = &setup;
        ek_predecessor.request = (struct ek_upgrade_request){.observer.phase = on_phase};
        ek_predecessor.report = (struct ek_upgrade_report){0};
        ek_predecessor.token = (struct ek_token){.bytes = "0123456789abcdef"};
        ek_predecessor.serial++;
        ek_ahead_begin(&ek_predecessor);
        expect(ek_link_new(ours, &ek_predecessor.link) == 0);
        ek_predecessor_enter(EKIDEN_PHASE_CHECK);
        expect(ek_predecessor_offer(&ek_predecessor, false, error) == 0);
        rest.peer = peer;
        rest.data = data + asked;
        rest.size = size - asked;
        peer_send(peer, data, asked);
        r = pass_update_points(error);
        if (r == 0) {
                rest.data = data + warm;
                rest.size = size - warm;
                peer_send(peer, data + asked, warm - asked);
                r = pass_update_points(error);
        }
        if (r == 0) {
                send_rest();
                r = pass_update_points(error);
        }
        expect(r != 0);
        rest.data = NULL; /* it ended before: the next input has other bytes */
        if (r == EK_STEP_COMMITTED) {
                ek_predecessor.link = ek_link_free(ek_predecessor.link);
                ek_predecessor.phase = EKIDEN_PHASE_NONE;
        }
        close(peer);
        return r;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        struct ekiden_error error = {0};
        int r, before = open_descriptors();
        size_t count;

        shelf_program_fill();
        count = shelf_program.books.count;
        expect(shelf_program_tag() == EKIDEN_FRESH);
        r = be_predecessor(data, size, &error);
        expect(r < 0 || r == EK_STEP_COMMITTED);
        if (r == EK_STEP_COMMITTED) {
                expect(peer_says(data, size, EKIDEN__FRAME_KIND__TAKEN));
                target_succeeded();
        } else {
                expect_told(&error, r);
        }
        expect(ek_predecessor_phase() == EKIDEN_PHASE_NONE);
        expect(!ekiden_is_tracking());
        expect(shelf_program.books.count == count);
        ek_predecessor_forget();
        shelf_program_end();
        expect(open_descriptors() == before);
        return 0;
}
